//! The user's wish to stop, as signals tell it. Once: no new requests. Twice: everything ends at
//! once, and the process within a second, whatever there is left to read or to write. A third time,
//! the process ends where it is.

use crate::console::Console;
use crate::exit::Exit;
use loadwright_engine::{Progress, Stop};
use loadwright_storage::Committer;
use loadwright_timing::thread::spawn;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long the run may take to end by itself once everything is to end at once, the records' file
/// to be committed after that, and what is said twice to be taken: together less than a second.
const PATIENCE: Duration = Duration::from_millis(500);
const COMMIT: Duration = Duration::from_millis(250);
const HEARD: Duration = Duration::from_millis(100);

/// The user's wish to stop, as signals tell it.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    asked: Mutex<u32>,
    changed: Condvar,
}

/// What whoever listens tells, and what is to be saved where there is no time for more.
pub(crate) struct SignalHandler {
    /// What ends the run.
    pub(crate) stop: Stop,
    /// What is in flight.
    pub(crate) progress: Arc<Progress>,
    /// Says what happens now.
    pub(crate) console: Arc<Console>,
    /// Commits the records.
    pub(crate) committer: Committer,
    /// The run's folder.
    pub(crate) folder: PathBuf,
}

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP for the rest of the process, on a thread of its own. A
    /// SIGHUP that the process was started to ignore (`nohup`) stays ignored.
    ///
    /// # Errors
    /// The system gives no handler or thread.
    pub(crate) fn listen(listener: SignalHandler) -> io::Result<Arc<Self>> {
        let interrupt = Arc::new(Self::default());
        let shared = Arc::clone(&interrupt);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _within = runtime.enter();
            Signals::catch()?
        };
        spawn("signals", move || {
            runtime.block_on(async move {
                loop {
                    signals.next().await;
                    let count = shared.raise(&listener.stop);
                    listener.answer(count);
                    if count == 2 {
                        let third = tokio::time::timeout(PATIENCE, signals.next()).await;
                        listener.leave(third.is_err());
                    }
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

impl SignalHandler {
    fn answer(&self, count: u32) {
        self.say(match count {
            1 => format!(
                "stopping: no new requests; {} in flight will end. Ctrl-C again ends at once",
                self.progress.in_flight.load(Relaxed)
            ),
            _ => "ending at once: requests in flight are cancelled".into(),
        });
    }

    /// Ends the process, though the run has not ended: with the records committed, where there is
    /// `time` for that.
    fn leave(&self, time: bool) {
        if time {
            self.committer.commit(COMMIT);
            self.say(format!(
                "ended before the files were written; `loadwright report {}` makes them",
                self.folder.display()
            ));
        }
        std::process::exit(i32::from(Exit::Interrupted.code()));
    }

    /// Says something, and waits no longer than a moment for it to be taken: a reader that has
    /// stopped reading must not keep the process.
    fn say(&self, text: String) {
        let (taken, heard) = sync_channel(1);
        let console = Arc::clone(&self.console);
        let saying = spawn("words", move || {
            console.info(&text);
            // Whoever waited may have no more time.
            let _ = taken.send(());
        });
        // Without a thread more nothing is said.
        if saying.is_ok() {
            let _ = heard.recv_timeout(HEARD);
        }
    }
}

/// The signals that mean a wish to stop.
struct Signals {
    int: Signal,
    term: Signal,
    hup: Option<Signal>,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        // Asked before a handler of ours is there.
        let ignored = ignores_hangups();
        Ok(Self {
            int: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
            hup: if ignored { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) {
        let Self { int, term, hup } = self;
        let hung_up = async {
            match hup {
                Some(hup) => hup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            _ = hung_up => {}
        }
    }
}

/// Whether the process was started to ignore SIGHUP. Where the system does not tell, it was.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & 1 << (SignalKind::hangup().as_raw_value() - 1) != 0)
}

#[cfg(test)]
mod tests;
