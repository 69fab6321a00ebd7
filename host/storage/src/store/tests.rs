//! What goes into the file comes out again, exactly and in order; and what is told when it cannot.

use super::*;
use crate::arbitrary;
use crate::format::{CURRENT, Format};
use crate::open::OpenError;
use crate::reader::Reader;
use crate::run_header::RunPlugin;
use loadwright_core::labels::Labels;
use loadwright_core::outcome::Outcome;
use loadwright_core::reading::Channel;
use loadwright_core::sample::EndReason;
use loadwright_core::summary::SummaryBuilder;
use loadwright_core::testkit;
use loadwright_core::timeline::OutputFrame;
use loadwright_core::totals::Failure;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rusqlite::params;
use std::path::PathBuf;

/// What a sink is given, in order.
#[derive(Debug, Clone, PartialEq)]
enum Given {
    Record(Arc<Record>),
    Sample(Sample),
}

#[derive(Default)]
struct Kept(Vec<Given>);

impl Sink for Kept {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        self.0.push(Given::Record(Arc::clone(record)));
        Ok(())
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), SinkFailure> {
        self.0.push(Given::Sample(*sample));
        Ok(())
    }
}

fn give(sink: &mut dyn Sink, given: &[Given]) {
    for given in given {
        match given {
            Given::Record(record) => sink.record(record).unwrap(),
            Given::Sample(sample) => sink.sample(sample).unwrap(),
        }
    }
}

fn given() -> impl Strategy<Value = Vec<Given>> {
    let one = prop_oneof![
        arbitrary::record().prop_map(|record| Given::Record(Arc::new(record))),
        arbitrary::sample().prop_map(Given::Sample),
    ];
    proptest::collection::vec(one, 0..20)
}

/// One value of a strategy, the same in every run.
fn one<S: Strategy>(strategy: S) -> S::Value {
    strategy.new_tree(&mut TestRunner::deterministic()).unwrap().current()
}

fn plan(index: u32) -> Plan {
    one(arbitrary::plan(index))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn records(&self) -> PathBuf {
        self.0.path().join(crate::RECORDS)
    }

    fn sqlite(&self) -> Connection {
        Connection::open(self.records()).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_was_given_comes_back(
        plans in (arbitrary::plan(0), arbitrary::plan(1)),
        closings in (arbitrary::point_end(), arbitrary::point_end()),
        given in (given(), given()),
        origin in any::<u64>(),
    ) {
        let folder = Folder::new();
        let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
        for (plan, point_end, given) in
            [(&plans.0, &closings.0, &given.0), (&plans.1, &closings.1, &given.1)]
        {
            let mut sink = store.begin_point(plan, origin, 0).unwrap();
            give(&mut sink, given);
            sink.finish_point(point_end).unwrap();
        }
        store.close().unwrap();

        let reader = Reader::open(&folder.records()).unwrap();
        let points = reader.points().unwrap();
        prop_assert_eq!(points.len(), 2);
        for (point, (plan, point_end, given)) in points.iter().zip(
            [(&plans.0, &closings.0, &given.0), (&plans.1, &closings.1, &given.1)],
        ) {
            prop_assert_eq!(&point.plan, plan);
            prop_assert_eq!(point.wall_at_origin, origin);
            prop_assert_eq!(point.point_end.as_ref(), Some(point_end));
            let mut kept = Kept::default();
            prop_assert_eq!(&reader.replay(point, &mut kept).unwrap(), point_end);
            prop_assert_eq!(&kept.0, given);
        }
    }
}

#[test]
fn a_point_without_its_end_is_one_that_was_cut_off() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let mut record = one(arbitrary::record());
    record.timeline.end = 70;
    record.frames.clear();
    let sample = Sample { at: 80, ..Sample::default() };
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    give(&mut sink, &[Given::Record(Arc::new(record)), Given::Sample(sample)]);
    store.close().unwrap();
    let reader = Reader::open(&folder.records()).unwrap();
    let point = reader.points().unwrap().remove(0);
    assert_eq!(point.point_end, None);
    let point_end = reader.replay(&point, &mut Kept::default()).unwrap();
    let expected = PointEnd { end_reason: EndReason::Interrupted, at: 80, ..PointEnd::default() };
    assert_eq!(point_end, expected);
}

