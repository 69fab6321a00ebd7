//! The report over several points: basic information, a row a point, best configuration,
//! recommendations, warnings.

use crate::advise;
use crate::conditions;
use crate::number::grid;
use crate::point::{point_text, warning_words};
use crate::run_info::RunInfo;
use crate::style::{Style, one_line};
use crate::table::{self, Column, HEADER_LINES};
use loadwright_core::checks::Verdict;
use loadwright_core::metrics::Metric;
use loadwright_core::plan::Load;
use loadwright_core::summary::Summary;
use loadwright_core::sweep::{Sweep, not_run};

#[cfg(test)]
mod tests;

/// The whole report: every point, and the sweep where there is more than one. Without colour it
/// is the content of `performance_summary.txt`.
pub fn run_text(summaries: &[Summary], info: &RunInfo, style: &Style) -> String {
    let mut text = String::new();
    for summary in summaries {
        let point = is_sweep(summaries, info).then_some(&summary.point.name);
        if let Some(heading) = point.or(info.alias.as_ref()) {
            text += &format!("{}\n", style.bold(&format!("== {} ==", one_line(heading, 400))));
        }
        text += &point_text(summary, style);
        text.push('\n');
    }
    text + &sweep_text(summaries, info, style)
}

/// Whether several points were asked for. A sweep that came to one says which are missing.
fn is_sweep(summaries: &[Summary], info: &RunInfo) -> bool {
    !summaries.is_empty() && summaries.len().max(info.points.len()) > 1
}

/// What follows the last point: the report over a sweep, where there were several points to run and
/// one ran, and the conditions that the points meet, where there are conditions.
pub fn sweep_text(summaries: &[Summary], info: &RunInfo, style: &Style) -> String {
    let sweep =
        if is_sweep(summaries, info) { sweep(summaries, info, style) } else { String::new() };
    sweep + &conditions::text(summaries, info, style)
}

fn sweep(summaries: &[Summary], info: &RunInfo, style: &Style) -> String {
    let found = Sweep::new(summaries);
    let mut text = format!("{}\n", style.bold("Performance report"));
    text += &basics(summaries, &found, info, style);
    text += &format!("\n{}\n", style.bold("Points:"));
    text += &points(summaries, style);
    text += &listed("Best configuration:", &advise::best(&found), style);
    text += &listed("Recommendations:", &advise::recommendations(&found), style);
    text += &listed("Warnings:", &warnings(summaries), style);
    text
}

fn listed(title: &str, items: &[String], style: &Style) -> String {
    if items.is_empty() {
        return String::new();
    }
    let lines = items.iter().map(|item| style.wrap("  - ", item) + "\n");
    format!("\n{}\n{}", style.bold(title), lines.collect::<String>())
}

fn basics(summaries: &[Summary], sweep: &Sweep, info: &RunInfo, style: &Style) -> String {
    let point = &summaries[0].point;
    let seconds = sweep.duration as f64 / 1e9;
    let tokens = sweep.output_tokens;
    let rate = sweep.output_rate.map_or("-".into(), grid);
    let rows = [
        ("Name", info.name.clone()),
        ("Model", Some(info.alias.clone().unwrap_or_else(|| point.model.clone()))),
        ("Dataset", Some(point.dataset.clone())),
        ("API", Some(point.api.clone())),
        ("Endpoint", Some(point.url.clone())),
        ("Points", Some(ran(summaries, info))),
        ("Output tokens", Some(format!("{tokens} ({rate} tok/s over all points)"))),
        ("Test time", Some(format!("{} s, pauses between points excluded", grid(seconds)))),
        ("Folder", info.folder.clone()),
    ];
    let mut text = format!("\n{}\n", style.bold("Basic information:"));
    for (name, value) in rows {
        if let Some(value) = value {
            text += &(style.wrap(&format!("  {name:<15}"), &one_line(&value, 400)) + "\n");
        }
    }
    text
}

/// How many points ran, and which were asked for and did not.
fn ran(summaries: &[Summary], info: &RunInfo) -> String {
    let missing: Vec<&str> = not_run(summaries, &info.points).collect();
    if missing.is_empty() {
        return summaries.len().to_string();
    }
    format!("{} of {}; not run: {}", summaries.len(), info.points.len(), missing.join(", "))
}

