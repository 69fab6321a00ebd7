//! A run and its points, as exporters are told of them.

use crate::Nanos;

/// How a metric's values go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// The level at a moment.
    Gauge,
    /// A total that grows from the start of the point.
    Counter,
    /// Per second, over the span of the row or of the point.
    Rate,
    /// A time in seconds.
    Duration,
    /// A share, 0 to 1.
    Ratio,
}

/// A metric, named once, so that a row is numbers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name: `ttft_p99`; with `--visualizer-compat` EvalScope's key.
    pub name: String,
    /// For people, with the unit.
    pub label: String,
    /// UCUM: s, 1, {token}, {request}/s.
    pub unit: String,
    /// How its values go together.
    pub kind: MetricKind,
}

/// A run as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExportRun {
    /// Unique in the world, lower-case hexadecimal.
    pub id: String,
    /// `--name`, or the model and the date.
    pub name: String,
    /// The model.
    pub model: String,
    /// Seconds since the Unix epoch.
    pub started: f64,
    /// Name and version of this program.
    pub tool: String,
    /// The settings of the first point: a JSON object, secrets masked.
    pub settings: String,
    /// Names of the planned points, in order.
    pub points: Vec<String>,
    /// The metrics of rows.
    pub row_metrics: Vec<Metric>,
    /// The metrics of summaries.
    pub summary_metrics: Vec<Metric>,
    /// Name, and `version sha256:digest`, of every plugin that takes part.
    pub plugins: Vec<(String, String)>,
    /// The run goes on; false: it is read from its store after its end.
    pub live: bool,
    /// The last state that was stored; empty: none.
    pub resume: String,
}

/// A point of the sweep.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExportPoint {
    /// Position in the sweep, from 0.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Seconds since the Unix epoch at zero of the point's clock: when the point began.
    pub origin: f64,
    /// That zero on the run's clock, on which records and samples have their times.
    pub zero: Nanos,
    /// Every setting: a JSON object, secrets masked.
    pub settings: String,
    /// Choices that each request asks for: the frames of several are interleaved.
    pub choices: u32,
}

impl ExportPoint {
    /// A time of a record or sample in seconds on the point's clock.
    pub fn seconds(&self, at: Nanos) -> f64 {
        at.wrapping_sub(self.zero).cast_signed() as f64 / 1e9
    }
}
