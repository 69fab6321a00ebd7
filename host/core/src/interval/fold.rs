//! Counts since the start of a point, and the values of one row.

use crate::metrics::{Metric, Over, Row as Attempt};
use crate::percentile::{Distribution, Values};
use crate::plan::{Objectives, Plan};
use crate::record::Record;
use crate::sample::Sample;
use crate::summary::{count, meets};
use crate::totals::Counts;
use crate::{Nanos, SECOND};

/// The metrics of requests of which rows have the mean, the median and the 99th percentile.
pub(super) const DISTRIBUTIONS: [Metric; 5] =
    [Metric::Ttft, Metric::Latency, Metric::Tpot, Metric::Itl, Metric::DispatchDelay];

/// A row shorter than this has its rates over the row before it too: a few requests in the last
/// milliseconds of a point are no rate.
const SHORT: Nanos = SECOND / 2;

/// Counts since the start of the point, warm-up excluded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    pub(super) good: u64,
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) cached: Option<u64>,
    /// Tokens of the prompts whose reply gave `cached`.
    pub(super) cached_of: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    pub(super) opened: u64,
    pub(super) starved: u64,
    pub(super) stalls: u64,
    pub(super) refusal_waits: u64,
}

/// The counts at a moment; none: the point had not begun to measure.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    at: Option<Nanos>,
    totals: Totals,
}

/// A point in the making.
#[derive(Debug, Default)]
pub(super) struct Fold {
    objectives: Objectives,
    /// Whether slots have scheduled times.
    planned: bool,
    /// Whether requests ask for one choice.
    single: bool,
    totals: Totals,
    values: [Values; DISTRIBUTIONS.len()],
    /// The counts at the end of the last row, and of the one before it.
    last: Mark,
    before: Mark,
}

/// A row, as the formulas of the table see it.
pub(super) struct Interval<'a> {
    pub(super) totals: &'a Totals,
    pub(super) sample: &'a Sample,
    /// Whether objectives were given.
    pub(super) judged: bool,
    /// The counts at its beginning.
    from: &'a Mark,
    /// The same for rates.
    paced: &'a Mark,
    distributions: [Option<Distribution>; DISTRIBUTIONS.len()],
}

impl Fold {
    /// The point of `plan`.
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            objectives: plan.objectives,
            planned: plan.load.is_planned(),
            single: plan.request.choices <= 1,
            ..Self::default()
        }
    }

    /// Adds a record, which is no warm-up.
    pub(super) fn record(&mut self, record: &Record) {
        let totals = &mut self.totals;
        count(&mut totals.counts, record);
        totals.bytes_sent += record.bytes_sent;
        totals.bytes_received += record.bytes_received;
        totals.opened += u64::from(record.timeline.connect.is_some());
        let Some(attempt) = Attempt::of(record, self.single) else { return };
        if self.last.at.is_none() {
            // The first row begins with the first of its requests.
            let start = self.before.at.unwrap_or(Nanos::MAX).min(attempt.scheduled);
            self.before.at = Some(start);
        }
        if attempt.ok {
            totals.good += u64::from(meets(&attempt, &self.objectives, self.planned));
            add_tokens(totals, record);
        }
        for (metric, values) in DISTRIBUTIONS.into_iter().zip(&mut self.values) {
            add(values, metric, &attempt, record);
        }
    }

    /// Ends a row, whose values `formulas` finds.
    pub(super) fn row<T>(&mut self, sample: &Sample, formulas: impl Fn(&Interval<'_>) -> T) -> T {
        self.totals.starved += sample.starved;
        self.totals.stalls += sample.stalls;
        self.totals.refusal_waits += sample.refusal_waits;
        let first = self.last.at.is_none();
        let from = if first { &self.before } else { &self.last };
        let short = from.at.is_some_and(|from| sample.at.saturating_sub(from) < SHORT);
        let row = Interval {
            totals: &self.totals,
            sample,
            judged: self.objectives.any(),
            from,
            paced: if short { &self.before } else { from },
            distributions: std::mem::take(&mut self.values).map(Values::finish),
        };
        let found = formulas(&row);
        if !first {
            self.before = self.last;
        }
        self.last = Mark { at: Some(sample.at), totals: self.totals };
        found
    }
}

fn add_tokens(totals: &mut Totals, record: &Record) {
    let add = |sum: &mut Option<u64>, tokens: Option<u32>| {
        if let Some(tokens) = tokens {
            *sum = Some(sum.unwrap_or(0) + u64::from(tokens));
        }
    };
    add(&mut totals.input, record.usage.input_tokens);
    add(&mut totals.output, record.usage.output_tokens);
    add(&mut totals.cached, record.usage.cached_tokens);
    if record.usage.cached_tokens.is_some() {
        totals.cached_of += u64::from(record.usage.input_tokens.unwrap_or(0));
    }
}

/// Adds what `attempt` has of `metric` to the values of the row.
fn add(values: &mut Values, metric: Metric, attempt: &Attempt, record: &Record) {
    match metric.definition().over {
        Over::Requests(_) if attempt.ok => {
            metric.of(attempt).into_iter().for_each(|value| values.record(value));
        }
        Over::FirstAttempts(_) if attempt.fresh => {
            metric.of(attempt).into_iter().for_each(|value| values.record(value));
        }
        Over::Frames if attempt.ok && attempt.streamed && attempt.single => {
            for pair in record.frames.windows(2) {
                values.record(pair[1].at.saturating_sub(pair[0].at));
            }
        }
        _ => {}
    }
}

impl Interval<'_> {
    /// How much `amount` grew a second.
    pub(super) fn rate(&self, amount: impl Fn(&Totals) -> u64) -> Option<f64> {
        let grown = amount(self.totals).saturating_sub(amount(&self.paced.totals));
        let span = self.paced.at.map(|from| self.sample.at.saturating_sub(from));
        match span.filter(|&span| span > 0) {
            Some(span) => Some(grown as f64 * 1e9 / span as f64),
            // Nothing in whatever span.
            None => (grown == 0).then_some(0.0),
        }
    }

    /// How much `part` of `whole` grew in the row; none where that did not grow.
    pub(super) fn share(
        &self,
        part: impl Fn(&Totals) -> u64,
        whole: impl Fn(&Totals) -> u64,
    ) -> Option<f64> {
        let grown = |amount: &dyn Fn(&Totals) -> u64| {
            amount(self.totals).saturating_sub(amount(&self.from.totals))
        };
        let all = grown(&whole);
        (all > 0).then(|| grown(&part) as f64 / all as f64)
    }

    /// The distribution of `metric` over the row; none where no request has it.
    pub(super) fn distribution(&self, metric: Metric) -> Option<&Distribution> {
        let index = DISTRIBUTIONS.iter().position(|&other| other == metric)?;
        self.distributions[index].as_ref()
    }
}
