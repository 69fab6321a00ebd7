//! A timer that is accurate to tens of microseconds, where tokio's own rounds to a millisecond. What
//! happens at the time it waits for is up to its caller.

use crate::clock;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::unix::AsyncFd;

/// Wakes its task at given times: a timerfd in the runtime's poller.
#[derive(Debug)]
pub struct Pacer {
    timer: AsyncFd<OwnedFd>,
}

impl Pacer {
    /// A new pacer on the current runtime.
    ///
    /// # Errors
    /// The process has no file descriptor left.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // SAFETY: an OwnedFd names the same open descriptor until it is dropped.
        Ok(Self { timer: unsafe { AsyncFd::register(fd) }? })
    }

    /// Returns once [`clock::now`] has reached `deadline`; immediately if it already has.
    ///
    /// # Errors
    /// The timer could not be set.
    pub async fn until(&self, deadline: u64) -> io::Result<()> {
        loop {
            let now = clock::now();
            if now >= deadline {
                return Ok(());
            }
            self.set(deadline - now)?;
            self.timer.readable().await?.clear_ready();
        }
    }

    /// Arms the timer to fire once after `span` nanoseconds, which also discards an earlier firing.
    fn set(&self, span: u64) -> io::Result<()> {
        let it_value = Timespec {
            tv_sec: (span / 1_000_000_000) as i64,
            tv_nsec: (span % 1_000_000_000) as i64,
        };
        let once = Itimerspec { it_interval: Timespec::default(), it_value };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
