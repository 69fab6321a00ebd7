//! The last failure of a point, for those who watch it: what a wall of failures is made of.

use crate::remedy::one_line;
use loadwright_core::foreign::escaped;
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::Sample;
use std::sync::{Arc, Mutex, PoisonError};

/// Takes note of failed attempts; clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastFailure(Arc<Mutex<Option<Arc<Record>>>>);

impl LastFailure {
    /// Class and words of the last failure, at most `width` characters of them; none: none failed.
    pub(super) fn words(&self, width: usize) -> Option<String> {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let words = format!("{}: {}", record.outcome.class(), one_line(&record.error));
        let words = escaped(words.trim_end_matches([':', ' '])).into_owned();
        if words.chars().count() <= width {
            return Some(words);
        }
        Some(words.chars().take(width.saturating_sub(1)).chain(['…']).collect())
    }
}

impl Sink for LastFailure {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        if !record.outcome.is_ok() && !record.outcome.is_beside() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(record));
        }
        Ok(())
    }

    fn sample(&mut self, _: &Sample) -> Result<(), SinkFailure> {
        Ok(())
    }
}
