//! Best configuration and recommendations, each with its reason and with what noise may hide.

use crate::number::{grid, millis, percent};
use crate::sweep::success;
use loadwright_core::checks::Verdict;
use loadwright_core::plan::Load;
use loadwright_core::summary::Summary;

#[cfg(test)]
mod tests;

/// The best points by throughput and by latency, of those that are valid.
pub(crate) fn best(summaries: &[Summary]) -> Vec<String> {
    let usable = usable(summaries);
    if usable.is_empty() {
        return vec!["None: no point is valid.".into()];
    }
    let mut lines = Vec::new();
    if let Some((point, rate)) = highest(&usable, requests) {
        lines.push(format!("Highest request throughput: {point} with {} req/s.", grid(rate)));
    }
    if let Some((point, rate)) = highest(&usable, |summary| summary.throughput.output) {
        lines.push(format!("Highest output throughput: {point} with {} tok/s.", grid(rate)));
    }
    if let Some((point, rate)) = highest(&usable, |summary| summary.throughput.goodput) {
        lines.push(format!("Highest goodput: {point} with {} req/s.", grid(rate)));
    }
    if let Some((point, latency)) = highest(&usable, |summary| latency(summary).map(|nanos| -nanos))
    {
        lines.push(format!("Lowest average latency: {point} with {}.", millis(-latency)));
    }
    lines
}

fn highest(points: &[&Summary], of: impl Fn(&Summary) -> Option<f64>) -> Option<(String, f64)> {
    let (point, value) = points
        .iter()
        .filter_map(|summary| Some((*summary, of(summary)?)))
        // Of equals, the first: the one with the least load.
        .rev()
        .max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    Some((point.point.name.clone(), value))
}

/// What to do next, and why.
pub(crate) fn recommendations(summaries: &[Summary]) -> Vec<String> {
    let usable = usable(summaries);
    let left_out = summaries.len() - usable.len();
    let mut lines = Vec::new();
    if left_out > 0 {
        lines.push(format!("Points that are not valid are left out of this advice: {left_out}."));
    }
    if usable.len() < 2 {
        lines.push("Two valid points are needed to compare loads.".into());
        return lines;
    }
    lines.extend(by_throughput(&usable));
    lines.extend(saturation(&usable));
    lines.extend(by_success(summaries));
    lines.extend(by_latency(&usable));
    lines
}

/// Where the highest request throughput lies, and whether noise could have put it there.
fn by_throughput(points: &[&Summary]) -> Option<String> {
    let (name, most) = highest(points, requests)?;
    let at = points.iter().position(|summary| summary.point.name == name)?;
    let advice = if at + 1 == points.len() {
        format!(
            "The highest load, {name}, has the highest throughput: the service may have more \
                 to give. Test higher loads."
        )
    } else if at == 0 {
        let next = if is_least(points[at]) {
            "There is no lower closed-loop load than one request at a time; give --rate to pace it."
        } else {
            "Test lower loads."
        };
        format!(
            "The lowest load, {name}, has the highest throughput: the service is saturated \
                 from there on. {next}"
        )
    } else {
        format!(
            "Throughput is highest at {name} and falls above it: that load suits the service \
                 best where latency allows."
        )
    };
    let rival = points
        .iter()
        .enumerate()
        .filter(|&(index, _)| index != at)
        .filter_map(|(_, summary)| Some((*summary, requests(summary)?)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b));
    let Some((rival, second)) = rival else { return Some(advice) };
    let (lead, noise) = (1.0 - second / most, noise(points[at], rival));
    Some(if lead < noise {
        format!(
            "{advice} But {} is only {} behind, within the noise of so few requests (about {}): \
             repeat both with more requests before choosing.",
            rival.point.name,
            percent(lead),
            percent(noise)
        )
    } else {
        advice
    })
}

/// Whether the point's load is one request after the other, below which there is only waiting.
fn is_least(point: &Summary) -> bool {
    matches!(point.point.load, Load::Closed { workers: 1, pace: None, .. })
}

/// The relative difference of two throughputs that chance alone makes likely: one standard error
/// of each, taking requests as independent and as spread as a Poisson stream.
fn noise(one: &Summary, other: &Summary) -> f64 {
    let error = |summary: &Summary| 1.0 / summary.counts.succeeded.max(1) as f64;
    (error(one) + error(other)).sqrt()
}

/// The first step up in load that bought little throughput and cost much latency.
fn saturation(points: &[&Summary]) -> Option<String> {
    points.windows(2).find_map(|pair| {
        let gain = requests(pair[1])? / requests(pair[0])? - 1.0;
        let cost = latency(pair[1])? / latency(pair[0])? - 1.0;
        (gain < 0.1 && cost > 0.3).then(|| {
            format!(
                "From {} to {} throughput changes by {} while average latency grows by {}: the \
                 service saturates there.",
                pair[0].point.name,
                pair[1].point.name,
                percent(gain),
                percent(cost)
            )
        })
    })
}

fn by_success(summaries: &[Summary]) -> Option<String> {
    let last = by_load(summaries.iter().collect()).pop()?;
    let share = success(last);
    (share < 0.95).then(|| {
        format!(
            "At the highest load, {}, only {} of the requests succeeded: check the service's \
             resources and limits, or reduce the load.",
            last.point.name,
            percent(share)
        )
    })
}

fn by_latency(points: &[&Summary]) -> Option<String> {
    let (first, last) = (points.first()?, points.last()?);
    let growth = latency(last)? / latency(first)?;
    (growth > 3.0).then(|| {
        format!(
            "Average latency grows {growth:.1} times from {} to {}: requests queue under that \
             load. Choose a load by the latency that you can accept.",
            first.point.name, last.point.name
        )
    })
}

/// The valid points with successes, by load.
fn usable(summaries: &[Summary]) -> Vec<&Summary> {
    by_load(summaries.iter().filter(|summary| summary.verdict != Verdict::NotValid).collect())
}

fn by_load(mut points: Vec<&Summary>) -> Vec<&Summary> {
    let load = |summary: &Summary| match &summary.point.load {
        Load::Closed { workers, pace, .. } => {
            (f64::from(*workers), pace.map_or(f64::INFINITY, |pace| pace.rate))
        }
        Load::Open { arrival, .. } => (arrival.rate, 0.0),
    };
    points.sort_by(|a, b| {
        let (a, b) = (load(a), load(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    points
}

fn requests(summary: &Summary) -> Option<f64> {
    summary.throughput.requests.filter(|&rate| rate > 0.0)
}

fn latency(summary: &Summary) -> Option<f64> {
    summary.metrics.latency.as_ref().map(|all| all.mean).filter(|&mean| mean > 0.0)
}
