//! Deadlines, each with the stage that it reports, and times that the test sets.

use super::*;
use std::future::poll_fn;

fn deadlines(read: Duration, total: Duration) -> (Deadlines, Arc<Gauges>) {
    let gauges = Arc::new(Gauges::new(1));
    let timeouts = Timeouts { connect: Duration::ZERO, read, total };
    let timer = tokio::time::sleep(Duration::ZERO);
    (Deadlines::new(&timeouts, timer, Arc::default(), Arc::clone(&gauges)), gauges)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(future)
}

const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_millis(20);

fn read(user: Nanos, offset: u64) -> TimestampedRead {
    TimestampedRead { len: 1, kernel: None, user, offset }
}

#[test]
fn a_read_timeout_differs_from_a_total_timeout_and_neither_is_early() {
    for (limits, stage) in [((SHORT, LONG), Stage::Read), ((LONG, SHORT), Stage::Total)] {
        block_on(async {
            let (mut deadlines, _) = deadlines(limits.0, limits.1);
            // A connection's second exchange has the same deadlines as its first.
            for _ in 0..2 {
                let begun = clock::now();
                deadlines.begin(begun, begun);
                let failure = poll_fn(|context| deadlines.poll(context)).await;
                assert_eq!(failure.outcome, Outcome::Timeout(stage));
                assert!(clock::now() - begun >= 20_000_000);
            }
        });
    }
}

#[test]
fn a_read_postpones_the_read_timeout() {
    block_on(async {
        let (mut deadlines, _) = deadlines(SHORT, LONG);
        deadlines.begin(clock::now(), clock::now());
        let read_at = clock::now() + 30_000_000;
        deadlines.record_read(&read(read_at, 1));
        poll_fn(|context| deadlines.poll(context)).await;
        assert!(clock::now() >= read_at + 20_000_000);
    });
}

#[test]
fn the_timer_wakes_the_task_of_the_current_exchange() {
    block_on(async {
        let (mut deadlines, _) = deadlines(LONG, LONG);
        let mut other = Context::from_waker(std::task::Waker::noop());
        deadlines.begin(clock::now(), clock::now());
        assert!(deadlines.poll(&mut other).is_pending() && !deadlines.is_due());
        // Another task takes the connection over, and may find bytes before it first waits.
        deadlines.begin(clock::now(), clock::now());
        assert!(deadlines.is_due(), "the timer still holds the earlier task's waker");
    });
}

#[test]
fn the_total_timeout_counts_from_before_the_connection_was_opened() {
    block_on(async {
        let (mut deadlines, _) = deadlines(LONG, SHORT);
        deadlines.begin(1_000, 15_000_000);
        assert_eq!(deadlines.until, 20_001_000);
        assert_eq!(deadlines.deadline(), 20_001_000);
    });
}

#[test]
fn steps_of_the_wall_clock_are_counted_and_slewing_is_not() {
    block_on(async {
        let (mut deadlines, gauges) = deadlines(LONG, LONG);
        let base = 1_000_000_000_000;
        for offset in [base, base + 400_000, base + 800_000, base + 9_000_000, base] {
            deadlines.record_read(&read(1, offset));
        }
        assert_eq!(gauges.sample(0, 0).clock_steps, 2);
        assert_eq!(gauges.sample(0, 0).clock_steps, 0);
    });
}

#[test]
fn a_step_that_every_thread_sees_is_counted_once() {
    block_on(async {
        let gauges = Arc::new(Gauges::new(2));
        let timeouts = Timeouts { connect: Duration::ZERO, read: LONG, total: LONG };
        let timer = || tokio::time::sleep(Duration::ZERO);
        let thread = || Deadlines::new(&timeouts, timer(), Arc::default(), Arc::clone(&gauges));
        let (mut one, mut other) = (thread(), thread());
        let (before, after) = (1_000_000_000_000, 2_000_000_000_000);
        one.record_read(&read(1, before));
        other.record_read(&read(1, before));
        one.record_read(&read(1, after));
        assert_eq!(gauges.sample(0, 0).clock_steps, 1);
        // The other thread reads again only after that sample.
        other.record_read(&read(1, after));
        assert_eq!(gauges.sample(0, 0).clock_steps, 0);
        other.record_read(&read(1, before));
        assert_eq!(gauges.sample(0, 0).clock_steps, 1);
    });
}
