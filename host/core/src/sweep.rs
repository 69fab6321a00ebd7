//! What the points of a sweep say together: sums, the best points, and how the service behaves as
//! load grows. Where it stops: values and names of points; the report words them.

use crate::Nanos;
use crate::checks::Verdict;
use crate::metrics::Metric;
use crate::plan::Load;
use crate::summary::Summary;

#[cfg(test)]
mod tests;

/// A step up in load saturates the service where throughput grows by less than this share of it …
const SMALL_GAIN: f64 = 0.1;

/// … and latency by more than this share.
const LARGE_COST: f64 = 0.3;

/// Share of successful requests below which the highest load counts as too high.
const LOW_SUCCESS: f64 = 0.95;

/// Growth of latency from the lowest to the highest load above which requests queue.
const QUEUEING: f64 = 3.0;

/// Names among the `planned` points that did not run, in order.
pub fn not_run<'a>(
    summaries: &'a [Summary],
    planned: &'a [String],
) -> impl Iterator<Item = &'a str> {
    let ran = move |name: &str| summaries.iter().any(|summary| summary.point.name == name);
    planned.iter().map(String::as_str).filter(move |name| !ran(name))
}

/// The points of a sweep, taken together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sweep {
    /// Durations of all points, summed; pauses between them are in none.
    pub duration: Nanos,
    /// Output tokens of all points.
    pub output_tokens: u64,
    /// Output tokens a second over `duration`; none where nothing was measured.
    pub output_rate: Option<f64>,
    /// Valid points: the only ones that `best` and `observations` compare.
    pub valid: usize,
    /// Points that are not valid.
    pub not_valid: usize,
    /// The best points.
    pub best: Best,
    /// How the service behaves as load grows; empty with fewer than two valid points.
    pub observations: Vec<Observation>,
}

/// The best points by each measure; of equals, the one with the lowest load.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Best {
    /// Highest request throughput, per second.
    pub requests: Option<Leader>,
    /// Highest output throughput, in tokens per second.
    pub output: Option<Leader>,
    /// Highest goodput, in requests per second.
    pub goodput: Option<Leader>,
    /// Lowest mean latency, in nanoseconds.
    pub latency: Option<Leader>,
}

/// The best point by some measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Leader {
    /// Its name.
    pub point: String,
    /// Its value.
    pub value: f64,
}

/// How the service behaves as load grows. Points are named, and shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// Where request throughput is highest.
    Peak {
        /// The point.
        point: String,
        /// Where its load is among the others.
        place: Place,
        /// The second best point, where chance may have decided between the two.
        rival: Option<Rival>,
    },
    /// The first step up in load that gained little throughput and cost much latency.
    Saturation {
        /// The lower load.
        from: String,
        /// The higher load.
        to: String,
        /// Relative change of request throughput.
        gain: f64,
        /// Relative growth of mean latency.
        cost: f64,
    },
    /// Many requests fail at the highest load of all points, valid or not.
    LowSuccess {
        /// The point.
        point: String,
        /// Requests that succeeded.
        share: f64,
    },
    /// Mean latency grows to a multiple from the lowest to the highest load.
    Queueing {
        /// The lowest load.
        from: String,
        /// The highest load.
        to: String,
        /// The multiple.
        growth: f64,
    },
}

/// Where a load is among those of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Below all others.
    Lowest {
        /// It is one request after the other, below which there is only waiting.
        sequential: bool,
    },
    /// Between others.
    Between,
    /// Above all others.
    Highest,
}

/// A point that is so close to the best that chance may have put it second.
#[derive(Debug, Clone, PartialEq)]
pub struct Rival {
    /// Its name.
    pub point: String,
    /// How far it is behind, as a share of the best.
    pub behind: f64,
    /// The relative difference that chance alone makes likely.
    pub noise: f64,
}

impl Sweep {
    /// Takes the points together, in whatever order they ran.
    pub fn new(summaries: &[Summary]) -> Self {
        let duration = summaries.iter().filter_map(|summary| summary.duration).sum();
        let output_tokens = summaries.iter().filter_map(|summary| summary.tokens.output).sum();
        let all = by_load(summaries.iter().collect());
        let valid: Vec<&Summary> =
            all.iter().copied().filter(|summary| summary.verdict != Verdict::NotValid).collect();
        Self {
            duration,
            output_tokens,
            output_rate: (duration > 0)
                .then(|| output_tokens as f64 / (duration as f64 / crate::SECOND as f64)),
            valid: valid.len(),
            not_valid: all.len() - valid.len(),
            best: Best::of(&valid),
            observations: if valid.len() < 2 { Vec::new() } else { observations(&all, &valid) },
        }
    }
}

