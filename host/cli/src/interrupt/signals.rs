//! The signals that stop a command: SIGINT, SIGTERM and SIGHUP.

use std::io;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that are caught for the rest of the process.
pub(super) struct Signals {
    int: Signal,
    term: Signal,
    hup: Option<Signal>,
}

impl Signals {
    /// Catches the signals, and the runtime that waits for them. A SIGHUP that the process was started
    /// to ignore (`nohup`) stays ignored.
    ///
    /// # Errors
    /// The system gives no handler.
    pub(super) fn catch() -> io::Result<(Runtime, Self)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Read before our handler is installed.
        let ignored = ignores_hangups();
        let signals = {
            let _within = runtime.enter();
            Self {
                int: signal(SignalKind::interrupt())?,
                term: signal(SignalKind::terminate())?,
                hup: if ignored { None } else { Some(signal(SignalKind::hangup())?) },
            }
        };
        Ok((runtime, signals))
    }

    pub(super) async fn next(&mut self) {
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

/// Whether the process was started with SIGHUP ignored; assumed if the system does not tell.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & 1 << (SignalKind::hangup().as_raw_value() - 1) != 0)
}
