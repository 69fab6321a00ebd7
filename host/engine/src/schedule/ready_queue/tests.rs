//! Every slot is handed out once and in order, whatever the threads that prepare and send.

use super::*;
use crate::messages::TurnContext;
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::request::{Head, Request};

fn prepared(seq: u64) -> PreparedRequest {
    let body = vec![b'x'; 100];
    let head = Arc::new(Head { method: "POST".into(), path: None, headers: Vec::new() });
    let request = Request { head, body };
    let turn = TurnContext::default();
    PreparedRequest { seq, request: Ok(request), turn, scheduled: None, not_before: 0 }
}

fn queue(slots: u64, requests: usize, bytes: usize) -> ReadyQueue {
    ReadyQueue::new(
        slots,
        Timetable::WhenFree,
        QueueLimits { requests, bytes },
        Arc::new(Gauges::new(1)),
    )
}

/// Puts in what is claimed next; there must be room for it.
fn put(queue: &ReadyQueue, slots: Range<u64>) {
    assert!(queue.put(slots.start, slots.map(prepared).collect()));
}

/// Prepares every slot; there must be room for them.
fn prepare_all(queue: &ReadyQueue) {
    while let Some(slots) = queue.claim(64) {
        put(queue, slots);
    }
}

/// Prepares the first `count` slots of more; there must be room for them.
fn prepare_first(queue: &ReadyQueue, count: u64) {
    let mut done = 0;
    while done < count {
        let slots = queue.claim(count - done).unwrap();
        done = slots.end;
        put(queue, slots);
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn every_slot_is_handed_out_once_whatever_the_threads() {
    for (requests, bytes) in [(8, usize::MAX), (usize::MAX, 700), (1, 1)] {
        let queue = queue(1_000, requests, bytes);
        let mut taken: Vec<u64> = std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some(slots) = queue.claim(7) {
                        put(&queue, slots);
                    }
                });
            }
            let take = || {
                let mut own = Vec::new();
                while let Some(next) = block_on(queue.next(u64::MAX)) {
                    own.push(next.prepared.seq);
                }
                assert!(own.is_sorted());
                own
            };
            let takers = [scope.spawn(take), scope.spawn(take)];
            takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect()
        });
        taken.sort_unstable();
        assert_eq!(taken, (0..1_000).collect::<Vec<_>>());
        assert!(queue.is_exhausted(u64::MAX) && queue.claim(1).is_none());
    }
}

#[test]
fn a_phase_takes_only_its_own_slots() {
    let queue = queue(10, 64, usize::MAX);
    prepare_all(&queue);
    let phase = |end| {
        let next = || block_on(queue.next(end));
        std::iter::from_fn(|| next().map(|next| next.prepared.seq)).collect::<Vec<_>>()
    };
    assert!(!queue.is_exhausted(4));
    assert_eq!(phase(4), [0, 1, 2, 3]);
    assert!(queue.is_exhausted(4) && !queue.is_exhausted(10));
    assert_eq!(phase(u64::MAX), [4, 5, 6, 7, 8, 9]);
}

#[test]
fn claims_begin_small_and_grow_to_the_maximum() {
    let queue = queue(100, 200, usize::MAX);
    let claims: Vec<_> = std::iter::from_fn(|| queue.claim(16)).collect();
    let counts: Vec<u64> = claims.iter().map(|slots| slots.end - slots.start).collect();
    assert_eq!(counts, [4, 4, 4, 4, 4, 5, 6, 7, 9, 11, 14, 16, 12]);
    assert!(claims.windows(2).all(|pair| pair[0].end == pair[1].start));
}

#[test]
fn preparers_of_a_full_queue_wait_until_half_of_it_is_used() {
    let queue = queue(100, 8, usize::MAX);
    for first in [0, 4] {
        assert_eq!(queue.claim(4), Some(first..first + 4));
        put(&queue, first..first + 4);
    }
    let filling = |queue: &ReadyQueue| queue.lock().filling;
    for left in (5..8).rev() {
        block_on(queue.next(u64::MAX)).unwrap();
        assert!(!filling(&queue), "{left} are left");
    }
    block_on(queue.next(u64::MAX)).unwrap();
    assert!(filling(&queue));
}

