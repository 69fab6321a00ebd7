//! The exporters of a run that goes on: begun before its first request, and waited for once its files
//! are written.

use super::open::{Opened, SenderInfo};
use super::{exported, introduce, report, tell};
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plan::exporters::Exporters;
use loadwright_core::export::ExportEnd;
use loadwright_engine::Control;
use loadwright_exporters::{Exports, RunWatch};
use loadwright_report::Exported;
use std::path::Path;
use std::sync::Arc;

/// Exporters that have begun, if there are any.
#[derive(Default)]
pub(crate) struct LiveExports(Option<Begun>);

struct Begun {
    exports: Option<Exports>,
    watch: Arc<RunWatch>,
    senders: Vec<SenderInfo>,
}

/// A run that does not begin after all.
impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(exports) = self.exports.take() {
            self.watch.cancel();
            exports.join();
        }
    }
}

impl LiveExports {
    /// Starts the exporters.
    ///
    /// # Errors
    /// One of them refuses, which stops the run before its first request.
    pub(crate) fn begin(
        opened: Option<Opened>,
        control: &Control,
        console: &Arc<Console>,
    ) -> Result<Self, CommandError> {
        let Some(Opened { jobs, senders, proxies, watch }) = opened else {
            return Ok(Self::default());
        };
        introduce(&proxies, console);
        let stop = control.stop.clone();
        let exports = Exports::start(jobs, &watch, &tell(console, move || stop.drain()))?;
        Ok(Self(Some(Begun { exports: Some(exports), watch, senders })))
    }

    /// Waits for them. Returns the exit code of the run, which would end with `exit`, and what became
    /// of them.
    pub(crate) fn end(
        self,
        exit: Exit,
        exporters: &Exporters,
        folder: &Path,
        console: &Console,
    ) -> (Exit, Vec<Exported>) {
        let Some(mut begun) = self.0 else { return (exit, Vec::new()) };
        let end = match exit {
            Exit::Measured | Exit::ConditionMet => ExportEnd::Completed,
            Exit::Interrupted => ExportEnd::Interrupted,
            Exit::NothingMeasured | Exit::Usage | Exit::Plugin | Exit::Output | Exit::Export => {
                ExportEnd::Failed
            }
        };
        let timeout = exporters.timeout.unwrap_or_default();
        begun.watch.end(end, timeout);
        console.info(&format!(
            "waiting for exporters, at most {} s; Ctrl-C ends it",
            timeout.as_secs_f64()
        ));
        let outcomes = begun.exports.take().map(Exports::join).unwrap_or_default();
        let whole = report(console, &outcomes, &begun.senders, folder);
        let exit = match exit {
            Exit::Measured | Exit::ConditionMet | Exit::NothingMeasured
                if exporters.must_succeed && !whole =>
            {
                Exit::Export
            }
            exit => exit,
        };
        (exit, exported(&outcomes, &begun.senders))
    }
}
