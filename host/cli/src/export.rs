//! `loadwright export`: sends a stored run, or what is missing of it, with the threads that send a run
//! that goes on.

use crate::args::ExportArgs;
use crate::console::Console;
use crate::diagnostics::Diagnostics;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::exporting;
use crate::inputs;
use crate::plan::exporters::{Exporters, exporters};
use crate::plugin_host;
use crate::report::{folder_of, records};
use crate::terminal::Reports;
use loadwright_core::export::ExportEnd;
use loadwright_core::sample::EndReason;
use loadwright_core::secret::Secrets;
use loadwright_core::stop::StopFlag;
use loadwright_exporters::Exports;
use loadwright_storage::Reader;
use std::sync::Arc;
use std::time::Duration;

/// No limit: a century.
const NO_LIMIT: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Sends a run to the exporters that `args` name.
///
/// # Errors
/// Records cannot be read, or an exporter cannot be used.
pub(crate) fn export(args: &ExportArgs) -> Result<Exit, CommandError> {
    let console = Arc::new(Console::new(false, Reports::Stdout, Secrets::default()));
    let exporters = chosen(args, &console)?;
    let path = records(&args.path);
    let folder = folder_of(&path);
    let reader = Reader::open(&path)?;
    let points = reader.points()?;
    let Some(first) = points.first() else {
        console.notice("no point of this run began: there is nothing to send");
        return Ok(Exit::NothingMeasured);
    };
    let settings = inputs::plugin_settings(&args.plugins);
    let host = plugin_host::start(&settings, 0, &console, StopFlag::default())?;
    let stored = exporting::stored(folder, &first.plan, exporters.compat, false)?;
    let opened = exporting::open(&exporters, &host, &stored)?;
    let ends = points
        .iter()
        .map(|point| point.point_end.as_ref().map_or(EndReason::Interrupted, |end| end.end_reason));
    let is_whole = points.len() == stored.run.points.len();
    let end = ends.map(ExportEnd::from).find(|end| *end != ExportEnd::Completed);
    let cut_off = if is_whole { ExportEnd::Completed } else { ExportEnd::Interrupted };
    let timeout = exporters.timeout.unwrap_or(NO_LIMIT);
    opened.watch.end(end.unwrap_or(cut_off), timeout);
    let tell = exporting::tell(&console, || {});
    let outcomes = Exports::start(opened.jobs, &opened.watch, &tell)?.join();
    let whole = exporting::report(&console, &outcomes, &opened.usage, folder);
    Ok(if whole { Exit::Measured } else { Exit::Export })
}

/// The exporters, of which there must be one.
fn chosen(args: &ExportArgs, console: &Console) -> Result<Exporters, CommandError> {
    let mut diagnostics = Diagnostics::default();
    let catalog = inputs::catalog(&args.plugins);
    let exporters = exporters(&args.exporters, &catalog, &mut diagnostics);
    if exporters.chosen.is_empty() && diagnostics.errors.0.is_empty() {
        diagnostics.error("exporter", "name where to send the run, e.g. --exporter wandb");
    }
    diagnostics.notices.iter().for_each(|notice| console.notice(notice));
    Ok(diagnostics.into_result(exporters)?)
}
