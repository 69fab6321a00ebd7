//! Folds the records of a point into its [`Summary`]. What its values mean, their clocks and their
//! bias are in `docs/MEASUREMENT.md`.
//!
//! A record costs one row of 80 bytes, 4 bytes for each gap and each read, 8 for each metric that the
//! service tells of itself, and one for each label. Everything that needs the whole point, such as
//! the steady window, is found at the end from the rows. Sums are integers, or made in the order of
//! the values, so that the same records in any order give the same metrics.

use super::gaps::FrameMetrics;
use super::groups::GroupColumns;
use super::histograms::Histograms;
use super::in_flight::InFlight;
use super::service::ServiceColumns;
use super::tally::{self, ConnectionStats, FailureCounts, TokenCountCheck};
use super::{ErrorBounds, Footnote, Point, SCHEMA, Summary, goodput, replies, steady};
use crate::Nanos;
use crate::checks::{EngineHealth, Evidence, Verdict, assess};
use crate::metrics::{Metric, Metrics, Over, Row};
use crate::plan::{Load, Plan, TimestampSource};
use crate::ports::{Sink, SinkFailure};
use crate::record::Record;
use crate::sample::{PointEnd, Sample};
use crate::secret::masked_url;
use crate::totals::{Arrivals, Counts, Frames, LATE, Throughput, Tokens};
use std::sync::Arc;

/// A summary in the making.
#[derive(Debug, Clone)]
pub struct SummaryBuilder {
    plan: Plan,
    rows: Vec<Row>,
    service: ServiceColumns,
    groups: GroupColumns,
    frames: FrameMetrics,
    counts: Counts,
    failures: FailureCounts,
    tokens: Tokens,
    token_counts: TokenCountCheck,
    connections: ConnectionStats,
    health: EngineHealth,
    last_end: Nanos,
}

impl SummaryBuilder {
    /// The summary of a point that does `plan`.
    pub fn new(plan: &Plan) -> Self {
        Self {
            plan: plan.clone(),
            rows: Vec::new(),
            service: ServiceColumns::new(&plan.request.metrics),
            groups: GroupColumns::default(),
            frames: FrameMetrics::default(),
            counts: Counts::default(),
            failures: FailureCounts::default(),
            tokens: Tokens::default(),
            token_counts: TokenCountCheck::default(),
            connections: ConnectionStats::default(),
            health: EngineHealth::default(),
            last_end: 0,
        }
    }

    /// Adds a record.
    pub fn record(&mut self, record: &Record) {
        if record.warmup {
            self.counts.warmup += u64::from(record.last_attempt);
            return;
        }
        tally::count(&mut self.counts, record);
        self.failures.count(record);
        self.connections.count(record);
        let single = self.plan.request.choices <= 1;
        let row = Row::of(record, single);
        // A slot that was never tried ends nothing; a connection that was refused does.
        if row.is_some() || !record.outcome.is_beside() {
            self.last_end = self.last_end.max(record.timeline.end);
        }
        let number = self.rows.len();
        self.groups.add(record, row.map(|_| number));
        if let Some(row) = row {
            self.service.add(number, &record.metrics);
            self.rows.push(row);
        }
        if record.last_attempt && record.outcome.is_ok() {
            self.frames.count(record, single);
            tally::count_tokens(&mut self.tokens, record);
            self.token_counts.count(record);
        }
    }

    /// Adds what the engine measured of itself.
    pub fn sample(&mut self, sample: &Sample) {
        self.health.add(sample);
    }

    /// The summary of the point, which ended as `point_end` says.
    pub fn finish(self, point_end: &PointEnd) -> Summary {
        let (mut summary, evidence, plan) = self.sum_up(point_end);
        summary.warnings = assess(&plan, &evidence);
        summary.verdict = Verdict::of(&summary.warnings);
        summary
    }

    /// The same, with the values of the metrics in buckets: what exporters are given beside it.
    pub fn finish_with_histograms(self, point_end: &PointEnd) -> (Summary, Histograms) {
        let histograms = Histograms::of(&self.rows, &self.frames);
        (self.finish(point_end), histograms)
    }

    /// Everything but the warnings.
    pub(crate) fn sum_up(mut self, point_end: &PointEnd) -> (Summary, Evidence, Plan) {
        let kernel =
            point_end.kernel_timestamps && self.plan.engine.timestamps == TimestampSource::Kernel;
        let rows = self.rows;
        let first_sent = rows.iter().map(|row| row.sent).min();
        let duration = first_sent.map(|first| self.last_end.saturating_sub(first));
        self.counts.good = goodput::count(rows.iter(), &self.plan);
        let in_flight = InFlight::of(&rows);
        let frames = self.frames.frames;
        let mut metrics = over_the_point(&rows, self.frames, kernel);
        metrics.set_service(self.service.over(&rows, |row| row.ok));
        let local_limits = self.failures.local_limits();
        let summary = Summary {
            schema: SCHEMA,
            point: point(&self.plan, point_end, kernel),
            end_reason: point_end.end_reason,
            verdict: Verdict::Valid,
            error_bounds: error_bounds(&rows, &metrics, &frames),
            warnings: Vec::new(),
            footnotes: footnotes(&metrics),
            counts: self.counts,
            duration,
            throughput: throughput(&self.counts, &self.tokens, duration),
            metrics,
            tokens: self.tokens,
            concurrency: in_flight.concurrency(target_concurrency(&self.plan.load), duration),
            arrivals: arrivals(&rows, &self.plan.load),
            steady: in_flight.steady.map(|window| steady::steady(&rows, &self.service, &window)),
            grouped: self.groups.finish(&rows, &self.plan, duration),
            connections: self.connections.finish(),
            frames,
            failures: self.failures.finish(),
        };
        let evidence = Evidence {
            end_reason: summary.end_reason,
            counts: summary.counts,
            arrivals: summary.arrivals,
            concurrency: summary.concurrency,
            steady_concurrency: summary.steady.as_ref().map(|steady| steady.concurrency),
            metrics: summary.metrics.clone(),
            frames,
            output_sources: summary.tokens.output_sources.clone(),
            timestamps: summary.point.timestamps,
            health: self.health,
            local_limits,
            replies: replies::count(&rows, &self.plan.objectives),
            output: self.token_counts.output,
            input: self.token_counts.input,
            impossible: self.token_counts.impossible,
            halves: in_flight.steady.map_or_else(Vec::new, |window| steady::halves(&rows, &window)),
        };
        (summary, evidence, self.plan)
    }
}