impl Best {
    fn of(points: &[&Summary]) -> Self {
        let leader = |of: fn(&Summary) -> Option<f64>| {
            let (at, value) = highest(points, of)?;
            Some(Leader { point: name(points[at]), value })
        };
        let fastest = leader(|summary| latency(summary).map(|nanos| -nanos));
        Self {
            requests: leader(requests),
            output: leader(|summary| summary.throughput.output),
            goodput: leader(|summary| summary.throughput.goodput),
            latency: fastest.map(|leader| Leader { value: -leader.value, ..leader }),
        }
    }
}

/// Points by load; those with the same number of workers by their pace, the unpaced one last.
fn by_load(mut points: Vec<&Summary>) -> Vec<&Summary> {
    let load = |summary: &Summary| match &summary.point.load {
        Load::Closed { workers, pace, .. } => {
            (f64::from(*workers), pace.map_or(f64::INFINITY, |pace| pace.rate))
        }
        Load::Open { arrival, .. } => (arrival.rate, 0.0),
        Load::Trace { .. } => (summary.arrivals.scheduled_rate.unwrap_or(0.0), 0.0),
    };
    points.sort_by(|a, b| {
        let (a, b) = (load(a), load(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    points
}

/// The place and the value of the point with the highest value; of equals, the first.
fn highest(points: &[&Summary], of: impl Fn(&Summary) -> Option<f64>) -> Option<(usize, f64)> {
    let values = points.iter().enumerate().filter_map(|(at, summary)| Some((at, of(summary)?)));
    // `max_by` gives the last of equals.
    values.rev().max_by(|(_, a), (_, b)| a.total_cmp(b))
}

fn observations(all: &[&Summary], valid: &[&Summary]) -> Vec<Observation> {
    let found = [peak(valid), saturation(valid), low_success(all), queueing(valid)];
    found.into_iter().flatten().collect()
}

fn peak(points: &[&Summary]) -> Option<Observation> {
    let (at, most) = highest(points, requests)?;
    let place = match at {
        _ if at + 1 == points.len() => Place::Highest,
        0 => Place::Lowest { sequential: is_sequential(points[0]) },
        _ => Place::Between,
    };
    let others: Vec<&Summary> =
        points.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| *one).collect();
    let rival = highest(&others, requests).and_then(|(second, value)| {
        let (behind, noise) = (1.0 - value / most, noise(points[at], others[second]));
        (behind < noise).then(|| Rival { point: name(others[second]), behind, noise })
    });
    Some(Observation::Peak { point: name(points[at]), place, rival })
}

fn is_sequential(point: &Summary) -> bool {
    matches!(point.point.load, Load::Closed { workers: 1, pace: None, .. })
}

/// The relative difference of two throughputs that chance alone makes likely: one standard error
/// of each, taking requests as independent and as spread as a Poisson stream.
fn noise(one: &Summary, other: &Summary) -> f64 {
    let error = |summary: &Summary| 1.0 / summary.counts.succeeded.max(1) as f64;
    (error(one) + error(other)).sqrt()
}

fn saturation(points: &[&Summary]) -> Option<Observation> {
    points.windows(2).find_map(|pair| {
        let gain = requests(pair[1])? / requests(pair[0])? - 1.0;
        let cost = latency(pair[1])? / latency(pair[0])? - 1.0;
        let (from, to) = (name(pair[0]), name(pair[1]));
        let found = Observation::Saturation { from, to, gain, cost };
        (gain < SMALL_GAIN && cost > LARGE_COST).then_some(found)
    })
}

fn low_success(points: &[&Summary]) -> Option<Observation> {
    let last = points.last()?;
    let share = last.counts.success_share();
    (share < LOW_SUCCESS).then(|| Observation::LowSuccess { point: name(last), share })
}

fn queueing(points: &[&Summary]) -> Option<Observation> {
    let (first, last) = (points.first()?, points.last()?);
    let growth = latency(last)? / latency(first)?;
    let (from, to) = (name(first), name(last));
    (growth > QUEUEING).then_some(Observation::Queueing { from, to, growth })
}

fn name(summary: &Summary) -> String {
    summary.point.name.clone()
}

fn requests(summary: &Summary) -> Option<f64> {
    summary.throughput.requests.filter(|&rate| rate > 0.0)
}

fn latency(summary: &Summary) -> Option<f64> {
    summary.metrics.get(Metric::Latency).map(|all| all.mean).filter(|&mean| mean > 0.0)
}
