//! What goes into the file comes out again, exactly and in order; and what is told when it cannot.

use super::*;
use crate::arbitrary;
use crate::format::Format;
use crate::reader::{OpenError, Reader};
use loadwright_core::outcome::Outcome;
use loadwright_core::reading::Channel;
use loadwright_core::sample::EndReason;
use loadwright_core::timeline::OutputFrame;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
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
        let mut store = Store::create(&folder.records(), &[]).unwrap();
        for (plan, point_end, given) in
            [(&plans.0, &closings.0, &given.0), (&plans.1, &closings.1, &given.1)]
        {
            let mut sink = store.begin_point(plan, origin).unwrap();
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
    let mut store = Store::create(&folder.records(), &[]).unwrap();
    let mut record = one(arbitrary::record());
    record.timeline.end = 70;
    record.frames.clear();
    let sample = Sample { at: 80, ..Sample::default() };
    let mut sink = store.begin_point(&plan(0), 0).unwrap();
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
fn points_that_were_asked_for_are_known_though_none_ran() {
    let folder = Folder::new();
    let planned = ["parallel_1_number_2", "parallel_2_number_4"];
    Store::create(&folder.records(), &planned).unwrap().close().unwrap();
    assert_eq!(Reader::open(&folder.records()).unwrap().planned_points().unwrap(), planned);
}

#[test]
fn failures_are_counted_by_class_with_a_sample() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &[]).unwrap();
    let mut sink = store.begin_point(&plan(0), 0).unwrap();
    let case = |outcome, error: &str, last_attempt, warmup| {
        let mut record = one(arbitrary::record());
        record.outcome = outcome;
        record.error = error.into();
        record.last_attempt = last_attempt;
        record.warmup = warmup;
        Given::Record(Arc::new(record))
    };
    let cases = [
        case(Outcome::Ok, "", true, false),
        case(Outcome::Status(503), "", true, false),
        case(Outcome::Status(503), "busy", true, false),
        case(Outcome::Status(503), "busier", true, false),
        case(Outcome::Status(503), "will be tried again", false, false),
        case(Outcome::Refused, "warming up", true, true),
        case(Outcome::Truncated, "", true, false),
        case(Outcome::Dropped, "beside failures, not among them", true, false),
        case(Outcome::Cancelled, "likewise", true, false),
    ];
    give(&mut sink, &cases);
    sink.finish_point(&PointEnd::default()).unwrap();
    let connection = folder.sqlite();
    let mut statement =
        connection.prepare("SELECT class, count, sample FROM failure ORDER BY class").unwrap();
    let rows: Vec<(String, i64, Option<String>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows, [("cut".into(), 1, None), ("http_503".into(), 3, Some("busy".into()))]);
}

#[test]
fn a_full_disk_is_told_and_keeps_what_was_committed() {
    let folder = Folder::new();
    std::fs::File::create_new(folder.records()).unwrap();
    let connection = prepare(&folder.records(), &[]).unwrap();
    connection.pragma_update(None, "max_page_count", 40).unwrap();
    let mut store = Store::start(connection, &folder.records()).unwrap();
    let record = Arc::new(one(arbitrary::record()));
    let mut sink = store.begin_point(&plan(0), 0).unwrap();
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
fn a_place_that_cannot_be_written_is_told() {
    let folder = Folder::new();
    std::fs::write(folder.records(), "mine").unwrap();
    let taken = Store::create(&folder.records(), &[]).unwrap_err().0;
    assert!(taken.contains("exists") && taken.contains("--outputs-dir"), "{taken}");
    assert_eq!(std::fs::read(folder.records()).unwrap(), b"mine");
    let below = folder.records().join("records.db");
    let nowhere = Store::create(&below, &[]).unwrap_err().0;
    assert!(nowhere.contains("--outputs-dir"), "{nowhere}");
}

#[test]
fn a_file_that_is_none_of_ours_is_told() {
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
    drop(Store::create(&folder.records(), &[]).unwrap());
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
fn what_was_given_is_committed_at_once_for_whoever_has_no_time() {
    let folder = Folder::new();
    let mut store = Store::create(&folder.records(), &[]).unwrap();
    let committer = store.committer();
    let mut sink = store.begin_point(&plan(0), 0).unwrap();
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
    let mut store = Store::create(&folder.records(), &[]).unwrap();
    let frame =
        OutputFrame { at: 1, user: 2, tokens: None, channel: Channel::Output, shared: false };
    let frames = vec![frame; 1 << 20];
    let each = size_of_val(frames.as_slice()) as u64;
    let record = Arc::new(Record { frames, ..one(arbitrary::record()) });
    let fate = Arc::clone(&store.fate);
    let mut sink = store.begin_point(&plan(0), 0).unwrap();
    for _ in 0..12 {
        sink.record(&record).unwrap();
        let waiting = fate.waiting.load(Relaxed);
        assert!(waiting <= writer::BYTES + each, "{waiting} bytes");
    }
    sink.finish_point(&PointEnd::default()).unwrap();
    assert_eq!(fate.waiting.load(Relaxed), 0);
}
