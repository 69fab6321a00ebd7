//! Progress of a sweep: bars on a terminal, plain lines every few seconds elsewhere. It reads a
//! lossy view of the engine; the figures of the report are not made from it.

use crate::voice::Voice;
use indicatif::{ProgressBar, ProgressStyle};
use loadwright_core::plan::Plan;
use loadwright_engine::Progress;
use loadwright_stamps::clock;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often bars are drawn: often enough to look alive, rarely enough to cost nothing.
const DRAWN_EVERY: Duration = Duration::from_millis(250);

/// How often a line is written where there are no bars.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The sweep's bar: one step a point.
pub(crate) struct Sweep {
    voice: Arc<Voice>,
    bar: Option<ProgressBar>,
}

impl Sweep {
    /// A bar over `points` points; none below two, or where bars cannot be drawn.
    pub(crate) fn new(voice: &Arc<Voice>, points: usize) -> Self {
        let bar = (points > 1 && voice.terminal.live()).then(|| {
            let bar = voice.terminal.bars().add(ProgressBar::new(points as u64));
            bar.set_style(style("sweep [{bar:24}] {pos}/{len} points, {elapsed} {msg}"));
            bar
        });
        Self { voice: Arc::clone(voice), bar }
    }

    /// Shows a point until what is returned is dropped.
    pub(crate) fn point(&self, plan: &Plan, progress: &Arc<Progress>) -> Watched {
        if let Some(bar) = &self.bar {
            bar.set_message(plan.name.clone());
        }
        Watched::new(&self.voice, plan, progress)
    }

    /// A point is over.
    pub(crate) fn advance(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for Sweep {
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

/// A point that is being shown.
pub(crate) struct Watched {
    over: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Watched {
    fn new(voice: &Arc<Voice>, plan: &Plan, progress: &Arc<Progress>) -> Self {
        let over = Arc::new((Mutex::new(false), Condvar::new()));
        let view = View::new(plan, progress);
        let (voice, shared) = (Arc::clone(voice), Arc::clone(&over));
        let thread = std::thread::Builder::new()
            .name("progress".into())
            .spawn(move || show(&voice, &view, &shared))
            .ok();
        Self { over, thread }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        *self.over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.1.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the display was printed where it happened, and changes no figure.
            let _ = thread.join();
        }
    }
}

fn show(voice: &Voice, view: &View, (over, changed): &(Mutex<bool>, Condvar)) {
    let bar = voice.terminal.live().then(|| {
        let bar = voice.terminal.bars().add(ProgressBar::new(view.length));
        bar.set_style(style("{prefix} [{wide_bar}]\n  {msg}"));
        bar.set_prefix(view.name.clone());
        bar
    });
    let every = if bar.is_some() { DRAWN_EVERY } else { LINE_EVERY };
    let mut is_over = over.lock().unwrap_or_else(PoisonError::into_inner);
    while !*is_over {
        let waited = changed.wait_timeout(is_over, every);
        is_over = waited.unwrap_or_else(PoisonError::into_inner).0;
        if *is_over {
            break;
        }
        match &bar {
            Some(bar) => {
                bar.set_position(view.position());
                bar.set_message(view.line());
            }
            None => voice.terminal.say(&format!("{}: {}", view.name, view.line())),
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// A point's progress in words.
struct View {
    name: String,
    number: Option<u64>,
    duration: Option<u64>,
    /// Steps of the bar: requests, or nanoseconds where only the duration ends the point.
    length: u64,
    progress: Arc<Progress>,
    warms_up: bool,
    /// When measuring began, as far as can be seen from here.
    started: AtomicU64,
}

impl View {
    fn new(plan: &Plan, progress: &Arc<Progress>) -> Self {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let duration = plan.limits.duration.map(nanos);
        Self {
            name: plan.name.clone(),
            number: plan.limits.number,
            duration,
            length: plan.limits.number.or(duration).unwrap_or(1),
            progress: Arc::clone(progress),
            warms_up: plan.limits.warmup > 0,
            started: AtomicU64::new(clock::now()),
        }
    }

    fn elapsed(&self) -> u64 {
        clock::now().saturating_sub(self.started.load(Relaxed)).max(1)
    }

    fn position(&self) -> u64 {
        let done = self.progress.done.load(Relaxed) + self.progress.dropped.load(Relaxed);
        if self.number.is_some() { done } else { self.elapsed().min(self.length) }
    }

    /// `37/80 done, 4 in flight, 12.1 req/s, 390 tok/s, 0 failed, 3 s left`
    fn line(&self) -> String {
        let (done, in_flight) =
            (self.progress.done.load(Relaxed), self.progress.in_flight.load(Relaxed));
        if done == 0 {
            if self.warms_up {
                // Warm-up is not measured, and neither is its time.
                self.started.store(clock::now(), Relaxed);
            }
            return format!("{in_flight} in flight, none measured yet");
        }
        let seconds = self.elapsed() as f64 / 1e9;
        let total = self.number.map(|number| format!("/{number}")).unwrap_or_default();
        let rate = done as f64 / seconds;
        let tokens = self.progress.output_tokens.load(Relaxed) as f64 / seconds;
        let failed = self.progress.failed.load(Relaxed);
        let mut line = format!(
            "{done}{total} done, {in_flight} in flight, {rate:.1} req/s, {tokens:.0} tok/s, \
             {failed} failed"
        );
        let dropped = self.progress.dropped.load(Relaxed);
        if dropped > 0 {
            let _ = write!(line, ", {dropped} dropped");
        }
        if let Some(left) = self.left(seconds, rate) {
            let _ = write!(line, ", {left:.0} s left");
        }
        line
    }

    /// Seconds until the first of number and duration is reached, at the present rate.
    fn left(&self, seconds: f64, rate: f64) -> Option<f64> {
        let by_number =
            self.number.map(|number| (number.saturating_sub(self.position())) as f64 / rate);
        let by_time = self.duration.map(|limit| (limit as f64 / 1e9 - seconds).max(0.0));
        match (by_number, by_time) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}