/// One row a point, in three tables where one is too wide; rows are coloured by their success.
fn points(summaries: &[Summary], style: &Style) -> String {
    let times = times(summaries);
    let (whole, decoding) = times.split_at(4);
    let latency = [goodput(summaries), whole.to_vec()].concat();
    let groups = [rates(summaries), latency, decoding.to_vec()];
    let tables = table::split(&label(summaries), &groups, style.width);
    let mut text = String::new();
    for lines in tables {
        for (index, line) in lines.iter().enumerate() {
            let summary = index.checked_sub(HEADER_LINES).and_then(|row| summaries.get(row));
            let line = match summary {
                Some(summary) => style.by_success(summary.counts.success_share(), line),
                None => line.clone(),
            };
            text += &(line + "\n");
        }
    }
    text
}

fn label(summaries: &[Summary]) -> Column {
    let open = summaries
        .iter()
        .all(|summary| matches!(summary.point.load, Load::Open { .. } | Load::Trace { .. }));
    let cell = |summary: &Summary| match &summary.point.load {
        Load::Open { arrival, .. } => format!("{} req/s", grid(arrival.rate)),
        Load::Trace { .. } => match summary.arrivals.scheduled_rate {
            Some(rate) => format!("{} req/s", grid(rate)),
            None => "trace".into(),
        },
        Load::Closed { workers, pace: None, .. } => workers.to_string(),
        Load::Closed { workers, pace: Some(pace), .. } => {
            format!("{workers} at {} req/s", grid(pace.rate))
        }
    };
    Column::new(if open { "Rate" } else { "Conc." }, summaries.iter().map(cell))
}

fn rates(summaries: &[Summary]) -> Vec<Column> {
    let verdict = |summary: &Summary| {
        Some(match summary.verdict {
            Verdict::Valid => "valid".into(),
            Verdict::ValidWithWarnings => "warnings".into(),
            Verdict::NotValid => "not valid".into(),
        })
    };
    let success =
        |summary: &Summary| Some(format!("{:.1}%", summary.counts.success_share() * 100.0));
    vec![
        column(summaries, "Num", |summary| Some(summary.counts.total.to_string())),
        column(summaries, "Success", success),
        column(summaries, "Verdict", verdict),
        column(summaries, "RPS", |summary| two(summary.throughput.requests)),
        column(summaries, "Out tok/s", |summary| two(summary.throughput.output)),
        column(summaries, "Tot tok/s", |summary| two(summary.throughput.total)),
    ]
}

/// A column of its own where any point has objectives.
fn goodput(summaries: &[Summary]) -> Vec<Column> {
    let any = summaries.iter().any(|summary| summary.throughput.goodput.is_some());
    let column = || column(summaries, "Good req/s", |summary| two(summary.throughput.goodput));
    any.then(column).into_iter().collect()
}

fn column(
    summaries: &[Summary],
    header: &str,
    cell: impl Fn(&Summary) -> Option<String>,
) -> Column {
    Column::new(header, summaries.iter().map(|summary| cell(summary).unwrap_or("-".into())))
}

/// Mean and P99 of latency, TTFT, TPOT and ITL.
fn times(summaries: &[Summary]) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut metric = |name: &str, unit: &str, scale: f64, metric: Metric| {
        let decimals = if scale == 1e9 { 3 } else { 2 };
        let cell = |of: Option<f64>| of.map_or("-".into(), |x| format!("{:.decimals$}", x / scale));
        let mean = |summary: &Summary| cell(summary.metrics.get(metric).map(|all| all.mean));
        let p99 = |summary: &Summary| cell(summary.metrics.get(metric).map(|all| all.p99() as f64));
        columns.push(Column::new(&format!("{name} ({unit})"), summaries.iter().map(mean)));
        columns.push(Column::new("P99", summaries.iter().map(p99)));
    };
    metric("Latency", "s", 1e9, Metric::Latency);
    metric("TTFT", "ms", 1e6, Metric::Ttft);
    metric("TPOT", "ms", 1e6, Metric::Tpot);
    metric("ITL", "ms", 1e6, Metric::Itl);
    columns
}

fn two(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{value:.2}"))
}

/// Every warning with the point that raised it; the advice is printed with the point.
fn warnings(summaries: &[Summary]) -> Vec<String> {
    let words = |summary: &Summary| {
        let name = summary.point.name.clone();
        let warnings = summary.warnings.iter();
        warnings
            .map(move |warning| format!("{name}: {}", warning_words(warning)))
            .collect::<Vec<_>>()
    };
    summaries.iter().flat_map(words).collect()
}
