//! Everything between two samples of the engine.

/// Values over about a second, dated by the sample that ends it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Its end, in seconds on the point's clock.
    pub at: f64,
    /// One a metric of [`row_metrics`](super::ExportRun::row_metrics), in their order; none: there is
    /// no value.
    pub values: Vec<Option<f64>>,
}
