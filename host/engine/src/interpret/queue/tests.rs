//! Batches: an exchange's parcels keep their order and their lane; nothing is lost at the end.

use super::*;
use crate::context::budget::Budget;
use crate::messages::capture::Capture;
use crate::messages::capture::FrameStamp;
use loadwright_core::plan::ReplyLimits;

fn part(flight: u64, bytes: usize) -> Parcel {
    let mut capture = Capture::default();
    capture.push(&vec![0; bytes], FrameStamp { at: 0, user: 0 });
    let claim = Budget::new(ReplyLimits::default()).claim();
    Parcel::Part { flight, capture, claim }
}

fn flights(batch: &[Parcel]) -> Vec<u64> {
    let flight = |parcel: &Parcel| match parcel {
        Parcel::Part { flight, .. } => *flight,
        Parcel::Landed(landed) => landed.flight,
    };
    batch.iter().map(flight).collect()
}

#[test]
fn a_flight_keeps_its_lane_and_its_order() {
    let (one, mut first) = mpsc::channel(64);
    let (other, mut second) = mpsc::channel(64);
    let gauges = Arc::new(Gauges::new(1));
    let outbox = Outbox::new(&[one, other], Arc::clone(&gauges));
    for flight in [2, 3, 2, 5, 4] {
        outbox.push(flight, part(flight, 10), false);
    }
    assert!(first.try_recv().is_err(), "a batch is not worth sending yet");
    outbox.flush();
    assert_eq!(flights(&first.try_recv().unwrap()), [2, 2, 4]);
    assert_eq!(flights(&second.try_recv().unwrap()), [3, 5]);
    assert_eq!(gauges.backlog.load(Relaxed), 5 * part(0, 10).bytes() as u64);
}

#[test]
fn a_batch_goes_when_it_is_large_or_awaited() {
    let (to, mut from) = mpsc::channel(64);
    let outbox = Outbox::new(&[to], Arc::new(Gauges::new(1)));
    outbox.push(0, part(0, 1), false);
    outbox.push(1, part(1, 1), true);
    assert_eq!(from.try_recv().unwrap().len(), 2);
    outbox.push(0, part(0, BATCH_BYTES), false);
    assert_eq!(from.try_recv().unwrap().len(), 1);
    for flight in 0..BATCH as u64 {
        outbox.push(flight, part(flight, 0), false);
    }
    assert_eq!(from.try_recv().unwrap().len(), BATCH);
}

#[test]
fn what_finds_no_room_waits_for_the_end() {
    let (to, mut from) = mpsc::channel(1);
    let outbox = Outbox::new(&[to], Arc::new(Gauges::new(1)));
    for flight in 0..3 {
        outbox.push(flight, part(flight, 1), true);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| outbox.close());
        let batches: Vec<_> = std::iter::from_fn(|| from.blocking_recv()).collect();
        let all: Vec<u64> = batches.iter().flat_map(|batch| flights(batch)).collect();
        assert_eq!(all, [0, 1, 2]);
    });
}

#[test]
fn without_lanes_parcels_are_thrown_away() {
    let gauges = Arc::new(Gauges::new(1));
    let outbox = Outbox::new(&[], Arc::clone(&gauges));
    outbox.push(7, part(7, 10), true);
    outbox.flush();
    assert_eq!(gauges.backlog.load(Relaxed), 0);
    outbox.close();
}
