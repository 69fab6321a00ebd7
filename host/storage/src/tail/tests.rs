//! What a run stores is what exporters read, in pieces of any size, while it goes on and later.

use super::*;
use crate::arbitrary;
use crate::run_header::RunHeader;
use crate::store::Store;
use loadwright_core::export::Row;
use loadwright_core::interval::{RowBuilder, RowNames};
use loadwright_core::plan::Plan;
use loadwright_core::ports::Sink;
use loadwright_core::record::Record;
use loadwright_core::sample::Sample;
use loadwright_core::testkit;
use proptest::prelude::*;
use std::path::PathBuf;

fn records(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join(crate::RECORDS)
}

fn kinds() -> impl Strategy<Value = Vec<EntryKind>> {
    let one = prop_oneof![
        arbitrary::record().prop_map(|record| EntryKind::Record(Arc::new(record))),
        arbitrary::sample().prop_map(EntryKind::Sample),
    ];
    proptest::collection::vec(one, 0..20)
}

fn give(sink: &mut dyn Sink, kinds: &[EntryKind]) {
    for kind in kinds {
        match kind {
            EntryKind::Record(record) => sink.record(record).unwrap(),
            EntryKind::Sample(sample) => sink.sample(sample).unwrap(),
        }
    }
}

fn plan(index: u32) -> Plan {
    Plan { index, ..testkit::plan() }
}

/// Everything behind `cursor`, read in pieces of `count`.
fn all(tail: &mut Tail, mut cursor: u64, count: usize) -> Vec<Entry> {
    let mut all = Vec::new();
    loop {
        let piece = tail.next(cursor, count).unwrap();
        assert!(piece.len() <= count);
        let Some(last) = piece.last() else { return all };
        cursor = last.id;
        all.extend(piece);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn pieces_of_any_size_are_the_whole(first in kinds(), second in kinds(), count in 1..50_usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&records(&folder), &RunHeader::default()).unwrap();
        for (index, kinds) in [(0, &first), (1, &second)] {
            let mut sink = store.begin_point(&plan(index), 0, 0).unwrap();
            give(&mut sink, kinds);
            sink.finish_point(&PointEnd::default()).unwrap();
        }
        // The store still has the file open.
        let mut tail = Tail::open(&records(&folder)).unwrap();
        let of = |point: u32, kinds: Vec<EntryKind>| kinds.into_iter().map(move |kind| (point, kind));
        let expected: Vec<Entry> = of(0, first)
            .chain(of(1, second))
            .zip(1..)
            .map(|((point, kind), id)| Entry { id, point, kind })
            .collect();
        prop_assert_eq!(&all(&mut tail, 0, count), &expected);
        store.close().unwrap();
        prop_assert_eq!(&all(&mut tail, 0, count), &expected);
        prop_assert_eq!(&all(&mut tail, 3, count)[..], &expected[expected.len().min(3)..]);
        prop_assert_eq!(tail.next(u64::MAX, 9), Ok(Vec::new()));
        prop_assert_eq!(tail.next(0, 0), Ok(Vec::new()));
        let records = |cursor| {
            let behind = expected.iter().filter(|entry| entry.id > cursor);
            behind.filter(|entry| matches!(entry.kind, EntryKind::Record(_))).count() as u64
        };
        for cursor in [0, 2, u64::MAX] {
            prop_assert_eq!(tail.records_behind(cursor), Ok(records(cursor)));
        }
    }
}

/// The rows of one point, read in pieces of `count` until `last`.
fn rows(tail: &mut Tail, count: usize, last: u64) -> Vec<Row> {
    let mut builder = RowBuilder::new(RowNames::Own);
    builder.begin_point(&plan(0), 0);
    let (mut cursor, mut rows) = (0, Vec::new());
    while cursor < last {
        for entry in tail.next(cursor, count).unwrap() {
            cursor = entry.id;
            match entry.kind {
                EntryKind::Record(record) => builder.record(&record),
                EntryKind::Sample(sample) => rows.push(builder.sample(&sample)),
            }
        }
    }
    rows
}

#[test]
fn a_run_that_goes_on_and_a_stored_one_give_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = records(&folder);
    let mut store = Store::create(&path, &RunHeader::default()).unwrap();
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    let live = std::thread::spawn(move || rows(&mut Tail::open(&path).unwrap(), 7, 1_010));
    for second in 1..=10 {
        let start = second * loadwright_core::SECOND;
        let record = |at| testkit::record(start + at, &[start + 2 * at, start + 5 * at * at]);
        (1..=100).for_each(|at| sink.record(&Arc::new(record(at * 1_000))).unwrap());
        sink.sample(&Sample { at: start, ..Sample::default() }).unwrap();
    }
    sink.finish_point(&PointEnd::default()).unwrap();
    let live = live.join().unwrap();
    assert_eq!(live.len(), 10);
    store.close().unwrap();
    let mut tail = Tail::open(&records(&folder)).unwrap();
    for count in [1, 100, 1_000] {
        assert_eq!(rows(&mut tail, count, 1_010), live);
    }
}

