//! A timer that is accurate to tens of microseconds, where tokio's own rounds to a millisecond. What
//! happens at the time it waits for is up to its caller.

use crate::clock;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
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
        // SAFETY: timerfd_create takes no pointers.
        let fd = unsafe {
            libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC)
        };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
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
        let value = libc::timespec {
            tv_sec: (span / 1_000_000_000) as libc::time_t,
            tv_nsec: (span % 1_000_000_000) as libc::c_long,
        };
        let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let setting = libc::itimerspec { it_interval: never, it_value: value };
        // SAFETY: the setting lives across the call and the old one is not asked for.
        let result = unsafe {
            libc::timerfd_settime(
                self.timer.get_ref().as_raw_fd(),
                0,
                &raw const setting,
                std::ptr::null_mut(),
            )
        };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

#[cfg(test)]
mod tests;