impl Sink for SummaryBuilder {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        Self::record(self, record);
        Ok(())
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), SinkFailure> {
        Self::sample(self, sample);
        Ok(())
    }
}

/// The distributions over the whole point.
fn over_the_point(rows: &[Row], frames: FrameMetrics, kernel: bool) -> Metrics {
    let mut metrics = Metrics::default();
    frames.finish(&mut metrics, kernel);
    for metric in Metric::distributions() {
        match metric.definition().over {
            Over::Requests(value) => {
                let successful = rows.iter().filter(|row| row.ok);
                metrics.insert(metric, steady::distribution(successful, value));
            }
            Over::FirstAttempts(value) => {
                let first = rows.iter().filter(|row| row.fresh);
                metrics.insert(metric, steady::distribution(first, value));
            }
            Over::Frames | Over::Point { .. } => {}
        }
    }
    metrics
}

fn point(plan: &Plan, point_end: &PointEnd, kernel: bool) -> Point {
    Point {
        index: plan.index,
        name: plan.name.clone(),
        model: plan.request.model.clone(),
        api: plan.request.api.clone(),
        dataset: plan.request.dataset.clone(),
        plugins: plan.plugins.clone(),
        url: masked_url(&plan.target.url),
        stream: plan.request.stream,
        load: plan.load.clone(),
        number: plan.limits.number,
        duration: plan
            .limits
            .duration
            .map(|span| Nanos::try_from(span.as_nanos()).unwrap_or(Nanos::MAX)),
        seed: plan.seed,
        objectives: plan.objectives,
        proxy: point_end.proxy.clone(),
        timestamps: if kernel { TimestampSource::Kernel } else { TimestampSource::User },
    }
}

fn throughput(counts: &Counts, tokens: &Tokens, duration: Option<Nanos>) -> Throughput {
    let Some(span) = duration.filter(|&span| span > 0) else { return Throughput::default() };
    let rate = |amount: u64| amount as f64 * 1e9 / span as f64;
    Throughput {
        requests: Some(rate(counts.succeeded)),
        output: tokens.output.map(rate),
        total: tokens.output.zip(tokens.input).map(|(output, input)| rate(output + input)),
        goodput: counts.good.map(rate),
    }
}

fn target_concurrency(load: &Load) -> Option<u32> {
    match load {
        Load::Closed { workers, .. } => Some(*workers),
        Load::Open { max_in_flight, .. } | Load::Trace { max_in_flight } => *max_in_flight,
    }
}

fn arrivals(rows: &[Row], load: &Load) -> Arrivals {
    let late = || rows.iter().filter(|row| row.fresh && row.dispatch_delay() > LATE);
    let slots = || rows.iter().filter(|row| row.slot);
    Arrivals {
        target_rate: load.arrival().map(|arrival| arrival.rate),
        scheduled_rate: rate_of(slots().map(|row| row.scheduled)).filter(|_| load.is_planned()),
        sent_rate: rate_of(slots().map(|row| row.sent)),
        sent: rows.iter().filter(|row| row.fresh).count() as u64,
        late: late().count() as u64,
        late_connecting: late().filter(|row| row.connected).count() as u64,
    }
}

/// (n - 1) / (last - first), a second; none below two moments.
fn rate_of(moments: impl Iterator<Item = Nanos>) -> Option<f64> {
    let (first, last, count) = moments
        .fold((Nanos::MAX, 0, 0_u64), |(first, last, n), at| (first.min(at), last.max(at), n + 1));
    (last > first).then(|| (count - 1) as f64 * 1e9 / (last - first) as f64)
}

/// Share of gaps within one read above which the true gaps are not known.
const UNKNOWN_GAPS: f64 = 0.01;

/// The error of the timestamps. Kernel timestamps are upper bounds of the arrival, late by no more than the
/// time for which the client left data unread, which the read lag bounds. User timestamps have no such
/// measure.
fn error_bounds(rows: &[Row], metrics: &Metrics, frames: &Frames) -> ErrorBounds {
    let Some(read_lag) = metrics.get(Metric::ReadLag) else { return ErrorBounds::default() };
    let first = rows.iter().filter(|row| row.ok && row.first_output().is_some());
    let first_lag = steady::distribution(first, |row| Some(u64::from(row.first_lag)));
    let known = frames.gaps > 0 && frames.shared as f64 <= UNKNOWN_GAPS * frames.gaps as f64;
    ErrorBounds { ttft: first_lag.map(|lag| lag.p99()), itl: known.then(|| read_lag.p99()) }
}

fn footnotes(metrics: &Metrics) -> Vec<Footnote> {
    let thin = metrics.iter().filter_map(|(metric, distribution)| {
        let from = distribution.thin_from()?;
        Some(Footnote { metric, count: distribution.count, from })
    });
    thin.collect()
}
