//! `loadwright export`: sends a stored run, or what is missing of it, with the threads that send a run
//! that goes on.

use crate::args::ExportArgs;
use crate::console::Console;
use crate::diagnostics::Diagnostics;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::exporting::{self, Opened};
use crate::inputs;
use crate::interrupt::ExportInterrupt;
use crate::plan::exporters::{Exporters, exporters};
use crate::plugin_host;
use crate::report::{folder_of, records};
use crate::terminal::Reports;
use loadwright_core::export::ExportEnd;
use loadwright_core::plan::Plan;
use loadwright_core::sample::EndReason;
use loadwright_core::secret::Secrets;
use loadwright_core::stop::StopFlag;
use loadwright_exporters::{Exports, StartError};
use loadwright_report::{Exported, export_json};
use loadwright_storage::{Point, Reader};
use std::path::Path;
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
    let interrupt = ExportInterrupt::listen(&console).map_err(CommandError::System)?;
    let exporters = chosen(args, &console)?;
    let path = records(&args.path);
    let folder = folder_of(&path);
    let reader = Reader::open(&path)?;
    let points = reader.points()?;
    if points.is_empty() {
        console.notice("no point of this run began: there is nothing to send");
        return Ok(Exit::NothingMeasured);
    }
    let plans: Vec<&Plan> = points.iter().map(|point| &point.plan).collect();
    let settings = inputs::plugin_settings(&args.plugins);
    let host = plugin_host::start(&settings, 0, &console, StopFlag::default())?;
    let stored = exporting::stored(folder, &plans, exporters.compat, false)?;
    let opened = exporting::open(&exporters, &host, &stored)?;
    interrupt.begin(&opened.watch);
    let timeout = exporters.timeout.unwrap_or(NO_LIMIT);
    opened.watch.end(ending(&points, stored.run.points.len()), timeout);
    let shown = folder.display().to_string();
    let sent = send(opened, &console, folder);
    let (whole, exported) = match sent {
        Err(error) if interrupt.requested() => {
            console.notice(&format!("{error}; the same command sends {shown} later"));
            return Ok(Exit::Interrupted);
        }
        sent => sent?,
    };
    if args.json {
        console.terminal.print_stdout(&export_json(&shown, &exported));
    }
    Ok(match whole {
        _ if interrupt.requested() => Exit::Interrupted,
        true => Exit::Measured,
        false => Exit::Export,
    })
}

/// Sends the run in `folder`. Returns whether all was sent, and what became of each exporter.
fn send(
    opened: Opened,
    console: &Arc<Console>,
    folder: &Path,
) -> Result<(bool, Vec<Exported>), StartError> {
    let Opened { jobs, senders, proxies, watch } = opened;
    exporting::introduce(&proxies, console);
    let tell = exporting::tell(console, || {});
    let outcomes = Exports::start(jobs, &watch, &tell)?.join();
    let whole = exporting::report(console, &outcomes, &senders, folder);
    Ok((whole, exporting::exported(&outcomes, &senders)))
}

/// How a run ended of whose `planned` points these were begun.
fn ending(points: &[Point], planned: usize) -> ExportEnd {
    let ends = points
        .iter()
        .map(|point| point.point_end.as_ref().map_or(EndReason::Interrupted, |end| end.end_reason));
    let end = ends.map(ExportEnd::from).find(|end| *end != ExportEnd::Completed);
    let is_whole = points.len() == planned;
    let cut_off = if is_whole { ExportEnd::Completed } else { ExportEnd::Interrupted };
    end.unwrap_or(cut_off)
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
