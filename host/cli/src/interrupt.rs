//! Ctrl-C: once, no new requests; twice, everything ends at once; a third time, the process does.

use crate::exit::Exit;
use crate::voice::Voice;
use loadwright_engine::{Progress, Stop};
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The user's wish to stop, as signals tell it.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    asked: Mutex<u32>,
    changed: Condvar,
}

impl Interrupt {
    /// Listens for SIGINT and SIGTERM for the rest of the process, on a thread of its own.
    ///
    /// # Errors
    /// The system gives no handler or thread.
    pub(crate) fn listen(
        stop: Stop,
        progress: Arc<Progress>,
        voice: Arc<Voice>,
    ) -> io::Result<Arc<Self>> {
        let interrupt = Arc::new(Self::default());
        let shared = Arc::clone(&interrupt);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (mut int, mut term) = {
            let _within = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            runtime.block_on(async move {
                loop {
                    tokio::select! {
                        _ = int.recv() => {}
                        _ = term.recv() => {}
                    }
                    let count = shared.raise(&stop);
                    answer(count, &progress, &voice);
                }
            });
        })?;
        Ok(interrupt)
    }

    /// Whether the user asked to stop.
    pub(crate) fn asked(&self) -> bool {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) > 0
    }

    /// Waits for `span`, or until the user asks to stop.
    pub(crate) fn sleep(&self, span: Duration) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(asked, span, |asked| *asked == 0);
        drop(waited);
    }

    /// Counts a signal and passes the wish on. Whoever sleeps wakes only after that, and so finds
    /// it passed on.
    fn raise(&self, stop: &Stop) -> u32 {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked += 1;
        match *asked {
            1 => stop.drain(),
            2 => stop.abort(),
            _ => {}
        }
        self.changed.notify_all();
        *asked
    }
}

fn answer(count: u32, progress: &Progress, voice: &Voice) {
    match count {
        1 => voice.info(&format!(
            "stopping: no new requests; {} in flight will end. Ctrl-C again ends at once",
            progress.in_flight.load(Relaxed)
        )),
        2 => voice.info("ending at once: requests in flight are cancelled, results are written"),
        _ => std::process::exit(i32::from(Exit::Interrupted.code())),
    }
}

#[cfg(test)]
mod tests {
    use super::Interrupt;
    use loadwright_engine::Stop;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_sleeper_wakes_to_find_the_wish_passed_on() {
        for _ in 0..100 {
            let (interrupt, stop) = (Arc::new(Interrupt::default()), Stop::new());
            let (shared, seen) = (Arc::clone(&interrupt), stop.clone());
            let sleeper = std::thread::spawn(move || {
                shared.sleep(Duration::from_secs(3600));
                seen.draining()
            });
            interrupt.raise(&stop);
            assert!(sleeper.join().expect("it wakes"));
            assert!(interrupt.asked() && !stop.aborting());
            interrupt.raise(&stop);
            assert!(stop.aborting());
        }
    }
}
