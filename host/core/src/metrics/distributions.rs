//! Distributions over rows: for the whole point, for the steady window, and the drift between the
//! window's halves.

use super::in_flight::{InFlight, Window};
use super::row::Row;
use crate::Nanos;
use crate::checks::Drift;
use crate::percentile::{Distribution, Values};
use crate::summary::{Concurrency, Metric, Metrics, Steady};

/// The metrics over `rows` of successful requests; those over frames are left out.
pub(super) fn metrics(rows: impl Iterator<Item = Row> + Clone) -> Metrics {
    let over = |metric: fn(&Row) -> Option<u64>| distribution(rows.clone(), metric);
    Metrics {
        ttft: over(Row::ttft),
        ttft_from_schedule: over(Row::ttft_from_schedule),
        first_answer: over(Row::first_answer),
        latency: over(|row| Some(row.latency())),
        latency_from_schedule: over(|row| Some(row.latency_from_schedule())),
        tpot: over(Row::tpot),
        itl: None,
        itl_per_token: None,
        input_tokens: over(Row::input),
        output_tokens: over(Row::output),
        output_rate: over(Row::output_rate),
        total_rate: over(Row::total_rate),
        decode_rate: over(Row::decode_rate),
        dispatch_delay: over(|row| Some(row.dispatch_delay())),
        read_lag: None,
    }
}

/// One metric over `rows`.
pub(super) fn distribution(
    rows: impl Iterator<Item = Row>,
    metric: impl Fn(&Row) -> Option<u64>,
) -> Option<Distribution> {
    rows.filter_map(|row| metric(&row)).collect::<Values>().finish()
}

/// Asked, mean and peak in in flight over a point that took `duration`.
pub(super) fn concurrency(
    target: Option<u32>,
    in_flight: &InFlight,
    duration: Option<Nanos>,
) -> Concurrency {
    let mean = duration.filter(|&span| span > 0).map(|span| in_flight.total as f64 / span as f64);
    Concurrency { target, mean, peak: in_flight.peak }
}

/// The metrics over the steady window.
pub(super) fn steady(rows: &[Row], window: &Window) -> Steady {
    let successful = || rows.iter().copied().filter(|row| row.ok);
    let sent = successful().filter(|row| (window.start..window.end).contains(&row.sent));
    let (gaps, time) = sent
        .clone()
        .map(|row| row.gaps())
        .fold((0, 0_u128), |(gaps, time), (n, sum)| (gaps + n, time + u128::from(sum)));
    Steady {
        start: window.start,
        end: window.end,
        plateau: window.plateau,
        concurrency: window.mean,
        requests: spread(successful(), window, |row| Some((1, (row.sent, row.end)))).unwrap_or(0.0),
        output: spread(successful(), window, |row| Some((row.output()?, row.output_span()))),
        total: spread(successful(), window, |row| {
            Some((row.input()? + row.output()?, row.output_span()))
        }),
        mean_itl: (gaps > 0).then(|| time as f64 / gaps as f64),
        metrics: metrics(sent),
    }
}

/// What falls into the window, a second, when each row's amount is spread evenly over its span.
fn spread(
    rows: impl Iterator<Item = Row>,
    window: &Window,
    amount: impl Fn(&Row) -> Option<(u64, (Nanos, Nanos))>,
) -> Option<f64> {
    let mut any = false;
    // In millionths, as an integer, so that the order of the rows does not matter.
    let mut millionths = 0_u128;
    for (amount, (from, to)) in rows.filter_map(|row| amount(&row)) {
        any = true;
        let inside = to.min(window.end).saturating_sub(from.max(window.start));
        if inside > 0 {
            millionths +=
                u128::from(amount) * 1_000_000 * u128::from(inside) / u128::from(to - from);
        }
    }
    let span = (window.end - window.start) as f64;
    any.then(|| millionths as f64 * 1e3 / span)
}

/// A metric of one request.
type Value = fn(&Row) -> Option<u64>;

/// Requests that a half of the window needs before its mean says anything.
const HALF: u64 = 30;

/// The metric that moved most between the halves of the window, if it moved by more than 10 % and
/// more than three standard errors.
pub(super) fn drift(rows: &[Row], window: &Window) -> Option<Drift> {
    let middle = window.start + (window.end - window.start) / 2;
    let candidates: [(Metric, Value); 3] = [
        (Metric::Ttft, Row::ttft),
        (Metric::Tpot, Row::tpot),
        (Metric::Latency, |row| Some(row.latency())),
    ];
    let half = |from: Nanos, to: Nanos, metric: Value| {
        let rows = rows.iter().filter(move |row| row.ok && (from..to).contains(&row.sent));
        Moments::of(rows.filter_map(metric))
    };
    candidates
        .into_iter()
        .filter_map(|(metric, value)| {
            let first = half(window.start, middle, value);
            let second = half(middle, window.end, value);
            let moved = first.differs(&second);
            moved.then_some(Drift { metric, first: first.mean, second: second.mean })
        })
        .max_by(|a, b| a.ratio().total_cmp(&b.ratio()))
}

/// Count, mean and variance of a set of values.
struct Moments {
    count: u64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = u64>) -> Self {
        // Welford's method: stable for large values that lie close together.
        let (mut count, mut mean, mut squares) = (0_u64, 0.0, 0.0);
        for value in values {
            count += 1;
            let value = value as f64;
            let off = value - mean;
            mean += off / count as f64;
            squares += off * (value - mean);
        }
        Self { count, mean, variance: if count > 1 { squares / (count - 1) as f64 } else { 0.0 } }
    }

    fn differs(&self, other: &Self) -> bool {
        let error =
            (self.variance / self.count as f64 + other.variance / other.count as f64).sqrt();
        let off = (self.mean - other.mean).abs();
        self.count >= HALF && other.count >= HALF && off > 0.1 * self.mean && off > 3.0 * error
    }
}

impl Drift {
    /// By how much the larger mean exceeds the smaller, as a factor.
    fn ratio(&self) -> f64 {
        self.first.max(self.second) / self.first.min(self.second)
    }
}
