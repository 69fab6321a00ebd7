//! The file of records across processes: read by an independent reader while it is written, whole
//! after the writer was killed, and a writer whose disk is full.
//!
//! The writer is this test binary itself, started again with [`STORE`] set, so that it can be
//! killed and limited.

#![expect(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use loadwright_core::ports::{Ledger as _, Progress, Sink, SinkFailure};
use loadwright_core::reading::Channel;
use loadwright_core::record::Record;
use loadwright_core::sample::{EndReason, PointEnd, Sample};
use loadwright_core::testkit;
use loadwright_core::timeline::OutputFrame;
use loadwright_storage::{ExportLedger, Exporting, Reader, RunHeader, Store};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Names the file that the child writes.
const STORE: &str = "LOADWRIGHT_TEST_STORE";

/// Request `seq`: its timestamps and counts are functions of `seq` that the tests know too.
fn record(seq: u64) -> Record {
    let mut record = testkit::record(seq * 1000 + 1, &[]);
    record.seq = seq;
    (record.timeline.scheduled, record.timeline.end) = (seq * 1000, seq * 1000 + 9);
    record.frames = frames(seq);
    record
}

fn frames(seq: u64) -> Vec<OutputFrame> {
    let frame =
        |at, user, tokens, channel, shared| OutputFrame { at, user, tokens, channel, shared };
    vec![
        frame(seq * 1000 + 5, seq * 1000 + 7, None, Channel::Reasoning, false),
        frame(seq * 1000 + 5, seq * 1000 + 7, Some(300), Channel::Output, true),
        frame(seq * 1000 + 4, seq * 1000 + 3, Some(1), Channel::ToolCall, false),
    ]
}

/// The child: without [`STORE`] there is nothing to do. Writes records, without end unless the disk
/// is full, and then prints what it is told.
#[test]
fn child() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let mut store = Store::create(Path::new(&path), &RunHeader::default()).unwrap();
    std::thread::spawn(move || save_for_ever(Path::new(&path)));
    let mut sink = store.begin_point(&testkit::plan(), 0, 0).unwrap();
    for seq in 0.. {
        // Slowed by the queue alone, which holds it up where the disk cannot follow.
        if let Err(failure) = sink.record(&Arc::new(record(seq))) {
            println!("\ntold: {failure}");
            return;
        }
        std::thread::yield_now();
    }
}

/// Saves how far an exporter has come, with a state that shows whether a row is whole.
fn save_for_ever(path: &Path) {
    let mut ledger = ledger(path);
    for cursor in 1.. {
        // On a full disk it is told, as the run is.
        if ledger.save(&progress(cursor)).is_err() {
            return;
        }
    }
}

fn ledger(path: &Path) -> ExportLedger {
    let [exporter, plugin, version, sha256] = ["wandb", "wandb", "0.1.0", ""].map(str::to_owned);
    ExportLedger::open(path, Exporting { exporter, plugin, version, sha256 }).unwrap()
}

fn progress(cursor: u64) -> Progress {
    let state = format!("{cursor},").repeat(2_000);
    Progress { cursor, requests: cursor, state, ..Progress::default() }
}

