//! Folds what is stored of a point into rows, one for each sample of the engine. There is no clock
//! here: a row is everything stored between two samples and is dated by the second, so that a run
//! and its replay give the same rows, in whatever pieces they are read.

mod compat;
mod fold;
mod service;
mod table;

#[cfg(test)]
mod tests;

use crate::Nanos;
use crate::export::{Metric, Row};
use crate::plan::Plan;
use crate::record::Record;
use crate::sample::Sample;
use crate::service::ServiceMetric;
use compat::{COMPAT, Running};
use fold::Fold;
use service::OfService;
use table::ROWS;

/// What the metrics of rows are, and under which names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowNames {
    /// Those of docs/EXPORTERS.md.
    #[default]
    Own,
    /// What EvalScope logs, under its keys and in its units: means and rates since the start of the
    /// point, over all points as one. For dashboards that were built on them.
    EvalScope,
}

impl RowNames {
    /// The metrics of rows, in the order of their values. Those that the service tells of itself, which
    /// the plan declares as `service`, have no names that EvalScope knows.
    pub fn metrics(self, service: &[ServiceMetric]) -> Vec<Metric> {
        match self {
            Self::Own => {
                ROWS.iter().map(|row| row.metric()).chain(service::metrics(service)).collect()
            }
            Self::EvalScope => COMPAT.iter().map(|row| row.metric()).collect(),
        }
    }
}

/// Rows in the making.
#[derive(Debug)]
pub struct RowBuilder {
    folded: Folded,
    /// Zero of the clock that dates rows; none: no point has begun.
    zero: Option<Nanos>,
}

#[derive(Debug)]
enum Folded {
    Own(Box<Fold>, OfService),
    EvalScope(Box<Running>),
}

impl RowBuilder {
    /// Rows with the metrics of `names`.
    pub fn new(names: RowNames) -> Self {
        let folded = match names {
            RowNames::Own => Folded::Own(Box::default(), OfService::default()),
            RowNames::EvalScope => Folded::EvalScope(Box::default()),
        };
        Self { folded, zero: None }
    }

    /// Begins the point of `plan`, whose clock has its zero at `begun`. With EvalScope's names all
    /// points have the clock of the first.
    pub fn begin_point(&mut self, plan: &Plan, begun: Nanos) {
        match &mut self.folded {
            Folded::Own(fold, service) => {
                **fold = Fold::new(plan);
                *service = OfService::new(&plan.request.metrics);
                self.zero = Some(begun);
            }
            Folded::EvalScope(running) => {
                **running = Running::new(plan);
                self.zero.get_or_insert(begun);
            }
        }
    }

    /// Adds a record of the point.
    pub fn record(&mut self, record: &Record) {
        if record.warmup {
            return;
        }
        match &mut self.folded {
            Folded::Own(fold, service) => {
                fold.record(record);
                if record.last_attempt && record.outcome.is_ok() {
                    service.add(record);
                }
            }
            Folded::EvalScope(running) => running.record(record),
        }
    }

    /// Ends a row.
    pub fn sample(&mut self, sample: &Sample) -> Row {
        let values = match &mut self.folded {
            Folded::Own(fold, service) => {
                let mut values: Vec<_> = fold.row(sample, |interval| {
                    ROWS.iter()
                        .map(|row| row.value(interval).filter(|value| value.is_finite()))
                        .collect()
                });
                values.extend(service.row());
                values
            }
            Folded::EvalScope(running) => COMPAT.iter().map(|row| row.value(running)).collect(),
        };
        let zero = self.zero.unwrap_or(0);
        Row { at: sample.at.wrapping_sub(zero).cast_signed() as f64 / 1e9, values }
    }
}
