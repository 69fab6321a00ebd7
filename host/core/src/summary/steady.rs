//! The metrics of the steady window, and of its halves.

use super::Steady;
use super::in_flight::Window;
use super::service::ServiceColumns;
use crate::Nanos;
use crate::checks::{DRIFT_METRICS, Halves, Moments};
use crate::metrics::{Metric, Metrics, Over, Row};
use crate::percentile::{Distribution, Values};

/// The metrics of requests over `rows`; those over frames are left out.
fn metrics<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Metrics {
    let mut metrics = Metrics::default();
    for metric in Metric::distributions() {
        match metric.definition().over {
            Over::Requests(value) | Over::FirstAttempts(value) => {
                metrics.insert(metric, distribution(rows.clone(), value));
            }
            Over::Frames | Over::Point { .. } => {}
        }
    }
    metrics
}

/// One metric over `rows`.
pub(super) fn distribution<'a>(
    rows: impl Iterator<Item = &'a Row>,
    metric: impl Fn(&Row) -> Option<u64>,
) -> Option<Distribution> {
    rows.filter_map(metric).collect::<Values>().finish()
}

/// The metrics over the steady window.
pub(super) fn steady(rows: &[Row], service: &ServiceColumns, window: &Window) -> Steady {
    let successful = || rows.iter().filter(|row| row.ok);
    let within = |row: &Row| (window.start..window.end).contains(&row.sent);
    let sent = successful().filter(|row| within(row));
    let (gaps, time) = sent
        .clone()
        .map(|row| row.gaps())
        .fold((0, 0_u128), |(gaps, time), (n, sum)| (gaps + n, time + u128::from(sum)));
    let mut metrics = metrics(sent);
    metrics.set_service(service.over(rows, |row| row.ok && within(row)));
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
        metrics,
    }
}

/// What falls into the window, a second, when each row's amount is spread evenly over its span.
fn spread<'a>(
    rows: impl Iterator<Item = &'a Row>,
    window: &Window,
    amount: impl Fn(&Row) -> Option<(u64, (Nanos, Nanos))>,
) -> Option<f64> {
    let mut any = false;
    // In millionths, as an integer, so that the order of the rows does not matter.
    let mut millionths = 0_u128;
    for (amount, (from, to)) in rows.filter_map(amount) {
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

/// The metrics of the drift check over the requests sent in each half of the window.
pub(super) fn halves(rows: &[Row], window: &Window) -> Vec<Halves> {
    let middle = window.start + (window.end - window.start) / 2;
    let half = |from: Nanos, to: Nanos, metric: Metric| {
        let sent = rows.iter().filter(|row| row.ok && (from..to).contains(&row.sent));
        Moments::of(sent.filter_map(|row| metric.of(row)))
    };
    let halves = DRIFT_METRICS.map(|metric| Halves {
        metric,
        first: half(window.start, middle, metric),
        second: half(middle, window.end, metric),
    });
    halves.into()
}
