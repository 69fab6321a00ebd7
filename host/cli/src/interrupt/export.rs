//! Stops `loadwright export` on signals. The first ends what exporters wait for: how far they have come
//! is stored, and what is missing is told. The second ends the process.

use super::signals::Signals;
use crate::console::Console;
use crate::exit::Exit;
use loadwright_exporters::RunWatch;
use loadwright_timing::thread::spawn;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the user has stopped it, and what is then to end.
#[derive(Default)]
pub(crate) struct ExportInterrupt {
    requested: AtomicBool,
    /// Exporters, once they are opened.
    watch: Mutex<Option<Arc<RunWatch>>>,
}

impl ExportInterrupt {
    /// Listens for the rest of the process, on a thread of its own.
    ///
    /// # Errors
    /// The system gives no handler or thread.
    pub(crate) fn listen(console: &Arc<Console>) -> io::Result<Arc<Self>> {
        let interrupt = Arc::new(Self::default());
        let (shared, console) = (Arc::clone(&interrupt), Arc::clone(console));
        let (runtime, mut signals) = Signals::catch()?;
        spawn("signals", move || {
            runtime.block_on(async move {
                signals.next().await;
                if shared.raise() {
                    console.info("stopping; press Ctrl-C again to end at once");
                    signals.next().await;
                }
                // What was acknowledged is in the ledger already.
                std::process::exit(i32::from(Exit::Interrupted.code()));
            });
        })?;
        Ok(interrupt)
    }

    /// Exporters are about to begin.
    pub(crate) fn begin(&self, watch: &Arc<RunWatch>) {
        let mut known = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(watch));
    }

    /// Whether the user has stopped it.
    pub(crate) fn requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// Ends what exporters wait for. Returns whether there are any.
    fn raise(&self) -> bool {
        self.requested.store(true, Ordering::SeqCst);
        let known = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().for_each(|watch| watch.cancel());
        known.is_some()
    }
}
