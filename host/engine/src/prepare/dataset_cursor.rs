//! Maps slots to a dataset's items: one after the other. After the last it starts over, or the point
//! ends, where the dataset is a trace.

use crate::context::control::Control;
use loadwright_core::conversation::Conversation;
use loadwright_core::ports::{Cause, Dataset, PluginFailure};
use loadwright_core::words::counted;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// A dataset's size, as far as it is known, shared by all preparers.
#[derive(Debug)]
pub(crate) struct DatasetCursor {
    /// The number of items; `u64::MAX`: no end was found yet.
    size: AtomicU64,
    /// Whether slots end with the dataset.
    ends: bool,
    notified: AtomicBool,
}

/// Indices that a dataset can be asked for: the plugin contract counts them in 32 bits.
const INDICES: u64 = 1 << 32;

impl DatasetCursor {
    /// A dataset of `size` items, if that is known. `ends`: it does not start over.
    pub(crate) fn new(size: Option<u32>, ends: bool) -> Self {
        let size = AtomicU64::new(size.map_or(u64::MAX, u64::from));
        Self { size, ends, notified: AtomicBool::new(false) }
    }

    /// Generates `items`, with one result for each; fewer where the dataset ends within them.
    pub(crate) fn generate(
        &self,
        dataset: &mut dyn Dataset,
        items: Range<u64>,
        control: &Control,
    ) -> Vec<Result<Conversation, PluginFailure>> {
        let count = (items.end - items.start) as usize;
        let mut results = Vec::with_capacity(count);
        while results.len() < count {
            let rest = items.start + results.len() as u64..items.end;
            match self.generate_some(dataset, rest, control) {
                Ok(none) if none.is_empty() => break,
                Ok(conversations) => results.extend(conversations),
                Err(failure) => results.push(Err(failure)),
            }
        }
        results
    }

    /// Generates the first of `items`, up to the dataset's end; at least one, unless it ends before.
    fn generate_some(
        &self,
        dataset: &mut dyn Dataset,
        items: Range<u64>,
        control: &Control,
    ) -> Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure> {
        loop {
            let size = self.size.load(Relaxed).min(INDICES);
            if self.ends && items.start >= size {
                return Ok(Vec::new());
            }
            if size == 0 {
                return Err(empty());
            }
            let index = items.start % size;
            if items.start >= size {
                self.notify_start_over(size, control);
            }
            let mut count = (items.end - items.start).min(size - index);
            let mut generated = dataset.generate(index as u32, count as u32);
            if generated.is_err() && count > 1 {
                // One bad item must not fail the good ones before it.
                count = 1;
                generated = dataset.generate(index as u32, 1);
            }
            let generated = generated?;
            // Fewer than asked for: the range crosses the end of the dataset, or lies beyond it.
            if (generated.len() as u64) < count {
                // Where slots end with the dataset, the thread that has its last item finds its end.
                let is_beyond = generated.is_empty() && !self.ends;
                let end = if is_beyond { end_before(dataset, index)? } else { index };
                self.size.fetch_min(end + generated.len() as u64, Relaxed);
            }
            if !generated.is_empty() {
                return Ok(generated);
            }
        }
    }

    fn notify_start_over(&self, size: u64, control: &Control) {
        if !self.notified.swap(true, Relaxed) {
            let items = counted(size, "item");
            let text = format!("the dataset has {items} and starts over after the last");
            (control.notice)(&text);
        }
    }
}

/// The number of items of a dataset that does not have item `index`. By bisection, so that every
/// thread finds the same end, whichever item beyond it was asked for first.
pub(super) fn end_before(dataset: &mut dyn Dataset, index: u64) -> Result<u64, PluginFailure> {
    let (mut low, mut high) = (0, index);
    while low < high {
        let middle = low + (high - low) / 2;
        if dataset.generate(middle as u32, 1)?.is_empty() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// A dataset has no items.
pub(super) fn empty() -> PluginFailure {
    PluginFailure {
        plugin: "dataset".into(),
        call: "generate".into(),
        cause: Cause::Contract(
            "the dataset has no items; check --dataset-path and the prompt length limits".into(),
        ),
    }
}

#[cfg(test)]
mod tests;
