//! Readers that nobody uses at the moment, each where it stopped: the next rows are read from there.

use super::reader::Reader;
use std::sync::{Mutex, PoisonError};

/// Maximum number of readers that are kept: one a thread, roughly.
const READERS: usize = 32;

/// Maximum size of the pages that they hold.
const BYTES: u64 = 256 << 20;

/// Readers, those used longest ago first.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Reader>>);

impl Pool {
    /// The reader that fits and has come furthest.
    pub(super) fn take(&self, fits: impl Fn(&Reader) -> bool) -> Option<Reader> {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = readers.iter().enumerate().filter(|(_, reader)| fits(reader));
        let index = fitting.max_by_key(|(_, reader)| reader.row_in_group())?.0;
        Some(readers.remove(index))
    }

    pub(super) fn put(&self, reader: Option<Reader>) {
        let Some(reader) = reader else { return };
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.push(reader);
        let mut held: u64 = readers.iter().map(Reader::held).sum();
        while readers.len() > READERS || (held > BYTES && readers.len() > 1) {
            held -= readers.remove(0).held();
        }
    }
}