#[test]
fn the_run_is_known_though_no_point_ran() {
    let folder = Folder::new();
    let plugin = RunPlugin {
        name: "wandb".into(),
        kind: "exporter".into(),
        version: "0.1.0".into(),
        sha256: "e".repeat(64),
        contract: "0.1".into(),
        source: "/plugins/wandb.wasm".into(),
        grants: vec!["http=https://api.wandb.ai".into(), "stop".into()],
    };
    let run = RunHeader {
        id: "00112233445566778899aabbccddeeff".into(),
        started: 1_790_000_000.25,
        points: vec!["parallel_1_number_2".into(), "parallel_2_number_4".into()],
        plugins: vec![plugin.clone(), RunPlugin { name: "a".into(), ..plugin }],
    };
    Store::create(&folder.records(), &run).unwrap().close().unwrap();
    assert_eq!(Reader::open(&folder.records()).unwrap().run().unwrap(), run);
}

/// The rows of the view `failure`, the most frequent first.
fn failures(folder: &Folder) -> Vec<Failure> {
    let connection = folder.sqlite();
    let order = "ORDER BY count DESC, class";
    let mut statement = connection
        .prepare(&format!("SELECT class, count, retried, sample FROM failure {order}"))
        .unwrap();
    let rows = statement.query_map([], |row| {
        let sample = row.get::<_, Option<String>>(3)?.unwrap_or_default();
        let (count, retried): (i64, i64) = (row.get(1)?, row.get(2)?);
        let (count, retried) = (count.unsigned_abs(), retried.unsigned_abs());
        Ok(Failure { class: row.get(0)?, count, retried, sample })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn failures_are_counted_by_class_with_a_sample() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    let case = |outcome, error: &str, last_attempt, warmup| {
        let (outcome, error) = (outcome, error.into());
        let record = testkit::record(0, &[]);
        Given::Record(Arc::new(Record { outcome, error, last_attempt, warmup, ..record }))
    };
    let cases = [
        case(Outcome::Ok, "", true, false),
        case(Outcome::Status(503), "", true, false),
        case(Outcome::Status(503), "busy", false, false),
        case(Outcome::Status(503), "busier", true, false),
        case(Outcome::Refused, "warming up", true, true),
        case(Outcome::Truncated, "", true, false),
        case(Outcome::Dropped, "never sent", true, false),
        case(Outcome::Cancelled, "stopped", true, false),
    ];
    give(&mut sink, &cases);
    sink.finish_point(&PointEnd::default()).unwrap();
    let failure = |class: &str, count, retried, sample: &str| {
        let (class, sample) = (class.into(), sample.into());
        Failure { class, count, retried, sample }
    };
    let expected = [failure("http_503", 2, 1, "busy"), failure("truncated", 1, 0, "")];
    assert_eq!(failures(&folder), expected);
}

#[test]
fn failures_in_the_file_are_those_of_the_summary() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let plan = plan(0);
    let mut builder = SummaryBuilder::new(&plan);
    let mut sink = store.begin_point(&plan, 0, 0).unwrap();
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let any = arbitrary::record().new_tree(&mut runner).unwrap().current();
        let Record { seq, outcome, last_attempt, warmup, .. } = any;
        // Some failures have no text.
        let error = if seq % 3 == 0 { String::new() } else { seq.to_string() };
        let record = testkit::record(0, &[]);
        let record = Record { seq, outcome, error, last_attempt, warmup, ..record };
        builder.record(&record);
        sink.record(&Arc::new(record)).unwrap();
    }
    sink.finish_point(&PointEnd::default()).unwrap();
    let mut expected = builder.finish(&PointEnd::default()).failures;
    expected.sort_by(|a, b| b.count.cmp(&a.count).then(a.class.cmp(&b.class)));
    assert!(expected.len() > 10 && expected.iter().any(|failure| failure.retried > 0));
    assert_eq!(failures(&folder), expected);
}

#[test]
fn a_full_disk_is_an_error_and_keeps_what_was_committed() {
    let folder = Folder::new();
    std::fs::File::create_new(folder.records()).unwrap();
    let connection = prepare(&folder.records(), &RunHeader::default()).unwrap();
    connection.pragma_update(None, "max_page_count", 40).unwrap();
    let write = move |queue: &_, state: &_| writer::write(&connection, queue, state);
    let mut store = Store::start(&folder.records(), write).unwrap();
    let record = Arc::new(one(arbitrary::record()));
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    let failure = loop {
        if let Err(failure) = sink.record(&record) {
            break failure.0;
        }
    };
    let path = folder.records();
    let expected = format!(
        "cannot write records to `{}`: database or disk is full; free space there, or choose \
         another disk with --outputs-dir",
        path.display()
    );
    assert_eq!(failure, expected);
    assert_eq!(sink.sample(&Sample::default()), Err(SinkFailure(expected.clone())));
    assert_eq!(sink.finish_point(&PointEnd::default()), Err(SinkFailure(expected.clone())));
    assert_eq!(store.close(), Err(SinkFailure(expected)));
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.points().unwrap()[0].plan, plan(0));
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let folder = Folder::new();
    std::fs::write(folder.records(), "mine").unwrap();
    let taken = Store::create(&folder.records(), &RunHeader::default()).unwrap_err().0;
    assert!(taken.contains("exists") && taken.contains("--outputs-dir"), "{taken}");
    assert_eq!(std::fs::read(folder.records()).unwrap(), b"mine");
    let below = folder.records().join("records.db");
    let nowhere = Store::create(&below, &RunHeader::default()).unwrap_err().0;
    assert!(nowhere.contains("--outputs-dir"), "{nowhere}");
}

