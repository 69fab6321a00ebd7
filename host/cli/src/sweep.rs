//! Runs the points of a sweep in order: engine, metrics, files, messages.

use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::progress::SweepProgress;
use crate::results;
use crate::run_log::Level;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{EndReason, Sample};
use loadwright_core::summary::{Summary, SummaryBuilder};
use loadwright_engine::{Control, Ports};
use loadwright_report::{Style, point_text};
use loadwright_storage::Store;
use loadwright_timing::clock;
use std::path::Path;
use std::sync::Arc;

/// What every point of a sweep needs.
pub(crate) struct SweepRunner<'a> {
    pub(crate) console: &'a Console,
    pub(crate) control: &'a Control,
    pub(crate) ports: &'a Ports,
    pub(crate) folder: &'a Path,
    /// The dataset item that the first request carries.
    pub(crate) first_item: u64,
    pub(crate) store: Store,
}

/// The result of a sweep.
#[derive(Debug, Default)]
pub(crate) struct SweepResult {
    /// A summary for every point that ran, in order.
    pub(crate) summaries: Vec<Summary>,
    /// The exit code of what ended the sweep early, other than the user.
    pub(crate) error: Option<Exit>,
}

impl SweepRunner<'_> {
    /// Runs the points until they are done, or something stops the sweep. `pause` is called after
    /// each with the number of points left.
    pub(crate) fn points(
        &mut self,
        points: &[Plan],
        progress: &SweepProgress,
        pause: impl Fn(usize),
    ) -> SweepResult {
        let mut result = SweepResult::default();
        let mut left = points.len();
        let mut items = ItemAllocator { first: self.first_item, next: self.first_item };
        for plan in points {
            left -= 1;
            let plan = Arc::new(plan.clone());
            let run = self.point(&plan, progress, &mut items);
            result.error = match run {
                Ok((summary, error)) => {
                    result.summaries.push(summary);
                    error
                }
                Err(failure) => {
                    self.console.error(&failure.to_string());
                    Some(failure.exit())
                }
            };
            progress.advance();
            if result.error.is_some() || self.control.stop.draining() {
                break;
            }
            pause(left);
            if self.control.stop.draining() {
                break;
            }
        }
        result
    }

    /// Runs one point. Returns its summary, and the exit code if the sweep has to stop after it.
    fn point(
        &mut self,
        plan: &Arc<Plan>,
        progress: &SweepProgress,
        items: &mut ItemAllocator,
    ) -> Result<(Summary, Option<Exit>), CommandError> {
        self.control.progress.reset();
        let mut metrics = SummaryBuilder::new(plan);
        let mut records = self.store.begin_point(plan, clock::wall_at_origin(), clock::now())?;
        let first_item = items.begin_point(plan);
        let point_end = {
            let watched = progress.point(plan, self.control);
            let mut failures = watched.failures();
            let sinks: &mut [&mut dyn Sink] =
                &mut [&mut records, &mut metrics, items, &mut failures];
            loadwright_engine::run(plan, first_item, self.ports, self.control, sinks)?
        };
        let stored = records.finish_point(&point_end);
        let summary = metrics.finish(&point_end);
        self.print_point(&summary);
        let mut error = self.stop_reason(&summary);
        let written = stored.map_err(CommandError::from).and_then(|()| {
            results::write_point(self.folder, plan, &summary).map_err(CommandError::from)
        });
        if let Err(failure) = written {
            self.console.error(&failure.to_string());
            error = Some(failure.exit());
        }
        Ok((summary, error))
    }

    /// Prints the point's report, and logs it with a sample of every failure.
    fn print_point(&self, summary: &Summary) {
        let style = self.console.terminal.style();
        let text = format!("\n{}\n{}", summary.point.name, point_text(summary, &style));
        let logged = format!("{}\n{}", summary.point.name, point_text(summary, &Style::FILE));
        self.console.report(&text, &logged);
        for failure in &summary.failures {
            let sample = if failure.sample.is_empty() { "no detail" } else { &failure.sample };
            let text =
                format!("{}: {} x {}: {sample}", summary.point.name, failure.count, failure.class);
            self.console.log(Level::Warning, &text);
        }
    }

    /// The exit code if the sweep cannot continue after this point.
    fn stop_reason(&self, summary: &Summary) -> Option<Exit> {
        let (text, exit) = match summary.end_reason {
            EndReason::Completed | EndReason::Interrupted => return None,
            EndReason::ServerGone => {
                ("the server has become unreachable; the sweep ends here", Exit::NothingMeasured)
            }
            EndReason::OutputFailed => {
                ("records cannot be written; the sweep ends here", Exit::Output)
            }
            EndReason::PluginFailed => (
                "a plugin failed with --on-plugin-failure fail-run; the sweep ends here",
                Exit::Plugin,
            ),
        };
        self.console.error(text);
        Some(exit)
    }
}

/// The dataset items of a sweep, used one after the other: each point continues where the one before
/// it ended. Of a point that only its duration ends, the records tell how far it got.
#[derive(Debug)]
struct ItemAllocator {
    /// First item of the current point.
    first: u64,
    /// First item that no point has used.
    next: u64,
}

impl ItemAllocator {
    /// Continues at the first unused item, and reserves the slots of `plan` if their number is known.
    fn begin_point(&mut self, plan: &Plan) -> u64 {
        self.first = self.next;
        self.next += plan.slots().unwrap_or_default();
        self.first
    }
}

impl Sink for ItemAllocator {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        self.next = self.next.max(self.first + record.seq + 1);
        Ok(())
    }

    fn sample(&mut self, _: &Sample) -> Result<(), SinkFailure> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