/// This binary as the child, started by `shell`, which gets the command as its arguments.
fn start(shell: &str, path: &Path) -> Child {
    Command::new("sh")
        .args(["-c", shell, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn records(&self) -> PathBuf {
        self.0.path().join("records.db")
    }
}

/// Runs Python on `path`; it prints `expected` lines. None where there is no Python.
fn python(script: &str, path: &Path) -> Option<String> {
    let output = Command::new("python3").arg("-c").arg(script).arg(path).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Waits for the file and for rows in it, in a process of its own and by SQLite's own binding.
const WAIT_FOR_ROWS: &str = r#"
import sqlite3, sys, time
deadline = time.monotonic() + 60
rows = 0
while rows < 2000 and time.monotonic() < deadline:
    try:
        records = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
        rows = records.execute("SELECT count(*) FROM request").fetchone()[0]
        records.close()
    except sqlite3.OperationalError:
        pass
print(records and rows >= 2000)
"#;

#[test]
fn read_while_written_and_whole_after_a_kill() {
    let folder = Folder::new();
    let mut child = start("exec \"$@\"", &folder.records());
    let seen = python(WAIT_FOR_ROWS, &folder.records());
    if seen.is_none() {
        wait_for_rows(&folder.records());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen.is_none_or(|seen| seen.trim() == "True"));

    let reader = Reader::open(&folder.records()).unwrap();
    let points = reader.points().unwrap();
    assert_eq!((points.len(), &points[0].plan, &points[0].point_end), (1, &testkit::plan(), &None));
    let mut kept = Kept(Vec::new());
    let point_end = reader.replay(&points[0], &mut kept).unwrap();
    assert!(kept.0.len() >= 2000, "{} records", kept.0.len());
    for (seq, kept) in kept.0.iter().enumerate() {
        assert_eq!(**kept, record(seq as u64));
    }
    let saved = ledger(&folder.records()).load().unwrap();
    assert!(saved == Progress::default() || saved == progress(saved.cursor), "{}", saved.cursor);
    let last = kept.0.len() as u64 - 1;
    let expected = PointEnd {
        end_reason: EndReason::Interrupted,
        at: last * 1000 + 9,
        kernel_timestamps: true,
        proxy: None,
    };
    assert_eq!(point_end, expected);
}

/// As [`WAIT_FOR_ROWS`], where there is no Python.
fn wait_for_rows(path: &Path) {
    let rows = || {
        let reader = Reader::open(path).ok()?;
        let point = reader.points().ok()?.into_iter().next()?;
        let mut kept = Kept(Vec::new());
        reader.replay(&point, &mut kept).ok()?;
        Some(kept.0.len())
    };
    while rows().is_none_or(|rows| rows < 2000) {
        std::thread::yield_now();
    }
}

#[test]
fn a_writer_with_a_full_disk_is_told_and_does_not_panic() {
    let folder = Folder::new();
    // The signal ignored, a write past the limit fails as one on a full disk does.
    let child = start("ulimit -f 2000; trap '' XFSZ; exec \"$@\"", &folder.records());
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let told = printed.lines().find(|line| line.starts_with("told: "));
    let told = told.expect("the child says what it was told");
    assert!(told.starts_with("told: cannot write records to `"), "{told}");
    assert!(told.ends_with("--outputs-dir"), "{told}");
    assert!(output.status.success(), "{printed}");
    let reader = Reader::open(&folder.records()).unwrap();
    let points = reader.points().unwrap();
    let mut kept = Kept(Vec::new());
    reader.replay(&points[0], &mut kept).unwrap();
    for (seq, kept) in kept.0.iter().enumerate() {
        assert_eq!(**kept, record(seq as u64));
    }
}

#[test]
fn the_documented_decoder_reads_what_was_written() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let mut sink = store.begin_point(&testkit::plan(), 0, 0).unwrap();
    for seq in [1, 7] {
        sink.record(&Arc::new(record(seq))).unwrap();
    }
    sink.finish_point(&PointEnd::default()).unwrap();
    store.close().unwrap();
    let page = include_str!("../../../docs/RECORDS.md");
    let script = between(page, "```python\n", "```");
    if let Some(printed) = python(script, &folder.records()) {
        let expected = "1 1005 1007 None reasoning False\n1 1005 1007 300 output True\n\
                        1 1004 1003 1 tool_call False\n2 7005 7007 None reasoning False\n\
                        2 7005 7007 300 output True\n2 7004 7003 1 tool_call False\n";
        assert_eq!(printed, expected);
    }
    for query in page.split("```sql\n").skip(1) {
        let query = query.split("```").next().unwrap();
        let script = format!(
            "import sqlite3, sys\nprint(len(sqlite3.connect(sys.argv[1]).execute('''{query}''')\
             .description))"
        );
        assert!(python(&script, &folder.records()).is_none_or(|columns| columns.trim() != "0"));
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

struct Kept(Vec<Arc<Record>>);

impl Sink for Kept {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        self.0.push(Arc::clone(record));
        Ok(())
    }

    fn sample(&mut self, _: &Sample) -> Result<(), SinkFailure> {
        Ok(())
    }
}