#[test]
fn a_file_of_another_kind_is_an_error() {
    let folder = Folder::new();
    assert!(matches!(Reader::open(&folder.records()), Err(OpenError::Missing(_))));
    std::fs::write(folder.records(), "not a database, and long enough to be looked at").unwrap();
    assert!(matches!(Reader::open(&folder.records()), Err(OpenError::Foreign(_))));
    std::fs::remove_file(folder.records()).unwrap();
    folder.sqlite().execute_batch("CREATE TABLE request (id INTEGER)").unwrap();
    assert!(matches!(Reader::open(&folder.records()), Err(OpenError::Foreign(_))));
}

#[test]
fn a_version_is_read_where_its_major_is_known() {
    let folder = Folder::new();
    drop(Store::create(&folder.records(), &RunHeader::default()).unwrap());
    let set = |major, minor| {
        let sql = "UPDATE run SET format_major = ?, format_minor = ?";
        folder.sqlite().execute(sql, params![major, minor]).unwrap();
        Reader::open(&folder.records()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(set(CURRENT.major, CURRENT.minor + 7), Ok(()));
    let newer = set(CURRENT.major + 1, 3).unwrap_err();
    assert!(newer.contains("its format is 2.3, and this program reads 1.x"), "{newer}");
    assert!(newer.ends_with("use the program that wrote it, or a later one"), "{newer}");
    let older = Format { major: 0, minor: 9 };
    assert!(older.check().unwrap_err().to_string().ends_with("use the program that wrote it"));
}

#[test]
fn what_is_queued_is_committed_at_once_on_demand() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let committer = store.committer();
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    let record = Arc::new(one(arbitrary::record()));
    for _ in 0..1_000 {
        sink.record(&record).unwrap();
    }
    let ample = Duration::from_secs(60);
    assert!(std::thread::spawn(move || committer.commit(ample)).join().unwrap());
    // The sink is not finished, nor the store closed: this is what another process finds.
    let count = "SELECT count(*) FROM request";
    let found: u32 = folder.sqlite().query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(found, 1_000);
}

#[test]
fn frames_that_wait_for_the_disk_are_bounded() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let frame =
        OutputFrame { at: 1, user: 2, tokens: None, channel: Channel::Output, shared: false };
    let frames = vec![frame; 1 << 20];
    let each = size_of_val(frames.as_slice()) as u64;
    let record = Arc::new(Record { frames, ..one(arbitrary::record()) });
    let state = Arc::clone(&store.state);
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    for _ in 0..12 {
        sink.record(&record).unwrap();
        let waiting = state.waiting.waiting();
        assert!(waiting <= writer::BYTES + each, "{waiting} bytes");
    }
    sink.finish_point(&PointEnd::default()).unwrap();
    assert_eq!(state.waiting.waiting(), 0);
}

/// A store whose thread begins a point and panics once `full` says that its queue is full.
fn panicking(folder: &Folder, full: fn(&Receiver<Job>, &WriterState) -> bool) -> Store {
    let write = move |queue: &Receiver<Job>, state: &WriterState| {
        let Ok(Job::Begin(_, answer)) = queue.recv() else { panic!("a point begins first") };
        answer.send(Ok(())).unwrap();
        while !full(queue, state) {
            std::thread::yield_now();
        }
        panic!("on purpose");
    };
    Store::start(&folder.records(), write).unwrap()
}

/// Gives `record` until that fails, and returns the failure, which stays.
fn until_lost(mut store: Store, record: Record) -> String {
    let record = Arc::new(record);
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    let failure = loop {
        if let Err(failure) = sink.record(&record) {
            break failure;
        }
    };
    assert_eq!(sink.sample(&Sample::default()), Err(failure.clone()));
    assert_eq!(sink.finish_point(&PointEnd::default()), Err(failure.clone()));
    assert_eq!(store.begin_point(&plan(1), 0, 0).map(|_| ()), Err(failure.clone()));
    assert_eq!(store.close(), Err(failure.clone()));
    failure.0
}

