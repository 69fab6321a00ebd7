//! Which items of a dataset the slots carry: one after the other, and again from the first after
//! the last.

use crate::context::control::Control;
use loadwright_core::conversation::Conversation;
use loadwright_core::ports::{Cause, Dataset, PluginFailure};
use loadwright_core::words::counted;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// The extent of a dataset, as far as it is known.
#[derive(Debug)]
pub(crate) struct Items {
    /// How many items there are; `u64::MAX`: no end was seen.
    size: AtomicU64,
    noticed: AtomicBool,
}

/// Indices that a dataset can be asked for: the contract counts them in 32 bits.
const INDICES: u64 = 1 << 32;

impl Items {
    /// A dataset of `size` items, where that is known.
    pub(crate) fn new(size: Option<u64>) -> Self {
        let size = AtomicU64::new(size.unwrap_or(u64::MAX));
        Self { size, noticed: AtomicBool::new(false) }
    }

    /// Items `first .. first + count`, one answer each.
    pub(crate) fn generate(
        &self,
        dataset: &mut dyn Dataset,
        (first, count): (u64, u64),
        control: &Control,
    ) -> Vec<Result<Conversation, PluginFailure>> {
        let mut items = Vec::with_capacity(count as usize);
        while (items.len() as u64) < count {
            let wanted = (first + items.len() as u64, count - items.len() as u64);
            match self.run(dataset, wanted, control) {
                Ok(made) => items.extend(made.into_iter().map(Ok)),
                Err(failure) => items.push(Err(failure)),
            }
        }
        items
    }

    /// A run of items that does not cross the dataset's end; at least one.
    fn run(
        &self,
        dataset: &mut dyn Dataset,
        (first, count): (u64, u64),
        control: &Control,
    ) -> Result<Vec<Conversation>, PluginFailure> {
        loop {
            let size = self.size.load(Relaxed).min(INDICES);
            if size == 0 {
                return Err(empty());
            }
            let index = first % size;
            if first >= size {
                self.notice(size, control);
            }
            let mut count = count.min(size - index);
            let mut made = dataset.generate(index as u32, count as u32);
            if made.is_err() && count > 1 {
                // One bad item does not take those before it along.
                count = 1;
                made = dataset.generate(index as u32, 1);
            }
            let made = made?;
            // Fewer than asked: the end, found by running into it, or far behind it.
            if (made.len() as u64) < count {
                let behind = if made.is_empty() { end_before(dataset, index)? } else { index };
                self.size.fetch_min(behind + made.len() as u64, Relaxed);
            }
            if !made.is_empty() {
                return Ok(made);
            }
        }
    }

    fn notice(&self, size: u64, control: &Control) {
        if !self.noticed.swap(true, Relaxed) {
            let items = counted(size, "item");
            let text = format!("the dataset has {items} and begins again after the last");
            (control.notice)(&text);
        }
    }
}

/// The first item that a dataset does not have, where it does not have item `index`: by bisection,
/// so that every thread finds the same end, whichever slot runs past it first.
fn end_before(dataset: &mut dyn Dataset, index: u64) -> Result<u64, PluginFailure> {
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

fn empty() -> PluginFailure {
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
