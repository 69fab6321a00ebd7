//! `loadwright perf`: the sweep from its first point to its report. Each point is a call of the
//! engine; what is here goes around it.

use crate::connection_test;
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::interrupt::{Interrupt, SignalHandler};
use crate::open::{OpenedRun, open};
use crate::parse;
use crate::plan::Run;
use crate::progress::Sweep;
use crate::results;
use crate::sweep::{Measured, Runner};
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
/// The run could not begin. Once it has, what goes wrong is said, and is in the exit.
fn sweep(
    run: &Run,
    address: Option<BoundAddress>,
    console: &Arc<Console>,
) -> Result<Exit, CommandError> {
    let said = Arc::clone(console);
    let control = Control::new(move |text| said.notice(text));
    let opened = open(run, address, console, &control.stop)?;
    let interrupt = Interrupt::listen(SignalHandler {
        stop: control.stop.clone(),
        progress: Arc::clone(&control.progress),
        console: Arc::clone(console),
        committer: opened.store.committer(),
        folder: opened.folder.path().to_path_buf(),
    })
    .map_err(CommandError::System)?;
    introduce(run, &opened, console);
    if run.test_connection {
        connection_test::test_connection(run, &opened.ports, &control, console)?;
    }
    let OpenedRun { ports, folder, store, server } = opened;
    let points = &run.points;
    let folder = folder.keep();
    console.info(&format!("results go to {}", folder.path().display()));
    let names = points.iter().map(|point| point.name.clone()).collect();
    let info = results::run_info(points.first(), names, folder.path());
    let sweep = Sweep::new(console, points, run.sleep_interval);
    let mut runner = Runner {
        console,
        control: &control,
        ports: &ports,
        folder: folder.path(),
        first_item: run.first_item,
        store,
    };
    let measured = runner.points(points, &sweep, |left| {
        if left > 0 && !run.sleep_interval.is_zero() {
            console.debug(&format!("pausing for {} s", run.sleep_interval.as_secs_f64()));
            interrupt.sleep(run.sleep_interval);
        }
    });
    drop(sweep);
    drop(server);
    let exit = conclude(measured, runner, &info, Wish { json: run.json, stop: interrupt.asked() });
    console.terminal.raw_message(&folder.path().display().to_string());
    Ok(exit)
}

/// Says what is about to be measured.
fn introduce(run: &Run, opened: &OpenedRun, console: &Console) {
    let first = &run.points[0];
    console.info(&format!(
        "measuring {} at {}: {}",
        results::alias(first).unwrap_or_else(|| first.request.model.clone()),
        masked_url(&first.target.url),
        counted(run.points.len() as u64, "point")
    ));
    if run.seed_drawn {
        console.info(&format!("seed {}: give it with --seed to send the same again", first.seed));
    }
    if let Some(server) = &opened.server {
        console.info(&format!("a simulated server answers at {}", server.url()));
    }
}

/// What the user wants at the end.
#[derive(Debug, Clone, Copy)]
struct Wish {
    /// A document for programs.
    json: bool,
    /// That the run ends early.
    stop: bool,
}

/// Writes and prints the report over all points, and says how the process ends.
fn conclude(measured: Measured, runner: Runner<'_>, info: &RunInfo, wish: Wish) -> Exit {
    let Runner { console, folder, store, .. } = runner;
    let Measured { summaries, mut trouble } = measured;
    let style = console.terminal.style();
    let shown = sweep_text(&summaries, info, &style);
    if !shown.is_empty() {
        console.report(&shown, &sweep_text(&summaries, info, &Style::FILE));
    }
    let written = results::write_run(folder, info, &summaries).map_err(CommandError::from);
    let closed = store.close().map_err(CommandError::from);
    for failure in [written, closed].into_iter().filter_map(Result::err) {
        // A disk that is full has been named already.
        if !matches!(trouble, Some(Exit::Output)) {
            console.error(&failure.to_string());
        }
        trouble = trouble.or(Some(failure.exit()));
    }
    if wish.json {
        console.terminal.print_stdout(&run_json(&summaries, info));
    }
    let complete = trouble != Some(Exit::Output);
    console.info(if complete { "results are in:" } else { "what could be written is in:" });
    let met = results::meets_condition(&summaries, info);
    outcome(&summaries, trouble, wish.stop, met)
}

/// How a run ends: what broke it comes first, then that the user stopped it, then a condition that
/// a point meets, then what it measured.
fn outcome(summaries: &[Summary], trouble: Option<Exit>, interrupted: bool, met: bool) -> Exit {
    let stopped = summaries.iter().any(|summary| summary.end_reason == EndReason::Interrupted);
    match trouble {
        None | Some(Exit::NothingMeasured) if interrupted || stopped => Exit::Interrupted,
        None | Some(Exit::NothingMeasured) => results::exit(summaries, met),
        Some(trouble) => trouble,
    }
}

#[cfg(test)]
mod tests;
