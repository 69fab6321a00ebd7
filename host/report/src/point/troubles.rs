//! How far a point's metrics can be trusted: verdict, failures by class, percentiles that rest on few
//! values, warnings.

use super::is_shown;
use crate::number::{millis, percent};
use crate::style::{Style, one_line};
use loadwright_core::checks::{Bound, Warning};
use loadwright_core::foreign::clipped;
use loadwright_core::percentile::Method;
use loadwright_core::plan::TimestampSource;
use loadwright_core::sample::EndReason;
use loadwright_core::summary::Summary;
use loadwright_core::words::counted;

/// The verdict and the error bound of the timestamps.
pub(super) fn verdict(summary: &Summary, style: &Style) -> String {
    let label = summary.verdict.label();
    let warnings = match summary.warnings.len() as u64 {
        0 => String::new(),
        count => format!(" ({})", counted(count, "warning")),
    };
    let ended = match summary.end_reason {
        EndReason::Interrupted => ", interrupted",
        EndReason::Completed
        | EndReason::ServerGone
        | EndReason::OutputFailed
        | EndReason::PluginFailed => "",
    };
    let verdict = style.verdict(summary.verdict, &format!("{label}{ended}"));
    let mut text = format!("Verdict: {verdict}{warnings}\n");
    if summary.counts.succeeded > 0 && summary.point.stream {
        text += &style.wrap("Error bound: ", &bounds(summary));
        text.push('\n');
    }
    text
}

fn bounds(summary: &Summary) -> String {
    let bounds = &summary.error_bounds;
    let ttft = bounds.ttft.map_or("TTFT unknown".into(), |nanos| {
        format!("TTFT at most {} too high", millis(nanos as f64))
    });
    let frames = &summary.frames;
    let itl = match bounds.itl {
        Some(nanos) => format!("ITL within ±{}", millis(nanos as f64)),
        None if frames.shared > 0 => format!(
            "ITL unknown, since {} of the gaps are within one read",
            percent(frames.shared as f64 / frames.gaps as f64)
        ),
        None => "ITL unknown".into(),
    };
    let source = match summary.point.timestamps {
        TimestampSource::Kernel => "kernel timestamps, 99 % of the reads",
        TimestampSource::User => "user-space timestamps, whose error cannot be measured",
    };
    format!("{ttft}; {itl} ({source})")
}

/// The requests that the metrics leave out.
pub(super) fn failed_share(summary: &Summary, style: &Style) -> String {
    let counts = &summary.counts;
    let mut text = String::new();
    if let Some(share) = counts.failed_share().filter(|&share| share > 0.0) {
        let words = format!(
            "{} of the requests failed; latency, token and throughput metrics leave them out.",
            percent(share)
        );
        text += &(style.wrap("", &words) + "\n");
    }
    if counts.dropped + counts.cancelled + counts.warmup > 0 {
        let words = format!(
            "Not in the total: {} dropped, {} cancelled, {} of the warm-up.",
            counts.dropped, counts.cancelled, counts.warmup
        );
        text += &(style.wrap("", &words) + "\n");
    }
    text
}

/// How to read the percentile table: best cases, and percentiles that rest on few values.
pub(super) fn notes(summary: &Summary, style: &Style) -> String {
    let mut notes =
        vec!["In the tok/s columns a high percentile is the best case, not the worst.".to_string()];
    let mut thin: Vec<(u64, u32, Vec<&str>)> = Vec::new();
    for note in summary.footnotes.iter().filter(|note| is_shown(note.metric)) {
        let label = note.metric.label();
        match thin.iter_mut().find(|(count, from, _)| (*count, *from) == (note.count, note.from)) {
            Some((_, _, labels)) => labels.push(label),
            None => thin.push((note.count, note.from, vec![label])),
        }
    }
    for (count, from, labels) in thin.into_iter().filter(|&(_, from, _)| from <= 990) {
        notes.push(format!(
            "From P{} up, percentiles rest on too few values ({count}): {}.",
            f64::from(from) / 10.0,
            labels.join(", ")
        ));
    }
    for (metric, distribution) in summary.metrics.iter().filter(|(metric, _)| is_shown(*metric)) {
        if distribution.method == Method::Histogram {
            notes.push(format!(
                "Percentiles of {} are from a histogram of 3 significant digits ({}).",
                metric.label(),
                counted(distribution.count, "value")
            ));
        }
    }
    notes.iter().map(|note| style.wrap("* ", note) + "\n").collect()
}

/// Bytes of a failure's sample that are shown, most of them from its end, where languages put the error
/// itself; the log has all of them.
const SAMPLE: usize = 1_000;

/// Failures by class, with a sample each.
pub(super) fn failures(summary: &Summary, style: &Style) -> String {
    if summary.failures.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bold("Failures by class:"));
    for failure in &summary.failures {
        let retried = match failure.retried {
            0 => String::new(),
            n => format!(" (and {n} retried)"),
        };
        text += &format!("  {}: {}{retried}\n", failure.class, failure.count);
        if !failure.sample.is_empty() {
            text += &(style.wrap("    ", &one_line(&clipped(&failure.sample, SAMPLE), 2 * SAMPLE))
                + "\n");
        }
    }
    text
}

/// The warnings with their advice.
pub(super) fn warnings(summary: &Summary, style: &Style) -> String {
    if summary.warnings.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bold("Warnings:"));
    for warning in &summary.warnings {
        text += &(style.wrap("  - ", &warning_words(warning)) + "\n");
        text += &(style.wrap("    ", &warning.advice) + "\n");
    }
    text
}

/// A warning in one line: what was found, which metrics it affects, by how much.
pub(crate) fn warning_words(warning: &Warning) -> String {
    let metrics: Vec<&str> = warning.metrics.iter().map(|metric| metric.label()).collect();
    let bound = match warning.bound {
        Some(Bound::Nanos(nanos)) => format!(" by about {}", millis(nanos as f64)),
        Some(Bound::Share(share)) => format!(" by about {}", percent(share)),
        None => String::new(),
    };
    let mut statement = warning.statement.clone();
    if let Some(first) = statement.get(..1) {
        let upper = first.to_uppercase();
        statement.replace_range(..1, &upper);
    }
    if metrics.is_empty() {
        format!("{statement}.")
    } else {
        format!("{statement}. Affects {}{bound}.", metrics.join(", "))
    }
}
