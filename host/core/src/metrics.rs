//! Folds the records of a point into its metrics. The formulas stand here and in the modules
//! below; what they mean, their clocks and their bias, in `docs/MEASUREMENT.md`.
//!
//! A record costs one row of 80 bytes, and 4 bytes for each gap and each read. Everything that
//! needs the whole point, such as the steady window, is found at the end from the rows. Sums are
//! integers, so that the same records in any order give the same metrics.

mod distributions;
mod gaps;
mod in_flight;
mod replies;
mod row;
mod tally;

use crate::Nanos;
use crate::checks::{EngineHealth, Evidence, Verdict, assess};
use crate::plan::{Load, Objectives, Plan, TimestampSource};
use crate::ports::{Sink, SinkFailure};
use crate::record::Record;
use crate::sample::{PointEnd, Sample};
use crate::secret::masked_url;
use crate::summary::{
    Arrivals, Counts, ErrorBounds, Footnote, Metrics, Point, SCHEMA, Summary, Throughput, Tokens,
};
use gaps::InterFrameGaps;
use in_flight::InFlight;
use row::Row;
use std::sync::Arc;
use tally::{ConnectionStats, Failures, TokenCountCheck};

#[cfg(test)]
pub(crate) mod tests;

/// A slot sent more than this after it was scheduled is late, in nanoseconds.
pub const LATE: Nanos = 1_000_000;

/// Metrics of one point in the making.
#[derive(Debug, Clone)]
pub struct SummaryBuilder {
    plan: Plan,
    rows: Vec<Row>,
    gaps: InterFrameGaps,
    counts: Counts,
    failures: Failures,
    tokens: Tokens,
    compared: TokenCountCheck,
    links: ConnectionStats,
    health: EngineHealth,
    last_end: Nanos,
}

