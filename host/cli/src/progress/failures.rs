//! The last failure of a point, shown with its progress.

use crate::remedy::one_line;
use loadwright_core::foreign::escaped;
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::Sample;
use std::sync::{Arc, Mutex, PoisonError};

/// Remembers the last failed attempt; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastFailure(Arc<Mutex<Option<Arc<Record>>>>);

impl LastFailure {
    /// Class and error of the last failure in at most `width` characters; none: nothing failed.
    pub(super) fn text(&self, width: usize) -> Option<String> {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let text = format!("{}: {}", record.outcome.class(), one_line(&record.error));
        let text = escaped(text.trim_end_matches([':', ' '])).into_owned();
        if text.chars().count() <= width {
            return Some(text);
        }
        Some(text.chars().take(width.saturating_sub(1)).chain(['…']).collect())
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
