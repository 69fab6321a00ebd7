//! A simulated thread with simulated streams, against what their rates say.

use super::*;

const MS: u64 = 1_000_000;

/// Streams that each give something to read once in a `period`, evenly spread over it.
struct Streams {
    period: u64,
    /// When each was last read, and when its next arrival is.
    streams: Vec<(u64, u64)>,
}

impl Streams {
    fn new(count: u64, period: u64) -> Self {
        let stream = |index| (0, period + period * index / count);
        Self { period, streams: (0..count).map(stream).collect() }
    }

    fn next_arrival(&self) -> u64 {
        self.streams.iter().map(|(_, next)| *next).min().unwrap()
    }

    /// Reads what has arrived by `now`.
    fn read(&mut self, now: u64, batcher: &ReadBatcher) {
        for (last, next) in self.streams.iter_mut().filter(|(_, next)| *next <= now) {
            batcher.record(now - *last);
            *last = now;
            *next += self.period * (1 + (now - *next) / self.period);
        }
    }
}

/// What a thread did.
struct Ran {
    wakeups: u64,
    /// The last pause; 0: none.
    pause: u64,
}

/// A thread that reads `streams` until `end`, and whose own work takes no time.
fn run(streams: &mut Streams, batcher: &ReadBatcher, end: u64) -> Ran {
    let mut ran = Ran { wakeups: 0, pause: 0 };
    let mut now = 0;
    while now < end {
        now = now.max(streams.next_arrival());
        batcher.wake_at(now);
        streams.read(now, batcher);
        ran.pause = batcher.remaining(now);
        ran.wakeups += 1;
        now += ran.pause;
    }
    ran
}

/// Runs `count` streams of `period` for a second, after one of settling down.
fn settled(count: u64, period: u64) -> (Ran, u64) {
    let (mut streams, batcher) = (Streams::new(count, period), ReadBatcher::default());
    run(&mut streams, &batcher, 1_000 * MS);
    let before = batcher.count();
    let ran = run(&mut streams, &batcher, 2_000 * MS);
    (ran, batcher.count() - before)
}

/// 10,000 arrivals a second are 3 in each 0.3 ms, and 20,000 are 4 in each 0.2 ms.
#[test]
fn many_slow_streams_are_read_in_batches() {
    for (count, period, pause, gathered) in [(200, 20 * MS, 300_000, 3), (200, 10 * MS, 200_000, 4)]
    {
        let (ran, reads) = settled(count, period);
        assert!(ran.pause.abs_diff(pause) < pause / 50, "{} ns", ran.pause);
        let expected = 1_000 * MS * count / period;
        assert!(reads.abs_diff(expected) < expected / 50, "{reads} reads");
        assert!(
            ran.wakeups * gathered <= reads + reads / 50,
            "{} wake-ups, {reads} reads",
            ran.wakeups
        );
    }
}

/// 60 streams give 0.9 arrivals in 0.3 ms; what comes every 0.2 ms may be held up for 4 µs only.
#[test]
fn few_or_fast_streams_are_read_at_once() {
    for (count, period) in [(60, 20 * MS), (1, 20 * MS), (2, MS / 5)] {
        let (ran, reads) = settled(count, period);
        assert_eq!(ran.pause, 0, "{count} streams, each {period} ns");
        assert_eq!(ran.wakeups, reads);
    }
}

#[test]
fn pauses_end_when_the_streams_do() {
    let (mut streams, batcher) = (Streams::new(200, 20 * MS), ReadBatcher::default());
    assert!(run(&mut streams, &batcher, 500 * MS).pause > 0);
    let start = batcher.window_start.load(Relaxed);
    let after = |time: u64| {
        batcher.wake_at(start + time);
        batcher.remaining(start + time)
    };
    assert!(after(WINDOW - 1) > 0, "the window goes on");
    after(WINDOW);
    assert_eq!(after(2 * WINDOW), 0, "nothing was read in the last one");
}

#[test]
fn a_pause_never_passes_a_deadline() {
    let (mut streams, batcher) = (Streams::new(200, 20 * MS), ReadBatcher::default());
    run(&mut streams, &batcher, 500 * MS);
    let now = batcher.window_start.load(Relaxed) + WINDOW - MS;
    batcher.wake_at(now);
    let whole = batcher.remaining(now);
    assert_eq!(batcher.remaining(now + 1_000), whole - 1_000);
    for (deadline, expected) in [(now + 100_000, 100_000), (now - 1, 0), (now + MS, whole)] {
        let wake_by = batcher.wake_by(deadline);
        assert_eq!(batcher.remaining(now), expected);
        drop(wake_by);
        assert_eq!(batcher.remaining(now), whole);
    }
}

#[test]
fn a_pause_is_slept_and_counted() {
    let batcher = ReadBatcher::default();
    batcher.before_park();
    assert_eq!(batcher.pauses(), 0);
    let woken = clock::now();
    batcher.wake_at(woken);
    batcher.pause.store(LONGEST_PAUSE, Relaxed);
    batcher.before_park();
    assert!(clock::now() >= woken + LONGEST_PAUSE);
    batcher.before_park();
    assert_eq!(batcher.pauses(), 1, "the pause was over");
}
