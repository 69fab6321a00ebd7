//! Calls for many items at once, of which each succeeds or fails alone.
//!
//! A call that fails as a whole is made again for each half of its items, and so on, until the faulty
//! items are alone: k items cost no more than k log k, however many of them are bad. Where a limit ended
//! it, batches stay at half the size, so that the limit costs a few instances and not one a batch.

use crate::call::Call;
use crate::exports::Exports;
use crate::instance::{Instance, Live};
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use std::slice;
use std::sync::atomic::Ordering::Relaxed;

/// One answer an item, or why there are none.
pub(crate) type Answers<A> = Result<Vec<Result<A, Cause>>, Cause>;

/// An export that takes many items.
pub(crate) trait Batched<F: Exports> {
    type Item;
    type Answer;

    /// Its name.
    const EXPORT: &'static str;
    /// Whether its items are those of a dataset, which errors name and which may end.
    const IS_DATASET: bool;

    /// The item's number: the same whatever it is called together with.
    fn number(item: &Self::Item) -> u32;

    /// Calls it.
    fn run(
        &self,
        live: &mut Live<F>,
        items: &[Self::Item],
    ) -> wasmtime::Result<Answers<Self::Answer>>;
}

type Outcomes<A> = Vec<Result<A, PluginFailure>>;

impl<F: Exports> Instance<F> {
    /// One answer an item; fewer only at a dataset's end. An item whose fault is worth another try gets
    /// one.
    pub(crate) fn batch<B: Batched<F>>(
        &mut self,
        export: &B,
        items: &[B::Item],
    ) -> Outcomes<B::Answer> {
        let mut outcomes = Vec::with_capacity(items.len());
        while outcomes.len() < items.len() {
            let rest = &items[outcomes.len()..];
            let size = rest.len().min(self.factory.batch_limit.load(Relaxed));
            let some = self.halved(export, &rest[..size]);
            let is_end = some.len() < size;
            outcomes.extend(some);
            if is_end {
                break;
            }
        }
        for (item, outcome) in items.iter().zip(&mut outcomes) {
            if outcome.as_ref().is_err_and(is_transient)
                && let Some(again) = self.halved(export, slice::from_ref(item)).pop()
            {
                *outcome = again;
            }
        }
        outcomes
    }

    fn halved<B: Batched<F>>(&mut self, export: &B, items: &[B::Item]) -> Outcomes<B::Answer> {
        let was_used = self.is_used();
        let failure = match self.whole(export, items) {
            Ok(outcomes) => return outcomes,
            Err(failure) => failure,
        };
        let given_up = || self.factory.losses.exhausted(self.factory.limits.timeout).is_some();
        if failure.cause == Cause::Stopped || given_up() {
            return items.iter().map(|_| Err(failure.clone())).collect();
        }
        if items.len() == 1 {
            // Earlier calls may have left the instance in a bad state: a fresh one has the last word.
            let again = was_used && !self.is_live();
            let last = if again { self.whole(export, items) } else { Err(failure) };
            return last.unwrap_or_else(|failure| vec![Err(failure)]);
        }
        if failure.cause.is_limit() {
            self.factory.halve_batches(items.len());
        }
        let (left, right) = items.split_at(items.len() / 2);
        let mut outcomes = self.halved(export, left);
        if outcomes.len() == left.len() {
            outcomes.extend(self.halved(export, right));
        }
        outcomes
    }

    /// One call for all of `items`.
    fn whole<B: Batched<F>>(
        &mut self,
        export: &B,
        items: &[B::Item],
    ) -> Result<Outcomes<B::Answer>, PluginFailure> {
        let first = items.first().map_or(0, B::number);
        let alone = B::IS_DATASET && items.len() == 1;
        let call = Call { first, alone, ..Call::of(B::EXPORT) };
        let answers = self.call(call, |live| export.run(live, items))?;
        let failure = |cause| self.factory.failure(call, cause);
        let answers = answers.map_err(failure)?;
        let is_complete = answers.len() == items.len();
        if answers.len() > items.len() || !(is_complete || B::IS_DATASET) {
            let text = format!("it returned {} results for {} items", answers.len(), items.len());
            return Err(failure(Cause::Contract(text)));
        }
        Ok(answers.into_iter().map(|answer| answer.map_err(failure)).collect())
    }
}

fn is_transient(failure: &PluginFailure) -> bool {
    matches!(failure.cause, Cause::Fault(Fault::Transient(_)))
}
