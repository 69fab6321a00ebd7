//! Items against a dataset that says which it was asked for.

use super::*;
use loadwright_core::conversation::{Prompt, Turn};

/// `0..size`, each item named by its index.
struct Counting {
    size: u32,
}

impl Dataset for Counting {
    fn size(&mut self) -> Result<Option<u32>, PluginFailure> {
        Ok(None)
    }

    fn generate(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let item = |index: u32| Conversation {
            id: index.to_string(),
            scheduled: None,
            turns: vec![Turn::new(Prompt::Text(String::new()))],
        };
        Ok((first..first.saturating_add(count).min(self.size)).map(item).collect())
    }
}

fn names(items: &Items, size: u32, first: u64, count: u64) -> Vec<u64> {
    let control = Control::new(|_| ());
    let made = items.generate(&mut Counting { size }, (first, count), &control);
    made.into_iter().map(|item| item.unwrap().id.parse().unwrap()).collect()
}

#[test]
fn items_begin_again_after_the_last() {
    for known in [None, Some(5)] {
        let items = Items::new(known);
        assert_eq!(names(&items, 5, 3, 9), [3, 4, 0, 1, 2, 3, 4, 0, 1]);
    }
}

#[test]
fn whoever_runs_past_the_end_first_finds_the_same_end() {
    // Slot 17 of a dataset of 5 is item 2, though nobody has seen the end before.
    assert_eq!(names(&Items::new(None), 5, 17, 4), [2, 3, 4, 0]);
}

#[test]
fn a_dataset_without_items_is_a_failure_that_says_so() {
    let control = Control::new(|_| ());
    let made = Items::new(None).generate(&mut Counting { size: 0 }, (0, 2), &control);
    assert_eq!(made.len(), 2);
    assert!(made[0].as_ref().unwrap_err().to_string().contains("the dataset has no items"));
}

#[test]
fn beginning_again_is_noticed_once() {
    use std::sync::Arc;
    let count = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&count);
    let control = Control::new(move |text| {
        assert_eq!(text, "the dataset has 3 items and begins again after the last");
        seen.fetch_add(1, Relaxed);
    });
    let items = Items::new(Some(3));
    for first in [0, 3, 6] {
        items.generate(&mut Counting { size: 3 }, (first, 3), &control);
    }
    assert_eq!(count.load(Relaxed), 1);
}
