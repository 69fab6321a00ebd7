//! A timer that is true to tens of microseconds: tokio's own rounds to a millisecond.

use crate::clock;
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;

thread_local! {
    /// When this thread's pacer is to fire.
    static DUE: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// When a pacer of this thread is to fire next; one that is not waited for any more may still be
/// named, and lies in the past then.
pub(crate) fn next_due() -> u64 {
    DUE.get()
}

/// Says when this thread's pacer is to fire.
pub(crate) fn set_due(due: u64) {
    DUE.set(due);
}

/// Wakes its task at given times; a timerfd in the runtime's poller.
#[derive(Debug)]
pub struct Pacer {
    timer: AsyncFd<OwnedFd>,
}

impl Pacer {
    /// A new pacer on the current runtime.
    ///
    /// # Errors
    /// No file descriptor is to be had.
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

    /// Returns once [`clock::now`] has reached `due`; at once where it already has.
    ///
    /// # Errors
    /// The timer could not be set.
    pub async fn until(&self, due: u64) -> io::Result<()> {
        loop {
            let now = clock::now();
            if now >= due {
                set_due(u64::MAX);
                return Ok(());
            }
            set_due(due);
            self.set(due - now)?;
            self.timer.readable().await?.clear_ready();
        }
    }

    /// Arms the timer to fire once after `span` nanoseconds, which also forgets an earlier firing.
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
