//! The only place that reads a clock: monotonic nanoseconds since the process's origin, the wall
//! clock beside them, and CPU time.

#![expect(clippy::disallowed_methods, reason = "this is the crate's one clock")]

use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Both clocks at the time one of them was first read.
struct Origin {
    monotonic: Instant,
    wall: SystemTime,
}

fn origin() -> &'static Origin {
    static ORIGIN: OnceLock<Origin> = OnceLock::new();
    ORIGIN.get_or_init(|| Origin { monotonic: Instant::now(), wall: SystemTime::now() })
}

/// Nanoseconds on the monotonic clock since the process's origin.
pub fn now() -> u64 {
    nanos(origin().monotonic.elapsed())
}

/// The wall clock in nanoseconds since the Unix epoch.
pub fn wall() -> u64 {
    nanos(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Wall clock minus monotonic clock in nanoseconds; `now`: what [`now`] has just returned.
///
/// A thread that is interrupted between the two readings gets too large an offset, and timestamps
/// converted by it are too early. So an offset that exceeds this thread's last one by more than
/// slewing explains is read again; a step of the wall clock remains.
pub fn wall_offset(now: u64) -> u64 {
    /// Slewing moves the wall clock by half of this in 20 ms.
    const EXPLAINED: u64 = 20_000;
    thread_local! {
        static LAST: Cell<u64> = const { Cell::new(0) };
    }
    let read = |now: u64| wall().wrapping_sub(now);
    let mut offset = read(now);
    LAST.with(|last| {
        for _ in 0..3 {
            if offset <= last.get().saturating_add(EXPLAINED) {
                break;
            }
            offset = offset.min(read(self::now()));
        }
        last.set(offset);
    });
    offset
}

/// The wall-clock time of the origin, in nanoseconds since the Unix epoch: records get their dates
/// from it.
pub fn wall_at_origin() -> u64 {
    nanos(origin().wall.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The monotonic instant `at` nanoseconds after the origin, for timers.
pub fn instant(at: u64) -> Instant {
    origin().monotonic + Duration::from_nanos(at)
}

/// The CPU time that the calling thread has used, in nanoseconds.
pub fn thread_cpu_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// A span in nanoseconds; 584 years at most.
pub fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
