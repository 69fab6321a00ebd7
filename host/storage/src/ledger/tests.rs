//! What an exporter saves comes back, beside a run that writes and beside other exporters.

use super::*;
use crate::open::PATIENCE;
use crate::run_header::RunHeader;
use crate::store::Store;
use crate::tail::Tail;
use loadwright_core::ports::{RunSource as _, Sink as _};
use loadwright_core::sample::PointEnd;
use loadwright_core::testkit;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

struct Run(tempfile::TempDir);

impl Run {
    /// A run's folder, and the store of the run.
    fn new() -> (Self, Store) {
        let run = Self(tempfile::tempdir().unwrap());
        let store = Store::create(&run.records(), &RunHeader::default()).unwrap();
        (run, store)
    }

    fn records(&self) -> PathBuf {
        self.0.path().join(crate::RECORDS)
    }

    fn ledger(&self, exporter: &str) -> ExportLedger {
        let exporting = Exporting {
            exporter: exporter.into(),
            plugin: "p".into(),
            version: "0.1.0".into(),
            sha256: "ab".into(),
        };
        ExportLedger::open(&self.records(), exporting).unwrap()
    }

    fn journal_mode(&self) -> String {
        let connection = Connection::open(self.records()).unwrap();
        connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap()
    }
}

fn any_progress() -> impl Strategy<Value = Progress> {
    let numbers = (any::<[u64; 2]>(), any::<u32>(), any::<bool>());
    let lists = (any::<[String; 2]>(), any::<[Vec<String>; 2]>());
    (numbers, lists).prop_map(|((ids, point, point_ended), (texts, lists))| {
        let [cursor, requests] = ids;
        let ([state, ending], [links, losses]) = (texts, lists);
        Progress { cursor, requests, point, point_ended, state, ending, links, losses }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_saved_comes_back(first in any_progress(), second in any_progress()) {
        let (run, _store) = Run::new();
        let (mut one, mut other) = (run.ledger("one"), run.ledger("other"));
        for progress in [&first, &second] {
            one.save(progress).unwrap();
            prop_assert_eq!(&one.load().unwrap(), progress);
        }
        prop_assert_eq!(other.load().unwrap(), Progress::default());
        other.save(&first).unwrap();
        drop(one);
        prop_assert_eq!(run.ledger("one").load().unwrap(), second);
        prop_assert_eq!(run.ledger("other").load().unwrap(), first);
    }
}

#[test]
fn the_row_says_who_sent_and_when() {
    let (run, _store) = Run::new();
    run.ledger("one").save(&Progress::default()).unwrap();
    let row = Connection::open(run.records()).unwrap().query_row(
        "SELECT plugin || version || sha256, abs(at - unixepoch()) < 60 FROM export",
        [],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)),
    );
    assert_eq!(row.unwrap(), ("p0.1.0ab".into(), true));
}

#[test]
fn what_is_too_large_is_refused_by_name_and_changes_nothing() {
    let (run, _store) = Run::new();
    let mut ledger = run.ledger("one");
    let largest = Progress { state: "s".repeat(MAX_STATE), ..Progress::default() };
    ledger.save(&largest).unwrap();
    let long = "l".repeat(MAX_TEXT);
    for (progress, what, bytes, limit) in [
        (
            Progress { state: "s".repeat(MAX_STATE + 1), ..Progress::default() },
            "state",
            1_048_577,
            MAX_STATE,
        ),
        (
            Progress { ending: format!("{long}."), ..Progress::default() },
            "ending",
            262_145,
            MAX_TEXT,
        ),
        (
            Progress { links: vec![long.clone()], ..Progress::default() },
            "list of links",
            262_148,
            MAX_TEXT,
        ),
        (
            Progress { losses: vec![long.clone()], ..Progress::default() },
            "list of losses",
            262_148,
            MAX_TEXT,
        ),
    ] {
        let expected = format!(
            "cannot store in `{}` how far the exporter one has come: its {what} takes {bytes} bytes, \
             and at most {limit} are stored",
            run.records().display()
        );
        assert_eq!(ledger.save(&progress), Err(expected));
    }
    assert_eq!(ledger.load().unwrap(), largest);
}

#[test]
fn a_damaged_row_and_a_file_that_cannot_be_written_are_errors() {
    let (run, store) = Run::new();
    let mut ledger = run.ledger("one");
    ledger.save(&Progress::default()).unwrap();
    store.close().unwrap();
    let other = Connection::open(run.records()).unwrap();
    other.execute("UPDATE export SET links = '[1]'", []).unwrap();
    let said = ledger.load().unwrap_err();
    let start = format!("cannot read `{}`: a plan, point end or ", run.records().display());
    assert!(said.starts_with(&start), "{said}");
    other.execute("DROP TABLE export", []).unwrap();
    let said = ledger.save(&Progress::default()).unwrap_err();
    assert!(said.ends_with("has come: no such table: export"), "{said}");
}

#[test]
fn saving_and_storing_do_not_make_each_other_fail() {
    let (run, mut store) = Run::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let savers: Vec<_> = ["one", "other"]
            .map(|exporter| {
                let mut ledger = run.ledger(exporter);
                let done = &done;
                scope.spawn(move || {
                    let mut cursor = 0;
                    while !done.load(Ordering::Relaxed) || cursor < 20 {
                        cursor += 1;
                        let state = cursor.to_string().repeat(10_000);
                        ledger.save(&Progress { cursor, state, ..Progress::default() }).unwrap();
                    }
                    cursor
                })
            })
            .into();
        let record = Arc::new(testkit::record(0, &[1, 2, 3]));
        for index in 0..3 {
            let plan = loadwright_core::plan::Plan { index, ..testkit::plan() };
            let mut sink = store.begin_point(&plan, 0, 0).unwrap();
            (0..20_000).for_each(|_| sink.record(&record).unwrap());
            sink.finish_point(&PointEnd::default()).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        for (saver, exporter) in savers.into_iter().zip(["one", "other"]) {
            let cursor = saver.join().unwrap();
            assert_eq!(run.ledger(exporter).load().unwrap().cursor, cursor);
        }
    });
    store.close().unwrap();
    let mut tail = Tail::open(&run.records()).unwrap();
    assert_eq!(tail.next(59_999, 9).unwrap().len(), 1);
}

#[test]
fn the_last_one_leaves_a_plain_file() {
    let (run, store) = Run::new();
    let (ledger, other) = (run.ledger("one"), run.ledger("other"));
    let tail = Tail::open(&run.records()).unwrap();
    let before = loadwright_timing::clock::now();
    store.close().unwrap();
    drop(ledger);
    let waited = loadwright_timing::clock::now() - before;
    assert!(u128::from(waited) < PATIENCE.as_nanos() / 2, "neither waits for the others");
    assert_eq!(run.journal_mode(), "wal");
    drop(tail);
    drop(other);
    assert_eq!(run.journal_mode(), "delete");
    let files: Vec<_> = std::fs::read_dir(run.0.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}
