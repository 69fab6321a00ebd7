//! What is sent of one point.

use super::fields::{PointFacts, Subject};
use super::metrics::Metrics;
use super::options::Options;
use super::shapes::Compiled;
use super::spans::Spans;
use super::tail::{Candidate, Tail};
use loadwright_core::export::{ExportRequest, ExportSummary, Row, TraceIds};
use loadwright_core::metrics::Metric;
use loadwright_core::trace::{AttemptKey, TraceKey, Traceparent};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;

/// A point while it is sent.
pub(super) struct Point {
    pub(super) facts: PointFacts,
    metrics: Option<Metrics>,
    spans: Spans,
    tail: Tail,
    /// Ids of requests that were sent without `traceparent`.
    own_ids: Traceparent,
    /// Requests in the metrics.
    measured: u64,
    /// What an earlier process sent of the metrics: this many requests, until then.
    sent_before: Option<(u64, f64)>,
    /// On the point's clock: the last row, and the last metrics request.
    seen: f64,
    sent: f64,
}

impl Point {
    pub(super) fn new(
        facts: PointFacts,
        metrics: Option<Metrics>,
        run: &str,
        options: &Options,
    ) -> Self {
        let key: TraceKey = run.parse().unwrap_or_default();
        let own_ids = Traceparent { key, ratio: options.sampling_ratio.unwrap_or(1.0) };
        let spans = Spans::new(options.phases);
        Self {
            facts,
            metrics,
            spans,
            tail: Tail::default(),
            own_ids,
            measured: 0,
            sent_before: None,
            seen: 0.0,
            sent: 0.0,
        }
    }

    /// Goes on with a point whose metrics an earlier process sent, with this many requests `measured`,
    /// `until` then.
    pub(super) fn go_on(&mut self, measured: u64, until: f64) {
        self.sent_before = Some((measured, until));
        if let Some(metrics) = &mut self.metrics {
            metrics.go_on();
        }
    }

    pub(super) fn row(&mut self, row: &Row) {
        self.seen = row.at;
        if let Some(metrics) = &mut self.metrics {
            metrics.row(row);
        }
    }

    /// The end of what has been seen, if metrics are to be sent again.
    pub(super) fn due(&self, interval: f64) -> Option<f64> {
        (self.seen - self.sent >= interval).then_some(self.seen)
    }

    /// The metrics until `until`, on the point's clock.
    pub(super) fn collect(&mut self, until: f64) -> Option<ExportMetricsServiceRequest> {
        self.leave_out();
        self.sent = until;
        let origin = self.facts.point.origin;
        self.metrics.as_mut().and_then(|metrics| metrics.collect(origin + until))
    }

    /// The requests that were collected, and until when, in seconds since the Unix epoch.
    pub(super) fn collected(&self) -> (u64, f64) {
        (self.measured, self.facts.point.origin + self.sent)
    }

    /// Adds `requests` to the metrics.
    pub(super) fn measure(&mut self, shapes: &Compiled, requests: &[ExportRequest]) {
        for request in requests {
            self.leave_out();
            if let Some(metrics) = &self.metrics {
                metrics.request(shapes, &Subject::new(&self.facts, request));
            }
            self.measured += 1;
        }
    }

    /// Once all that an earlier process sent is recalled, differences begin.
    fn leave_out(&mut self) {
        let Some((_, until)) = self.sent_before.filter(|(sent, _)| self.measured >= *sent) else {
            return;
        };
        self.sent_before = None;
        if let Some(metrics) = &mut self.metrics {
            metrics.leave_out(until);
        }
    }

    /// The spans of those that were sampled or failed; others may be in the slow tail.
    pub(super) fn spans(
        &mut self,
        shapes: &Compiled,
        requests: &[ExportRequest],
        options: &Options,
    ) -> Vec<SpanData> {
        let mut made = Vec::new();
        if !options.traces {
            return made;
        }
        for request in requests {
            let ids = self.ids(request);
            let link = self.spans.link(request, ids);
            let subject = Subject::new(&self.facts, request);
            let latency = subject.measures.get(Metric::Latency);
            if ids.sampled || !request.record.outcome.is_ok() {
                made.extend(self.spans.make(shapes, &subject, ids, link));
                if latency.is_some() {
                    self.tail.count();
                }
            } else if let (Some(latency), true) = (latency, options.slow_tail) {
                self.tail.add(Candidate { latency, request: request.clone(), ids, link });
            }
        }
        made
    }

    /// The spans above the 99th percentile of `summary` that have not been sent, and how many of them
    /// were let go.
    pub(super) fn slow_tail(
        &mut self,
        shapes: &Compiled,
        summary: &ExportSummary,
    ) -> (Vec<SpanData>, u64) {
        let latency = summary.distributions.iter().find(|one| one.metric == Metric::Latency.key());
        let quantiles = latency.map(|latency| latency.quantiles.as_slice()).unwrap_or_default();
        let p99 = quantiles.iter().find(|quantile| (quantile.q - 0.99).abs() < 1e-9);
        let Some(p99) = p99 else { return (Vec::new(), 0) };
        let (slow, dropped) = self.tail.take(p99.value);
        let make = |slow: &Candidate| {
            let subject = Subject::new(&self.facts, &slow.request);
            self.spans.make(shapes, &subject, slow.ids, slow.link)
        };
        (slow.iter().flat_map(make).collect(), dropped)
    }

    fn ids(&self, request: &ExportRequest) -> TraceIds {
        let key = AttemptKey::of(self.facts.point.index, &request.record);
        request.trace.unwrap_or_else(|| self.own_ids.ids(key))
    }
}

/// The request that holds `spans`.
pub(super) fn traces(
    spans: Vec<SpanData>,
    resource: &ResourceAttributesWithSchema,
) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, resource) }
}
