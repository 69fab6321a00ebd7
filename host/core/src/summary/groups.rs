//! Metrics by label: of each label whose value is a text, a group for each text.
//!
//! A record costs a byte for each of its labels. What is left out does not depend on the order of
//! the records.

use super::{goodput, steady};
use crate::Nanos;
use crate::labels::MAX_LABELS;
use crate::metrics::{Metric, Metrics, Row};
use crate::plan::Plan;
use crate::record::Record;
use crate::totals::Counts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A label with more texts than this is not grouped.
pub const MAX_GROUPS: usize = 32;

/// The distributions of a group.
pub const GROUP_METRICS: [Metric; 4] =
    [Metric::Ttft, Metric::Tpot, Metric::Latency, Metric::OutputRate];

/// Metrics by label.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Grouped {
    /// The first 16 labels by name; those whose values are numbers are not among them.
    pub labels: Vec<LabelGroups>,
    /// Whether there were more.
    pub more: bool,
}

/// The groups of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelGroups {
    /// The label's name.
    pub label: String,
    /// Its groups, sorted by text; none: it has more than [`MAX_GROUPS`].
    pub groups: Option<Vec<Group>>,
}

/// The requests whose label has one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The text.
    pub text: String,
    /// Requests by how they ended.
    pub counts: Counts,
    /// Output tokens of the succeeded ones a second, over the duration of the point.
    pub output: Option<f64>,
    /// [`GROUP_METRICS`] over the succeeded ones.
    pub metrics: Metrics,
}

/// Groups in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct GroupColumns {
    /// None: more texts than are grouped.
    labels: BTreeMap<String, Option<Column>>,
    more: bool,
}

/// The groups of one label.
#[derive(Debug, Clone, Default)]
struct Column {
    numbers: BTreeMap<String, u8>,
    /// By number.
    counts: Vec<Counts>,
    /// The number of each row's group, up to the last that has one.
    of_rows: Vec<u8>,
}

/// In place of a group's number: the row has none.
const NO_GROUP: u8 = u8::MAX;

impl GroupColumns {
    /// Adds `record`, which is no warm-up; `row` is the number of its row, if it was sent.
    pub(super) fn add(&mut self, record: &Record, row: Option<usize>) {
        for (label, text) in record.labels.texts() {
            let Some(groups) = self.label(label) else { continue };
            let Some(column) = groups else { continue };
            match column.number(text) {
                Some(number) => column.add(number, record, row),
                None => *groups = None,
            }
        }
    }

    /// The groups of `label`; none where others go before it.
    fn label(&mut self, label: &str) -> Option<&mut Option<Column>> {
        if !self.labels.contains_key(label) {
            if self.labels.len() == MAX_LABELS {
                self.more = true;
                // One that gives way never comes back: those that stay all go before it.
                self.labels.last_entry().filter(|last| *label < **last.key())?.remove();
            }
            self.labels.insert(label.into(), Some(Column::default()));
        }
        self.labels.get_mut(label)
    }

    /// The groups over `rows` of a point that does `plan` and lasted for `duration`.
    pub(super) fn finish(self, rows: &[Row], plan: &Plan, duration: Option<Nanos>) -> Grouped {
        let point = PointOf { rows, plan, duration };
        let groups = |(label, column): (String, Option<Column>)| LabelGroups {
            label,
            groups: column.map(|column| column.finish(&point)),
        };
        Grouped { labels: self.labels.into_iter().map(groups).collect(), more: self.more }
    }
}

/// The point that groups are part of.
struct PointOf<'a> {
    rows: &'a [Row],
    plan: &'a Plan,
    duration: Option<Nanos>,
}

impl Column {
    /// The number of the group of `text`; none where there would be too many.
    fn number(&mut self, text: &str) -> Option<u8> {
        if let Some(&number) = self.numbers.get(text) {
            return Some(number);
        }
        let next = self.counts.len();
        let number = u8::try_from(next).ok().filter(|_| next < MAX_GROUPS)?;
        self.numbers.insert(text.into(), number);
        self.counts.push(Counts::default());
        Some(number)
    }

    fn add(&mut self, number: u8, record: &Record, row: Option<usize>) {
        super::tally::count(&mut self.counts[usize::from(number)], record);
        if let Some(row) = row {
            self.of_rows.resize(row, NO_GROUP);
            self.of_rows.push(number);
        }
    }

    fn finish(self, point: &PointOf<'_>) -> Vec<Group> {
        let mut rows: Vec<Vec<&Row>> = vec![Vec::new(); self.counts.len()];
        for (row, &number) in point.rows.iter().zip(&self.of_rows) {
            if let Some(group) = rows.get_mut(usize::from(number)) {
                group.push(row);
            }
        }
        let group = |(text, number)| {
            let number = usize::from(number);
            group(text, self.counts[number], &rows[number], point)
        };
        self.numbers.into_iter().map(group).collect()
    }
}

fn group(text: String, mut counts: Counts, rows: &[&Row], point: &PointOf<'_>) -> Group {
    let rows = || rows.iter().copied();
    counts.good = goodput::count(rows(), point.plan);
    let mut metrics = Metrics::default();
    for metric in GROUP_METRICS {
        let successful = rows().filter(|row| row.ok);
        metrics.insert(metric, steady::distribution(successful, |row| metric.of(row)));
    }
    let tokens = rows().filter(|row| row.ok).filter_map(Row::output).reduce(|a, b| a + b);
    let span = point.duration.filter(|&span| span > 0);
    let output = tokens.zip(span).map(|(tokens, span)| tokens as f64 * 1e9 / span as f64);
    Group { text, counts, output, metrics }
}
