//! The main metrics by label: a table for each label, and which labels have none.

use crate::number::{float, percent};
use crate::style::{Style, one_line};
use crate::table::{self, Column};
use loadwright_core::metrics::Metric;
use loadwright_core::percentile::Distribution;
use loadwright_core::summary::{Group, MAX_GROUPS, Summary};

/// Characters of a label's name or text that are shown.
const LABEL: usize = 40;

/// The tables, and a note on what has none; empty where no request has a label.
pub(super) fn groups(summary: &Summary, style: &Style) -> String {
    let mut text = String::new();
    let mut left_out = Vec::new();
    for label in &summary.grouped.labels {
        let name = one_line(&label.label, LABEL);
        match &label.groups {
            Some(groups) => {
                text += &format!("\n{}\n", style.bold(&format!("By label {name} (times in s):")));
                text += &table(&name, groups, style);
            }
            None => left_out.push(name),
        }
    }
    if !left_out.is_empty() {
        let names = left_out.join(", ");
        let note = format!("Not grouped by {names}: more than {MAX_GROUPS} texts.");
        text += &format!("\n{}\n", style.wrap("* ", &note));
    }
    if summary.grouped.more {
        let shown = summary.grouped.labels.len();
        let note = format!("Of all labels, the first {shown} by name are grouped.");
        text += &format!("\n{}\n", style.wrap("* ", &note));
    }
    text
}

fn table(label: &str, groups: &[Group], style: &Style) -> String {
    let key = Column::new(label, groups.iter().map(|group| one_line(&group.text, LABEL)));
    let tables = table::split(&key, &[counts(groups), times(groups)], style.width);
    tables.iter().map(|lines| lines.join("\n") + "\n").collect()
}

fn counts(groups: &[Group]) -> Vec<Column> {
    let column = |header: &str, cell: fn(&Group) -> Option<String>| {
        Column::new(header, groups.iter().map(|group| cell(group).unwrap_or("-".into())))
    };
    let mut columns = vec![
        column("Requests", |group| Some(group.counts.total.to_string())),
        column("Success", |group| group.counts.failed_share().map(|share| percent(1.0 - share))),
        column("Out tok/s", |group| group.output.map(|rate| format!("{rate:.2}"))),
    ];
    if groups.iter().any(|group| group.counts.good.is_some()) {
        columns.push(column("Good", |group| group.counts.good_share().map(percent)));
    }
    columns
}

/// Median and P99 of each time.
fn times(groups: &[Group]) -> Vec<Column> {
    let column = |header: &str, metric: Metric, of: fn(&Distribution) -> u64| {
        let cell = |group: &Group| {
            let all = group.metrics.get(metric);
            all.map_or("-".into(), |all| float(of(all) as f64 / 1e9))
        };
        Column::new(header, groups.iter().map(cell))
    };
    let times = [("TTFT", Metric::Ttft), ("TPOT", Metric::Tpot), ("Latency", Metric::Latency)];
    let columns = times.into_iter().flat_map(|(name, metric)| {
        [
            column(&format!("{name} P50"), metric, Distribution::median),
            column("P99", metric, Distribution::p99),
        ]
    });
    columns.collect()
}
