//! A thread for timers that rarely fire: deadlines, and the engine threads' periodic tick.
//!
//! A runtime with timers of its own sets up a kernel timer each time it waits for its sockets. An
//! engine thread waits for nearly every frame, so its long timers are kept on a thread of their own,
//! which wakes it when one fires.

use loadwright_timing::thread::spawn;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::{Interval, Sleep};

/// The timer thread. It ends when this is dropped; its timers must not be polled after that.
#[derive(Debug)]
pub(crate) struct Timers {
    runtime: Handle,
    /// `None` only during drop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Timers {
    /// Starts the thread.
    ///
    /// # Errors
    /// The thread could not be spawned.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let drive = move || {
            // Nothing is ever sent: this waits until the sender is dropped.
            let _ = runtime.block_on(stopped);
        };
        let thread = spawn("timers", drive)?;
        Ok(Self { runtime: handle, stop: Some(stop), thread: Some(thread) })
    }

    /// A timer that has fired, to be reset by its owner.
    pub(crate) fn timer(&self) -> Sleep {
        let _entered = self.runtime.enter();
        tokio::time::sleep(Duration::ZERO)
    }

    /// A timer that fires after `span`.
    pub(crate) fn sleep(&self, span: Duration) -> Sleep {
        let _entered = self.runtime.enter();
        tokio::time::sleep(span)
    }

    /// Ticks every `period`, for the first time after one.
    pub(crate) fn interval(&self, period: Duration) -> Interval {
        let _entered = self.runtime.enter();
        tokio::time::interval_at(tokio::time::Instant::now() + period, period)
    }
}

impl Drop for Timers {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The thread runs nothing that could panic.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
