//! Progress of a sweep: bars on a terminal, plain lines every few seconds elsewhere. Reads a lossy view
//! of the engine; no reported metric depends on it.

mod estimate;
mod failures;
mod view;

pub(crate) use failures::LastFailure;

use crate::console::Console;
use estimate::PointEstimate;
use indicatif::{ProgressBar, ProgressStyle};
use loadwright_core::plan::Plan;
use loadwright_engine::Control;
use loadwright_timing::thread::spawn;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use view::{PointView, Remaining};

/// How often bars are drawn: often enough to look alive, rarely enough to cost nothing.
const DRAWN_EVERY: Duration = Duration::from_millis(250);

/// What stands before the last failure, and columns of it in a line.
const FAILURE_LABEL: &str = "last failure: ";
const FAILURE_WIDTH: usize = 160;

/// How often a line is written where there are no bars.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The sweep's bar, one step a point, and what is still to come.
pub(crate) struct SweepProgress {
    console: Arc<Console>,
    points: Vec<PointEstimate>,
    pause: Duration,
    bar: Option<ProgressBar>,
}

impl SweepProgress {
    /// A bar over `points` with a `pause` between them; none below two, or where bars cannot be
    /// drawn.
    pub(crate) fn new(console: &Arc<Console>, points: &[Plan], pause: Duration) -> Self {
        let bar = (points.len() > 1 && console.terminal.live()).then(|| {
            let bar = console.terminal.bars().add(ProgressBar::new(points.len() as u64));
            bar.set_style(style("sweep [{bar:24}] {pos}/{len} points, {elapsed} {msg}"));
            bar
        });
        let points = points.iter().map(PointEstimate::of).collect();
        Self { console: Arc::clone(console), points, pause, bar }
    }

    /// Shows a point until what is returned is dropped.
    pub(crate) fn point(&self, plan: &Plan, control: &Control) -> PointProgress {
        if let Some(bar) = &self.bar {
            bar.set_message(plan.name.clone());
        }
        let later = self.points.get(plan.index as usize + 1..).unwrap_or_default();
        let remaining = Remaining { points: later.to_vec(), pause: self.pause };
        PointProgress::new(
            &self.console,
            PointView::new(plan, control, remaining),
            self.bar.clone(),
        )
    }

    /// A point is over.
    pub(crate) fn advance(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for SweepProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is well formed")
        .progress_chars("=> ")
}

/// Whether a point is over, and what wakes the thread that shows it.
#[derive(Default)]
struct PointOver {
    over: Mutex<bool>,
    changed: Condvar,
}

/// A point that is being shown.
pub(crate) struct PointProgress {
    over: Arc<PointOver>,
    failure: LastFailure,
    thread: Option<JoinHandle<()>>,
}

impl PointProgress {
    fn new(console: &Arc<Console>, view: PointView, sweep: Option<ProgressBar>) -> Self {
        let over = Arc::<PointOver>::default();
        let failure = view.failure.clone();
        let (console, shared) = (Arc::clone(console), Arc::clone(&over));
        // Without a thread more the run goes on, unseen.
        let thread = spawn("progress", move || show(&console, &view, sweep.as_ref(), &shared)).ok();
        Self { over, failure, thread }
    }

    /// Takes the point's records, to show the last failure among them.
    pub(crate) fn failures(&self) -> LastFailure {
        self.failure.clone()
    }
}

impl Drop for PointProgress {
    fn drop(&mut self) {
        *self.over.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the display was printed where it happened, and changes no metric.
            let _ = thread.join();
        }
    }
}

fn show(console: &Console, view: &PointView, sweep: Option<&ProgressBar>, point: &PointOver) {
    let bar = console.terminal.live().then(|| {
        let bar = console.terminal.bars().add(ProgressBar::new(view.length));
        bar.set_style(style("{prefix} [{wide_bar}]\n  {msg}"));
        bar.set_prefix(view.name.clone());
        bar
    });
    let every = if bar.is_some() { DRAWN_EVERY } else { LINE_EVERY };
    let mut is_over = point.over.lock().unwrap_or_else(PoisonError::into_inner);
    while !*is_over {
        let waited = point.changed.wait_timeout(is_over, every);
        is_over = waited.unwrap_or_else(PoisonError::into_inner).0;
        if *is_over {
            break;
        }
        match &bar {
            Some(bar) => draw(console, view, bar, sweep),
            None => console.print_line("", &line(view)),
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// Brings the point's bar and the sweep's up to date.
fn draw(console: &Console, view: &PointView, bar: &ProgressBar, sweep: Option<&ProgressBar>) {
    let width = console.terminal.bar_width().saturating_sub(FAILURE_LABEL.len() + 4);
    let failure = view.failure.text(width);
    let failure = failure.map(|words| format!("\n  {FAILURE_LABEL}{words}")).unwrap_or_default();
    bar.set_position(view.position());
    bar.set_message(view.line() + &failure);
    if let Some(sweep) = sweep {
        let left = view.sweep_left().map(|left| format!(", {left}")).unwrap_or_default();
        sweep.set_message(view.name.clone() + &left);
    }
}

/// The same in one line, where there are no bars.
fn line(view: &PointView) -> String {
    let left = view.sweep_left().map(|left| format!("; {left}"));
    let failure = view.failure.text(FAILURE_WIDTH).map(|words| format!("; {FAILURE_LABEL}{words}"));
    let parts = [left, failure].into_iter().flatten();
    format!("{}: {}{}", view.name, view.line(), parts.collect::<String>())
}
