//! Stops the run on signals. After the first, no new requests start. After the second, requests in
//! flight are cancelled and the process ends within a second, whatever is left to read or write.
//! After the third, the process ends immediately. While the run is opened, the first ends it within a
//! second: nothing was measured.

mod export;
mod signals;

pub(crate) use export::ExportInterrupt;

use crate::console::Console;
use crate::exit::Exit;
use loadwright_engine::{Progress, Stop};
use loadwright_exporters::RunWatch;
use loadwright_storage::Committer;
use loadwright_timing::thread::spawn;
use signals::Signals;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Time limits after the second signal, together less than a second: for the run to end by itself,
/// then for committing the records, and for each of two messages to be printed.
const GRACE_PERIOD: Duration = Duration::from_millis(500);
const COMMIT_TIMEOUT: Duration = Duration::from_millis(250);
const PRINT_TIMEOUT: Duration = Duration::from_millis(100);

/// Counts the signals that stop the run.
#[derive(Default)]
pub(crate) struct Interrupt {
    signals: Mutex<u32>,
    changed: Condvar,
    begun: OnceLock<Begun>,
}

/// What the signals act on.
pub(crate) struct SignalHandler {
    /// Ends the run.
    pub(crate) stop: Stop,
    /// Requests in flight.
    pub(crate) progress: Arc<Progress>,
    /// Prints what happens.
    pub(crate) console: Arc<Console>,
}

/// What there is of a run once it is opened.
pub(crate) struct Begun {
    /// Commits the records.
    pub(crate) committer: Committer,
    /// The run's folder.
    pub(crate) folder: PathBuf,
    /// Exporters, whose waits the second signal ends, or the first one after the last point.
    pub(crate) exporters: Option<Arc<RunWatch>>,
}

impl Begun {
    /// Whether exporters are all that is waited for: everything is measured and written.
    fn exporting(&self) -> bool {
        self.exporters.as_ref().is_some_and(|exporters| exporters.is_over())
    }
}

impl Interrupt {
    /// Listens for signals for the rest of the process, on a thread of its own.
    ///
    /// # Errors
    /// The system gives no handler or thread.
    pub(crate) fn listen(handler: SignalHandler) -> io::Result<Arc<Self>> {
        let interrupt = Arc::new(Self::default());
        let shared = Arc::clone(&interrupt);
        let (runtime, mut signals) = Signals::catch()?;
        spawn("signals", move || {
            runtime.block_on(async move {
                loop {
                    signals.next().await;
                    let count = shared.raise(&handler.stop);
                    let exporting = shared.exporting();
                    if count > 1 || exporting {
                        shared.cancel_exporters();
                    }
                    handler.announce(count, shared.begun.get().is_some(), exporting);
                    if count == 1 && shared.begun.get().is_some() {
                        continue;
                    }
                    // Ends by itself in time, or here.
                    let next = tokio::time::timeout(GRACE_PERIOD, signals.next()).await;
                    handler.exit(shared.begun.get().filter(|_| next.is_err()));
                }
            });
        })?;
        Ok(interrupt)
    }

    /// The run is opened.
    pub(crate) fn begin(&self, begun: Begun) {
        // There is one run in a process.
        let _ = self.begun.set(begun);
    }

    /// Whether the user stopped the run.
    pub(crate) fn requested(&self) -> bool {
        *self.signals.lock().unwrap_or_else(PoisonError::into_inner) > 0
    }

    /// Waits for `span`, or until the user stops the run.
    pub(crate) fn sleep(&self, span: Duration) {
        let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(signals, span, |signals| *signals == 0);
        drop(waited);
    }

    /// Whether exporters are all that is waited for.
    fn exporting(&self) -> bool {
        self.begun.get().is_some_and(Begun::exporting)
    }

    /// Ends what exporters wait for.
    fn cancel_exporters(&self) {
        if let Some(Begun { exporters: Some(exporters), .. }) = self.begun.get() {
            exporters.cancel();
        }
    }

    /// Counts a signal and acts on it. Sleepers wake only after that, and so see its effect.
    fn raise(&self, stop: &Stop) -> u32 {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        *signals += 1;
        match *signals {
            1 => stop.drain(),
            2 => stop.abort(),
            _ => {}
        }
        self.changed.notify_all();
        *signals
    }
}

impl SignalHandler {
    fn announce(&self, count: u32, begun: bool, exporting: bool) {
        self.print(match count {
            _ if exporting => "ending the wait for exporters".into(),
            1 if begun => format!(
                "stopping: waiting for {} requests in flight; press Ctrl-C again to cancel them",
                self.progress.in_flight.load(Relaxed)
            ),
            1 => "stopping before the first request".into(),
            _ => "cancelling requests in flight".into(),
        });
    }

    /// Ends the process before the run has ended; commits the records of `begun` first.
    fn exit(&self, begun: Option<&Begun>) {
        if let Some(begun) = begun {
            begun.committer.commit(COMMIT_TIMEOUT);
            let folder = begun.folder.display();
            self.print(if begun.exporting() {
                format!(
                    "ended before exporters had sent everything; \
                     `loadwright export {folder} --exporter NAME` sends the rest"
                )
            } else {
                format!(
                    "ended before all files were written; `loadwright report {folder}` regenerates \
                     them"
                )
            });
        }
        std::process::exit(i32::from(Exit::Interrupted.code()));
    }

    /// Prints a message, but waits only a moment: a reader that has stopped reading must not keep the
    /// process alive.
    fn print(&self, text: String) {
        let (printed, done) = sync_channel(1);
        let console = Arc::clone(&self.console);
        let printing = spawn("message", move || {
            console.info(&text);
            // The process may not wait any longer.
            let _ = printed.send(());
        });
        // Nothing is printed if there is no thread for it.
        if printing.is_ok() {
            let _ = done.recv_timeout(PRINT_TIMEOUT);
        }
    }
}

#[cfg(test)]
mod tests;
