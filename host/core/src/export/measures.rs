//! The metrics of one request, by the formulas of summaries.

use crate::metrics::{Metric, Row, Unit};
use crate::record::Record;

#[cfg(test)]
mod tests;

/// The metrics of one request.
#[derive(Debug, Clone, Copy)]
pub struct Measures<'a> {
    record: &'a Record,
    row: Option<Row>,
    single: bool,
}

impl<'a> Measures<'a> {
    /// Those of `record`, of a point whose requests ask for this number of `choices`. Warm-up has none.
    pub fn of(record: &'a Record, choices: u32) -> Self {
        let single = choices <= 1;
        let row = Row::of(record, single).filter(|_| !record.warmup);
        Self { record, row, single }
    }

    /// The value of `metric` if it is one of requests and counts in summaries: seconds, tokens, or
    /// tokens a second.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        let row = self.row.as_ref().filter(|row| metric.counts(row))?;
        let value = metric.of(row)? as f64;
        Some(match metric.definition().unit {
            Unit::Time => value / 1e9,
            Unit::TokenRate => value / 1e6,
            Unit::Tokens | Unit::Requests | Unit::RequestRate => value,
        })
    }

    /// The gaps between output frames of a successful stream, in seconds: the values of ITL.
    pub fn gaps(&self) -> impl Iterator<Item = f64> + 'a {
        let seen = self.row.as_ref().is_some_and(|row| row.ok && row.streamed) && self.single;
        let frames = if seen { self.record.frames.as_slice() } else { &[] };
        frames.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at) as f64 / 1e9)
    }
}