#[test]
fn scheduled_times_count_from_the_phases_beginning() {
    let arrival = Arrival { rate: 100.0, process: Process::Poisson };
    let room = QueueLimits { requests: 64, bytes: usize::MAX };
    let queue =
        ReadyQueue::new(8, Timetable::of(Some(arrival.offsets(1))), room, Arc::new(Gauges::new(1)));
    prepare_all(&queue);
    block_on(queue.next(u64::MAX)).unwrap();
    queue.restart(Some(arrival.offsets(2)), 5_000);
    let scheduled: Vec<_> =
        (0..7).map(|_| block_on(queue.next(u64::MAX)).unwrap().scheduled).collect();
    let drawn: Vec<_> = arrival.offsets(2).take(7).map(|offset| Some(5_000 + offset)).collect();
    assert_eq!(scheduled, drawn);
}

#[test]
fn slots_scheduled_before_the_end_and_not_taken_are_missed_once() {
    let queue = queue(1_000, 100, usize::MAX);
    let arrival = Arrival { rate: 1_000.0, process: Process::Constant };
    prepare_first(&queue, 100);
    assert_eq!(queue.next_missed(u64::MAX, None), None, "it is not closed");
    let origin = clock::now();
    queue.restart(Some(arrival.offsets(1)), origin);
    for seq in 0..10 {
        assert_eq!(block_on(queue.next(u64::MAX)).unwrap().prepared.seq, seq);
    }
    while clock::now() < origin + 200_000_000 {
        std::thread::yield_now();
    }
    queue.close();
    // Slot n is scheduled n ms after the origin; the queue was closed later than this limit.
    let latest = origin + 150_500_000;
    let missed: Vec<_> = std::iter::from_fn(|| queue.next_missed(u64::MAX, Some(latest))).collect();
    let expected: Vec<_> =
        (10..=150).map(|seq| MissedSlot { seq, scheduled: origin + seq * 1_000_000 }).collect();
    assert_eq!(missed, expected, "including those that were never prepared");
    assert_eq!(queue.next_missed(151, None), None);
    let rest = std::iter::from_fn(|| queue.next_missed(u64::MAX, None)).count();
    assert!((40..900).contains(&rest), "up to when the queue was closed: {rest}");
    assert_eq!(queue.next_missed(u64::MAX, None), None);
}

#[test]
fn closing_ends_preparers_and_takers() {
    let queue = queue(100, 1, usize::MAX);
    put(&queue, queue.claim(1).unwrap());
    std::thread::scope(|scope| {
        let first = queue.claim(1).unwrap().start;
        let full = scope.spawn({
            let queue = &queue;
            move || queue.put(first, vec![prepared(1)])
        });
        queue.close();
        assert!(!full.join().unwrap(), "there was no room, and never will be");
    });
    assert!(block_on(queue.next(u64::MAX)).is_none());
    assert!(queue.claim(1).is_none());
}

#[test]
fn a_queue_ends_with_the_trace_wherever_its_end_is_found() {
    // Claims of slots 0 to 3, 4 to 7 and 8 to 11 of a trace of 6 items.
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let queue = queue(u64::MAX, 64, usize::MAX);
        let claims: Vec<_> = (0..3).map(|_| queue.claim(4).unwrap()).collect();
        std::thread::scope(|scope| {
            for claim in order.map(|number| claims[number].clone()) {
                let found = claim.start.max(claim.end.min(6));
                if found < claim.end {
                    queue.end_at(found);
                }
                let queue = &queue;
                // It may wait for its turn, which never comes for one beyond the end.
                scope.spawn(move || {
                    queue.put(claim.start, (claim.start..found).map(prepared).collect())
                });
            }
        });
        let next = || block_on(queue.next(u64::MAX)).map(|next| next.prepared.seq);
        let taken: Vec<u64> = std::iter::from_fn(next).collect();
        assert_eq!(taken, [0, 1, 2, 3, 4, 5], "{order:?}");
        assert!(queue.claim(4).is_none());
    }
}