#[test]
fn points_are_known_from_their_start_and_end_with_their_last_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&records(&folder), &RunHeader::default()).unwrap();
    let mut tail = Tail::open(&records(&folder)).unwrap();
    assert_eq!(tail.point(0), Ok(None));
    let stored = |index, first_id, end| {
        let plan = Arc::new(plan(index));
        Some(StoredPoint { plan, wall_at_origin: 7, begun: 5, first_id, end })
    };
    let point_end = PointEnd { at: 5, ..PointEnd::default() };

    let mut sink = store.begin_point(&plan(0), 7, 5).unwrap();
    assert_eq!(tail.point(0), Ok(stored(0, 1, None)));
    let sample = EntryKind::Sample(Sample::default());
    give(&mut sink, &[EntryKind::Record(Arc::new(testkit::record(0, &[1]))), sample.clone()]);
    sink.finish_point(&point_end).unwrap();
    assert_eq!(tail.point(0), Ok(stored(0, 1, Some((point_end.clone(), 2)))));

    // Nothing is stored of the second point, so that the third begins with the same id.
    store.begin_point(&plan(1), 7, 5).unwrap().finish_point(&point_end).unwrap();
    assert_eq!(tail.point(1), Ok(stored(1, 3, Some((point_end.clone(), 2)))));
    let mut sink = store.begin_point(&plan(2), 7, 5).unwrap();
    give(&mut sink, &[sample]);
    sink.finish_point(&point_end).unwrap();
    for (index, first_id, last_id) in [(0, 1, 2), (1, 3, 2), (2, 3, 3)] {
        let expected = stored(index, first_id, Some((point_end.clone(), last_id)));
        assert_eq!(tail.point(index), Ok(expected));
    }
    assert_eq!(tail.point(3), Ok(None));
}

#[test]
fn frames_that_are_read_at_once_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&records(&folder), &RunHeader::default()).unwrap();
    let frames = vec![testkit::frame(1); FRAMES / 2];
    let record = EntryKind::Record(Arc::new(Record { frames, ..testkit::record(0, &[]) }));
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    give(&mut sink, &vec![record; 5]);
    sink.finish_point(&PointEnd::default()).unwrap();
    let mut tail = Tail::open(&records(&folder)).unwrap();
    let ids = |cursor| tail.next(cursor, 1_000).unwrap().iter().map(|it| it.id).collect::<Vec<_>>();
    let pieces: Vec<Vec<u64>> = [0, 2, 4, 5].map(ids).into();
    assert_eq!(pieces, [vec![1, 2], vec![3, 4], vec![5], vec![]]);
}

#[test]
fn between_calls_no_transaction_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&records(&folder), &RunHeader::default()).unwrap();
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    give(&mut sink, &[EntryKind::Sample(Sample::default()), EntryKind::Sample(Sample::default())]);
    sink.finish_point(&PointEnd::default()).unwrap();
    let mut tail = Tail::open(&records(&folder)).unwrap();
    // It stops before the last one.
    assert_eq!(tail.next(0, 1).unwrap().len(), 1);
    assert!(tail.point(0).unwrap().is_some());
    // With a reader in the log, it could not be emptied.
    let other = Connection::open(records(&folder)).unwrap();
    let busy: i64 =
        other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
}

#[test]
fn what_is_no_record_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&records(&folder), &RunHeader::default()).unwrap();
    let mut sink = store.begin_point(&plan(0), 0, 0).unwrap();
    give(&mut sink, &[EntryKind::Record(Arc::new(testkit::record(0, &[1])))]);
    sink.finish_point(&PointEnd::default()).unwrap();
    store.close().unwrap();
    let other = Connection::open(records(&folder)).unwrap();
    other.execute("UPDATE request SET outcome = 'fine'", []).unwrap();
    other.execute("UPDATE point SET plan = '[]'", []).unwrap();
    let mut tail = Tail::open(&records(&folder)).unwrap();
    let said = tail.next(0, 9).unwrap_err();
    assert_eq!(said, "column outcome holds the unknown value `fine`");
    assert!(tail.point(0).unwrap_err().starts_with("a plan, point end or metric is not one: "));
    assert!(matches!(Tail::open(folder.path()), Err(OpenError::Missing(_))));
}
