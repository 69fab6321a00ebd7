//! Items of a dataset that names each by its index.

use super::*;
use loadwright_core::conversation::{Prompt, Turn};
use loadwright_core::ports::DatasetProperties;

/// `0..size`, each item named by its index.
struct Counting {
    size: u32,
}

impl Dataset for Counting {
    fn properties(&mut self) -> Result<DatasetProperties, PluginFailure> {
        Ok(DatasetProperties::default())
    }

    fn generate(
        &mut self,
        first: u32,
        count: u32,
    ) -> Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure> {
        let item = |index: u32| {
            let turns = vec![Turn::new(Prompt::Text(String::new()))];
            Ok(Conversation { id: index.to_string(), turns, ..Conversation::default() })
        };
        Ok((first..first.saturating_add(count).min(self.size)).map(item).collect())
    }
}

fn names(cursor: &DatasetCursor, size: u32, items: Range<u64>) -> Vec<u64> {
    let control = Control::new(|_| ());
    let generated = cursor.generate(&mut Counting { size }, items, &control);
    generated.into_iter().map(|item| item.unwrap().id.parse().unwrap()).collect()
}

#[test]
fn items_start_over_after_the_last() {
    for known in [None, Some(5)] {
        let cursor = DatasetCursor::new(known, false);
        assert_eq!(names(&cursor, 5, 3..12), [3, 4, 0, 1, 2, 3, 4, 0, 1]);
    }
}

#[test]
fn the_end_is_the_same_whichever_item_beyond_it_is_asked_for_first() {
    // Slot 17 of a dataset of 5 is item 2, even if no thread has found the end before.
    assert_eq!(names(&DatasetCursor::new(None, false), 5, 17..21), [2, 3, 4, 0]);
}

#[test]
fn a_dataset_without_items_is_a_failure_that_says_so() {
    let control = Control::new(|_| ());
    let generated =
        DatasetCursor::new(None, false).generate(&mut Counting { size: 0 }, 0..2, &control);
    assert_eq!(generated.len(), 2);
    assert!(generated[0].as_ref().unwrap_err().to_string().contains("the dataset has no items"));
}

#[test]
fn starting_over_is_noticed_once() {
    use std::sync::Arc;
    let count = Arc::new(AtomicU64::new(0));
    let notices = Arc::clone(&count);
    let control = Control::new(move |text| {
        assert_eq!(text, "the dataset has 3 items and starts over after the last");
        notices.fetch_add(1, Relaxed);
    });
    let cursor = DatasetCursor::new(Some(3), false);
    for first in [0, 3, 6] {
        cursor.generate(&mut Counting { size: 3 }, first..first + 3, &control);
    }
    assert_eq!(count.load(Relaxed), 1);
}

#[test]
fn a_trace_ends_with_its_last_item() {
    for known in [None, Some(5)] {
        let cursor = DatasetCursor::new(known, true);
        assert_eq!(names(&cursor, 5, 3..12), [3, 4]);
        assert_eq!(names(&cursor, 5, 5..7), [0; 0]);
        assert_eq!(names(&cursor, 5, 40..42), [0; 0]);
        assert_eq!(names(&cursor, 5, 0..2), [0, 1]);
    }
    assert_eq!(names(&DatasetCursor::new(None, true), 0, 0..2), [0; 0]);
}
