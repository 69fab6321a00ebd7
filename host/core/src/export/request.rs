//! One attempt, as exporters are given it.

use crate::record::Record;
use crate::trace::TraceIds;
use std::sync::Arc;

/// The requests that an exporter wants, by its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestFilter {
    /// None: rows and summaries alone.
    #[default]
    Nothing,
    /// Those that failed.
    Failed,
    /// Those that `traceparent` marked as sampled, those that failed, and the slow tail of the point.
    Sampled,
    /// All of them.
    All,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// As it was recorded.
    pub record: Arc<Record>,
    /// None: `traceparent` was not sent.
    pub trace: Option<TraceIds>,
}
