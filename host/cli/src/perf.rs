//! `loadwright perf`: a sweep from its command line to its report. Each point is one call of the
//! engine.

use crate::connection_test;
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::exporting::LiveExports;
use crate::interrupt::{Begun, Interrupt, SignalHandler};
use crate::open::{OpenedRun, RunFolder, open};
use crate::parse;
use crate::plan::Run;
use crate::progress::SweepProgress;
use crate::results;
use crate::sweep::{SweepResult, SweepRunner};
use crate::terminal::Reports;
use loadwright_core::sample::EndReason;
use loadwright_core::secret::{Secrets, masked_url};
use loadwright_core::summary::Summary;
use loadwright_core::words::counted;
use loadwright_engine::Control;
use loadwright_report::{RunInfo, Style, run_json, sweep_text};
use loadwright_sim::BoundAddress;
use std::ffi::OsString;
use std::sync::Arc;

/// Runs `perf` with the arguments `typed`. The address of a simulated server is bound before its URL
/// goes into plans, which do not change afterwards.
///
/// # Errors
/// The settings cannot be used. What goes wrong later is printed, and is in the exit code.
pub(crate) fn perf(typed: &[OsString]) -> Result<Exit, CommandError> {
    let request = parse::perf(typed, &parse::environment())?;
    let address = request.simulates().then(BoundAddress::new).transpose();
    let address = address.map_err(|cause| CommandError::Simulate { cause, remedy: "" })?;
    let run = request.convert(address.as_ref().map(BoundAddress::address))?;
    let reports = if run.json { Reports::Stderr } else { Reports::Stdout };
    let secrets = run.points.first().map(|point| Secrets::of(&point.target)).unwrap_or_default();
    let console = Arc::new(Console::new(run.debug, reports, secrets));
    for notice in &run.notices {
        console.notice(notice);
    }
    for setting in &run.resolved {
        console.debug(setting);
    }
    Ok(sweep(&run, address, &console).unwrap_or_else(|error| {
        console.error(&error.to_string());
        error.exit()
    }))
}

/// Opens what the sweep needs, runs its points and sums them up.
///
/// # Errors
/// The run could not start. Later errors are printed, and are in the exit code.
fn sweep(
    run: &Run,
    address: Option<BoundAddress>,
    console: &Arc<Console>,
) -> Result<Exit, CommandError> {
    let notices = Arc::clone(console);
    let control = Control::new(move |text| notices.notice(text));
    // Local time is known only before there are threads.
    let date = RunFolder::date(&run.outputs);
    let interrupt = Interrupt::listen(SignalHandler {
        stop: control.stop.clone(),
        progress: Arc::clone(&control.progress),
        console: Arc::clone(console),
    })
    .map_err(CommandError::System)?;
    let mut opened = open(run, address, date.as_deref(), console, &control.stop)?;
    if interrupt.requested() {
        return Ok(Exit::Interrupted);
    }
    let run = &opened.run.clone();
    interrupt.begin(Begun {
        committer: opened.store.committer(),
        folder: opened.folder.path().to_path_buf(),
        exporters: opened.exporters.as_ref().map(|it| Arc::clone(&it.watch)),
    });
    introduce(run, &opened, console);
    let exports = LiveExports::begin(opened.exporters.take(), &control, console)?;
    if run.test_connection {
        connection_test::test_connection(run, &opened.ports, &control, console)?;
    }
    let OpenedRun { ports, folder, store, server, .. } = opened;
    let points = &run.points;
    let folder = folder.keep();
    console.info(&format!("writing results to {}", folder.path().display()));
    let names = points.iter().map(|point| point.name.clone()).collect();
    let info = results::run_info(points.first(), names, folder.path());
    let progress = SweepProgress::new(console, points, run.sleep_interval);
    let mut runner = SweepRunner {
        console,
        control: &control,
        ports: &ports,
        folder: folder.path(),
        first_item: run.first_item,
        store,
    };
    let result = runner.points(points, &progress, |left| {
        if left > 0 && !run.sleep_interval.is_zero() {
            console.debug(&format!("pausing for {} s", run.sleep_interval.as_secs_f64()));
            interrupt.sleep(run.sleep_interval);
        }
    });
    drop(progress);
    drop(server);
    let (exit, summaries) = conclude(result, runner, &info, interrupt.requested());
    let (exit, exporters) = exports.end(exit, &run.exporters, folder.path(), console);
    if run.json {
        console.terminal.print_stdout(&run_json(&summaries, &RunInfo { exporters, ..info }));
    }
    Ok(exit)
}

/// Prints what is about to be measured.
fn introduce(run: &Run, opened: &OpenedRun, console: &Console) {
    let first = &run.points[0];
    console.info(&format!(
        "measuring {} at {}: {}",
        results::alias(first).unwrap_or_else(|| first.request.model.clone()),
        masked_url(&first.target.url),
        counted(run.points.len() as u64, "point")
    ));
    if run.seed_drawn {
        console.info(&format!("seed {}: repeat the run with --seed", first.seed));
    }
    if let Some(server) = &opened.server {
        console.info(&format!("the simulated server listens on {}", server.url()));
    }
}

/// Writes and prints the report of the sweep, which the user may have `interrupted`. Returns the exit
/// code, and what was measured.
fn conclude(
    result: SweepResult,
    runner: SweepRunner<'_>,
    info: &RunInfo,
    interrupted: bool,
) -> (Exit, Vec<Summary>) {
    let SweepRunner { console, folder, store, .. } = runner;
    let SweepResult { summaries, mut error } = result;
    let style = console.terminal.style();
    let shown = sweep_text(&summaries, info, &style);
    if !shown.is_empty() {
        console.report(&shown, &sweep_text(&summaries, info, &Style::FILE));
    }
    let written = results::write_run(folder, info, &summaries).map_err(CommandError::from);
    let closed = store.close().map_err(CommandError::from);
    for failed in [written, closed].into_iter().filter_map(Result::err) {
        // A full disk has been reported already.
        if !matches!(error, Some(Exit::Output)) {
            console.error(&failed.to_string());
        }
        error = error.or(Some(failed.exit()));
    }
    let complete = error != Some(Exit::Output);
    console.info(if complete { "results are in:" } else { "incomplete results are in:" });
    console.terminal.raw_message(&folder.display().to_string());
    let met = results::meets_condition(&summaries, info);
    (outcome(&summaries, error, interrupted, met), summaries)
}

/// The exit code of a run: errors first, then an interrupt, then a condition that a point meets, then
/// what was measured.
fn outcome(summaries: &[Summary], error: Option<Exit>, interrupted: bool, met: bool) -> Exit {
    let stopped = summaries.iter().any(|summary| summary.end_reason == EndReason::Interrupted);
    match error {
        None | Some(Exit::NothingMeasured) if interrupted || stopped => Exit::Interrupted,
        None | Some(Exit::NothingMeasured) => results::exit(summaries, met),
        Some(error) => error,
    }
}

#[cfg(test)]
mod tests;
