//! Ids and times.

use super::*;
use loadwright_core::export::ExportPoint;

#[test]
fn children_have_ids_of_their_own_that_are_never_zero() {
    let parent = [1, 2, 3, 4, 5, 6, 7, 8];
    let ids: std::collections::BTreeSet<_> = (0..16).map(|index| child(parent, index)).collect();
    assert_eq!(ids.len(), 16);
    assert_ne!(child([0, 0, 0, 0, 0, 0, 0, 3], 3), [0; 8]);
}

#[test]
fn the_oldest_turns_are_forgotten() {
    let mut turns = Turns::default();
    let ids = TraceIds { trace: [1; 16], span: [1; 8], sampled: true };
    (0..=MOST_TURNS as u64).for_each(|seq| turns.put(seq, ids));
    assert_eq!((turns.of(0), turns.of(1)), (None, Some(ids)));
    assert_eq!(turns.last.len(), MOST_TURNS);
}

#[test]
fn times_are_dated_from_the_points_zero() {
    let point = ExportPoint { origin: 100.0, zero: 5_000, ..ExportPoint::default() };
    let facts = PointFacts::new(&point, "m");
    let zero = UNIX_EPOCH + Duration::from_secs(100);
    assert_eq!(date(&facts, 6_000), zero + Duration::from_nanos(1_000));
    assert_eq!(date(&facts, 4_000), zero - Duration::from_nanos(1_000));
}