impl SummaryBuilder {
    /// Metrics of a point that does `plan`.
    pub fn new(plan: &Plan) -> Self {
        Self {
            plan: plan.clone(),
            rows: Vec::new(),
            gaps: InterFrameGaps::default(),
            counts: Counts::default(),
            failures: Failures::default(),
            tokens: Tokens::default(),
            compared: TokenCountCheck::default(),
            links: ConnectionStats::default(),
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
        self.links.count(record);
        let single = self.plan.request.choices <= 1;
        let row = Row::of(record, single);
        // A slot that was never tried ends nothing; a connection that was refused does.
        if row.is_some() || !record.outcome.is_beside() {
            self.last_end = self.last_end.max(record.timeline.end);
        }
        self.rows.extend(row);
        if record.last_attempt && record.outcome.is_ok() {
            self.gaps.count(record, single);
            tally::count_tokens(&mut self.tokens, record);
            self.compared.count(record);
        }
    }

    /// Adds the engine's measure of itself.
    pub fn sample(&mut self, sample: &Sample) {
        self.health.see(sample);
    }

    /// The metrics of the point, which ended as `point_end` says.
    pub fn finish(self, point_end: &PointEnd) -> Summary {
        let (mut summary, evidence, plan) = self.sum_up(point_end);
        summary.warnings = assess(&plan, &summary, &evidence);
        summary.verdict = Verdict::of(&summary.warnings);
        summary
    }

    /// Everything but the warnings.
    fn sum_up(self, point_end: &PointEnd) -> (Summary, Evidence, Plan) {
        let Self {
            plan,
            rows,
            gaps,
            mut counts,
            failures,
            tokens,
            compared,
            links,
            health,
            last_end,
        } = self;
        let kernel =
            point_end.kernel_timestamps && plan.engine.timestamps == TimestampSource::Kernel;
        let duration =
            rows.iter().map(|row| row.sent).min().map(|first| last_end.saturating_sub(first));
        counts.good = good(&rows, &plan);
        let in_flight = InFlight::of(&rows);
        let frames = gaps.frames;
        let metrics = whole(&rows, gaps, kernel);
        let evidence = Evidence {
            health,
            local_limits: failures.local_limits(),
            replies: replies::count(&rows, &plan.objectives),
            output: compared.output,
            input: compared.input,
            drift: in_flight.steady.and_then(|window| distributions::drift(&rows, &window)),
        };
        let summary = Summary {
            schema: SCHEMA,
            point: point(&plan, point_end, kernel),
            end_reason: point_end.end_reason,
            verdict: Verdict::Valid,
            error_bounds: bounds(&rows, &metrics, &frames),
            warnings: Vec::new(),
            footnotes: footnotes(&metrics),
            counts,
            duration,
            throughput: throughput(&counts, &tokens, duration),
            metrics,
            tokens,
            concurrency: distributions::concurrency(
                target_concurrency(&plan.load),
                &in_flight,
                duration,
            ),
            arrivals: arrivals(&rows, &plan.load),
            steady: in_flight.steady.map(|window| distributions::steady(&rows, &window)),
            connections: links.finish(),
            frames,
            failures: failures.finish(),
        };
        (summary, evidence, plan)
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
fn whole(rows: &[Row], gaps: InterFrameGaps, kernel: bool) -> Metrics {
    let fresh = rows.iter().copied().filter(|row| row.fresh);
    Metrics {
        itl: gaps.itl.finish(),
        itl_per_token: gaps.per_token.finish(),
        dispatch_delay: distributions::distribution(fresh, |row| Some(row.dispatch_delay())),
        read_lag: if kernel { gaps.read_lag.finish() } else { None },
        ..distributions::metrics(rows.iter().copied().filter(|row| row.ok))
    }
}

fn point(plan: &Plan, point_end: &PointEnd, kernel: bool) -> Point {
    Point {
        index: plan.index,
        name: plan.name.clone(),
        model: plan.request.model.clone(),
        api: plan.request.api.clone(),
        dataset: plan.request.dataset.clone(),
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

/// Succeeded requests that met every objective; none where none was given.
fn good(rows: &[Row], plan: &Plan) -> Option<u64> {
    let planned = plan.load.arrival().is_some();
    let meets = |row: &&Row| row.ok && meets(row, &plan.objectives, planned);
    plan.objectives.any().then(|| rows.iter().filter(meets).count() as u64)
}

/// Whether a request met every objective; where it was `planned` for a time, by its metrics from
/// scheduled. A reply of one token has no TPOT to miss; otherwise a metric that does not exist misses its
/// objective.
fn meets(row: &Row, objectives: &Objectives, planned: bool) -> bool {
    let ttft = if planned { row.ttft_from_schedule() } else { row.ttft() };
    let latency = if planned { row.latency_from_schedule() } else { row.latency() };
    let tpot = row.tpot_to_judge();
    let within = |metric: Option<Nanos>, limit: Option<Nanos>| {
        limit.is_none_or(|limit| metric.is_some_and(|metric| metric <= limit))
    };
    within(ttft, objectives.ttft)
        && within(tpot, objectives.tpot)
        && within(Some(latency), objectives.latency)
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
        Load::Open { max_in_flight, .. } => *max_in_flight,
    }
}

fn arrivals(rows: &[Row], load: &Load) -> Arrivals {
    let arrival = load.arrival();
    let late = || rows.iter().filter(|row| row.fresh && row.dispatch_delay() > LATE);
    let slots = || rows.iter().filter(|row| row.slot);
    Arrivals {
        target_rate: arrival.map(|arrival| arrival.rate),
        scheduled_rate: arrival.and_then(|_| rate_of(slots().map(|row| row.scheduled))),
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

/// The stamps' error: kernel stamps are upper bounds of arrival, and late by no more than the
/// client left data unread, for which the read lag stands. User stamps have no such measure.
fn bounds(rows: &[Row], metrics: &Metrics, frames: &crate::summary::Frames) -> ErrorBounds {
    let Some(read_lag) = &metrics.read_lag else { return ErrorBounds::default() };
    let first = rows.iter().copied().filter(|row| row.ok && row.first_output().is_some());
    let first_lag = distributions::distribution(first, |row| Some(u64::from(row.first_lag)));
    let known = frames.gaps > 0 && frames.shared as f64 <= UNKNOWN_GAPS * frames.gaps as f64;
    ErrorBounds {
        ttft: first_lag.map(|dispatch_delay| dispatch_delay.p99()),
        itl: known.then(|| read_lag.p99()),
    }
}

fn footnotes(metrics: &Metrics) -> Vec<Footnote> {
    let thin = |(metric, distribution): (_, Option<&crate::percentile::Distribution>)| {
        let distribution = distribution?;
        let from = distribution.thin_from()?;
        Some(Footnote { metric, count: distribution.count, from })
    };
    metrics.named().into_iter().filter_map(thin).collect()
}
