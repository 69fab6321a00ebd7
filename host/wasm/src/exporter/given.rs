//! What an exporter is given, as the contract has it.

use crate::bindings::export::exports::loadwright::plugin::exporter as contract;
use crate::bindings::export::loadwright::plugin::types::Field;
use contract::{Bucket, Connect, Distribution, Quantile};
use loadwright_core::Nanos;
use loadwright_core::export::{self, ExportEnd, ExportPoint, ExportRequest, ExportRun, MetricKind};
use loadwright_core::reading::Channel;
use loadwright_core::record::{Record, TokenSource};
use serde_json::Value;

/// A number of any size: no run has 2^32 slots of one point.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn run(run: &ExportRun) -> contract::Run {
    let metrics = |metrics: &[export::Metric]| metrics.iter().map(metric).collect();
    let field =
        |(name, value): &(String, String)| Field { name: name.clone(), value: value.clone() };
    contract::Run {
        id: run.id.clone(),
        name: run.name.clone(),
        model: run.model.clone(),
        started: run.started,
        tool: run.tool.clone(),
        settings: run.settings.clone(),
        points: run.points.clone(),
        row_metrics: metrics(&run.row_metrics),
        summary_metrics: metrics(&run.summary_metrics),
        plugins: run.plugins.iter().map(field).collect(),
        live: run.live,
        resume: run.resume.clone(),
        extra: String::new(),
    }
}

fn metric(metric: &export::Metric) -> contract::Metric {
    contract::Metric {
        name: metric.name.clone(),
        label: metric.label.clone(),
        unit: metric.unit.clone(),
        kind: match metric.kind {
            MetricKind::Gauge => contract::MetricKind::Gauge,
            MetricKind::Counter => contract::MetricKind::Counter,
            MetricKind::Rate => contract::MetricKind::Rate,
            MetricKind::Duration => contract::MetricKind::Duration,
            MetricKind::Ratio => contract::MetricKind::Ratio,
        },
    }
}

pub(super) fn point(point: &ExportPoint) -> contract::Point {
    contract::Point {
        index: point.index,
        name: point.name.clone(),
        origin: point.origin,
        settings: point.settings.clone(),
        extra: String::new(),
    }
}

pub(super) fn row(row: &export::Row) -> contract::Row {
    contract::Row { at: row.at, values: row.values.clone(), extra: String::new() }
}

pub(super) fn end(end: ExportEnd) -> contract::EndReason {
    match end {
        ExportEnd::Completed => contract::EndReason::Completed,
        ExportEnd::Failed => contract::EndReason::Failed,
        ExportEnd::Interrupted => contract::EndReason::Interrupted,
    }
}

pub(super) fn summary(summary: &export::ExportSummary) -> contract::Summary {
    contract::Summary {
        end_reason: end(summary.end_reason),
        ended: summary.ended,
        verdict: summary.verdict.clone(),
        warnings: summary.warnings.clone(),
        values: summary.values.clone(),
        distributions: summary.distributions.iter().map(distribution).collect(),
        benchmark_summary: summary.benchmark_summary.clone(),
        benchmark_percentile: summary.benchmark_percentile.clone(),
        extra: String::new(),
    }
}

fn distribution(it: &export::Distribution) -> Distribution {
    let quantile = |it: &export::Quantile| Quantile { q: it.q, value: it.value };
    let bucket = |it: &export::Bucket| Bucket { upper_bound: it.upper_bound, count: it.count };
    Distribution {
        metric: it.metric.clone(),
        label: it.label.clone(),
        unit: it.unit.clone(),
        count: it.count,
        sum: it.sum,
        min: it.min,
        max: it.max,
        quantiles: it.quantiles.iter().map(quantile).collect(),
        buckets: it.buckets.iter().map(bucket).collect(),
        extra: String::new(),
    }
}

/// A request; `gaps`: with the gaps between its output frames.
pub(super) fn request(
    request: &ExportRequest,
    point: &ExportPoint,
    gaps: bool,
) -> contract::Request {
    let record = &*request.record;
    let timeline = &record.timeline;
    let after = |at: Nanos| seconds(timeline.scheduled, at);
    let answer = record.frames.iter().find(|frame| frame.channel != Channel::Reasoning);
    contract::Request {
        trace_id: request.trace.map(|ids| hex(&ids.trace)).unwrap_or_default(),
        span_id: request.trace.map(|ids| hex(&ids.span)).unwrap_or_default(),
        sampled: request.trace.is_some_and(|ids| ids.sampled),
        seq: small(record.seq),
        turn: record.turn,
        attempt: record.attempt,
        last_attempt: record.last_attempt,
        warmup: record.warmup,
        conversation: record.conversation.clone(),
        labels: labels(record),
        scheduled: point.seconds(timeline.scheduled),
        ready: timeline.ready.map(after),
        connect: timeline.connect.as_ref().map(|it| Connect {
            started: after(it.start),
            resolved: it.resolved.map(after),
            connected: after(it.connected),
            tls: it.tls.map(after),
        }),
        sent: timeline.sent.map(after),
        head: timeline.head.map(after),
        first_output: record.frames.first().map(|frame| after(frame.at)),
        first_answer: answer.map(|frame| after(frame.at)),
        last_output: record.frames.last().map(|frame| after(frame.at)),
        end: after(timeline.end),
        streamed: record.streamed,
        status: record.status,
        outcome: record.outcome.class(),
        error: record.error.clone(),
        finish_reason: record.finish_reason.clone().unwrap_or_default(),
        input_tokens: record.usage.input_tokens,
        output_tokens: record.usage.output_tokens,
        cached_tokens: record.usage.cached_tokens,
        reasoning_tokens: record.usage.reasoning_tokens,
        accepted_tokens: record.usage.accepted_tokens,
        rejected_tokens: record.usage.rejected_tokens,
        input_source: source(record.input_source),
        output_source: source(record.output_source),
        metrics: metrics(record),
        bytes_sent: record.bytes_sent as f64,
        bytes_received: record.bytes_received as f64,
        reopened: record.reopened,
        gaps: if gaps { between(record) } else { Vec::new() },
        extra: String::new(),
    }
}

/// Seconds from `from` to `at`, which may be before it.
fn seconds(from: Nanos, at: Nanos) -> f64 {
    at.wrapping_sub(from).cast_signed() as f64 / 1e9
}

fn between(record: &Record) -> Vec<f64> {
    record.frames.windows(2).map(|pair| seconds(pair[0].at, pair[1].at)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn labels(record: &Record) -> String {
    if record.labels.is_empty() { String::new() } else { record.labels.to_json() }
}

fn metrics(record: &Record) -> String {
    if record.metrics.is_empty() {
        return String::new();
    }
    let members = record.metrics.iter().map(|it| (it.name.to_string(), it.value.into()));
    Value::Object(members.collect()).to_string()
}

fn source(source: TokenSource) -> String {
    match source {
        TokenSource::None => "",
        TokenSource::Usage => "usage",
        TokenSource::Frames => "frames",
        TokenSource::Tokenizer => "tokenizer",
        TokenSource::Dataset => "dataset",
    }
    .into()
}
