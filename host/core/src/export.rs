//! What exporters are given, and what they tell the host: a run, its points, rows and requests, and
//! summaries. Exporters send, they do not compute: every number here is made in core.

pub mod http;
mod measures;
mod request;
mod row;
mod run;
mod summary;
pub mod telemetry;

pub use crate::trace::TraceIds;
pub use measures::Measures;
pub use request::{ExportRequest, RequestFilter};
pub use row::Row;
pub use run::{ExportPoint, ExportRun, Metric, MetricKind};
pub use summary::{Bucket, Distribution, ExportEnd, ExportSummary, Quantile};

/// What an exporter tells the host after each call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ack {
    /// Replaces the state stored before; none: that one stays.
    pub state: Option<String>,
    /// Stops the run as Ctrl-C does, and says why.
    pub stop: Option<String>,
    /// Where to look; each is shown to the user once.
    pub links: Vec<String>,
    /// What could not be sent, with a count: lower-case fragments.
    pub losses: Vec<String>,
}