#[test]
fn a_panic_of_the_thread_ends_a_wait_for_its_queue() {
    let folder = Folder::new();
    let expected = format!(
        "cannot write records to `{}`: the thread that writes them panicked; please report this",
        folder.records().display()
    );
    let entries = panicking(&folder, |queue, _| queue.is_full());
    assert_eq!(until_lost(entries, testkit::record(0, &[])), expected);
    let bytes = panicking(&folder, |_, state| state.waiting.waiting() > writer::BYTES);
    let large = Record { frames: vec![testkit::frame(1); 1 << 20], ..testkit::record(0, &[]) };
    assert_eq!(until_lost(bytes, large), expected);
}

#[test]
fn a_panic_of_the_thread_answers_what_is_queued() {
    let folder = Folder::new();
    let write = |queue: &Receiver<Job>, _: &WriterState| {
        while queue.is_empty() {
            std::thread::yield_now();
        }
        panic!("on purpose");
    };
    let mut store = Store::start(&folder.records(), write).unwrap();
    let failure = store.begin_point(&plan(0), 0, 0).map(|_| ()).unwrap_err();
    assert!(failure.0.contains("the thread that writes them panicked"), "{failure}");
}

#[test]
fn every_column_is_documented() {
    let folder = Folder::new();
    Store::create(&folder.records(), &RunHeader::default()).unwrap().close().unwrap();
    let connection = folder.sqlite();
    let page = include_str!("../../../../docs/RECORDS.md");
    let section = |table: &str| {
        let after = page.split_once(&format!("\n## {table}\n")).unwrap().1;
        after.split_once("\n## ").unwrap().0
    };
    for table in ["run", "plugin", "point", "request", "frame", "sample", "failure", "export"] {
        let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?)").unwrap();
        let columns = columns.query_map([table], |row| row.get::<_, String>(0)).unwrap();
        let columns: Vec<String> = columns.map(Result::unwrap).collect();
        assert!(!columns.is_empty(), "{table}");
        for column in columns {
            let name = format!("`{column}`");
            let mut rows = section(table).lines().filter(|line| line.starts_with("| `"));
            assert!(rows.any(|row| row.contains(&name)), "RECORDS.md lacks {table}.{column}");
        }
    }
}

#[test]
fn labels_and_metrics_can_be_queried_as_json() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    let labels = Labels::parse(r#"{"turns":3,"class":"chat"}"#).unwrap();
    // The nearest number below has as many digits as there are.
    let metrics = vec![testkit::quantity("queue_time", 0.1 + 0.2)];
    let record = testkit::record(0, &[]);
    let labelled = Record { labels, metrics, ..record.clone() };
    give(&mut sink, &[Given::Record(Arc::new(labelled)), Given::Record(Arc::new(record))]);
    sink.finish_point(&PointEnd::default()).unwrap();
    let connection = folder.sqlite();
    let first = connection.query_row(
        "SELECT labels, labels ->> 'class', metrics ->> 'queue_time' FROM request WHERE id = 1",
        [],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, f64>(2)?)),
    );
    let json = r#"{"class":"chat","turns":3}"#;
    assert_eq!(first.unwrap(), (json.into(), "chat".into(), 0.300_000_000_000_000_04));
    let none = "SELECT count(*) FROM request WHERE labels IS NULL AND metrics IS NULL AND id = 2";
    assert_eq!(connection.query_row(none, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn labels_and_metrics_that_are_none_are_an_error() {
    let cases = [
        ("labels", "[1]", "the labels are not a JSON object"),
        ("labels", "{\"a\":true}", "the label `a` is a boolean; it must be a text or a number"),
        ("metrics", "{\"a\":\"b\"}", "column metrics holds the unknown value `\"b\"`"),
        ("metrics", "[", "a plan, point end or metric is not one: "),
    ];
    for (column, value, said) in cases {
        let folder = Folder::new();
        let mut store = Store::create(&folder.records(), &RunHeader::default()).unwrap();
        let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
        give(&mut sink, &[Given::Record(Arc::new(testkit::record(0, &[])))]);
        sink.finish_point(&PointEnd::default()).unwrap();
        store.close().unwrap();
        folder.sqlite().execute(&format!("UPDATE request SET {column} = ?"), [value]).unwrap();
        let reader = Reader::open(&folder.records()).unwrap();
        let point = &reader.points().unwrap()[0];
        let failed = reader.replay(point, &mut Kept::default()).unwrap_err().to_string();
        assert!(failed.contains(said), "{failed}");
    }
}
