//! A thread for the timers that hardly ever fire: the limits on waiting, and the tick.
//!
//! A runtime with a timer of its own has the kernel set one up each time it waits for its sockets,
//! and take it down when something arrives. An engine thread waits for nearly every frame, so its
//! long timers are kept here: it is woken by them, but does not watch them.

use loadwright_timing::spawn::spawn;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::{Interval, Sleep};

/// The thread that watches timers; it ends when this is dropped, and its timers must not be polled
/// after that.
#[derive(Debug)]
pub(crate) struct Timers {
    watched: Handle,
    /// None only while it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Timers {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let watched = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let watch = move || {
            // Nothing is ever sent: it waits until the sender is gone.
            let _ = runtime.block_on(stopped);
        };
        let thread = spawn("timers", watch)?;
        Ok(Self { watched, stop: Some(stop), thread: Some(thread) })
    }

    /// A timer that is over, to be reset by whoever needs it.
    pub(crate) fn timer(&self) -> Sleep {
        let _here = self.watched.enter();
        tokio::time::sleep(Duration::ZERO)
    }

    /// A timer that is over after `span`.
    pub(crate) fn sleep(&self, span: Duration) -> Sleep {
        let _here = self.watched.enter();
        tokio::time::sleep(span)
    }

    /// Ticks each `period`, first after one.
    pub(crate) fn interval(&self, period: Duration) -> Interval {
        let _here = self.watched.enter();
        tokio::time::interval_at(tokio::time::Instant::now() + period, period)
    }
}

impl Drop for Timers {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
