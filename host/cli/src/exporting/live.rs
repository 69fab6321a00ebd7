//! The exporters of a run that goes on: begun before its first request, and waited for once its files
//! are written.

use super::open::Opened;
use super::{report, tell};
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plan::exporters::Exporters;
use loadwright_core::export::ExportEnd;
use loadwright_engine::Control;
use loadwright_exporters::{Exports, RunWatch, Usage};
use std::path::Path;
use std::sync::Arc;

/// Exporters that have begun, if there are any.
#[derive(Default)]
pub(crate) struct LiveExports(Option<Begun>);

struct Begun {
    exports: Option<Exports>,
    watch: Arc<RunWatch>,
    usage: Vec<(String, Usage)>,
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
        let Some(Opened { jobs, usage, proxies, watch }) = opened else {
            return Ok(Self::default());
        };
        for proxy in proxies {
            console.info(&format!("exporters use the proxy {proxy}"));
        }
        let stop = control.stop.clone();
        let exports = Exports::start(jobs, &watch, &tell(console, move || stop.drain()))?;
        Ok(Self(Some(Begun { exports: Some(exports), watch, usage })))
    }

    /// Waits for them. Returns the exit code of the run, which would end with `exit`.
    pub(crate) fn end(
        self,
        exit: Exit,
        exporters: &Exporters,
        folder: &Path,
        console: &Console,
    ) -> Exit {
        let Some(mut begun) = self.0 else { return exit };
        let end = match exit {
            Exit::Measured | Exit::ConditionMet => ExportEnd::Completed,
            Exit::Interrupted => ExportEnd::Interrupted,
            Exit::NothingMeasured | Exit::Usage | Exit::Plugin | Exit::Output | Exit::Export => {
                ExportEnd::Failed
            }
        };
        begun.watch.end(end, exporters.timeout.unwrap_or_default());
        let outcomes = begun.exports.take().map(Exports::join).unwrap_or_default();
        let whole = report(console, &outcomes, &begun.usage, folder);
        match exit {
            Exit::Measured | Exit::ConditionMet | Exit::NothingMeasured
                if exporters.must_succeed && !whole =>
            {
                Exit::Export
            }
            exit => exit,
        }
    }
}
