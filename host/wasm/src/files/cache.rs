//! Files that are open, with their indexes. Those of a folder are closed again when others are needed:
//! a folder of images must not exhaust the process's descriptors.

use crate::built_once::BuiltOnce;
use crate::rows::Rows;
use loadwright_files::{FileError, RowIndex};
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of files, or of folders, that are kept.
const KEPT: usize = 64;

/// Maximum number of arrays of one file that are indexed: each reads the file once.
const ARRAYS: usize = 16;

/// An open file, and its indexes. Errors are kept too: an unreadable file is not read again for
/// every item.
pub(super) struct Opened {
    pub(super) file: Arc<File>,
    pub(super) size: u64,
    /// In lower case; empty: it has none.
    pub(super) extension: String,
    pub(super) lines: BuiltOnce<RowIndex>,
    /// By JSON pointer.
    rows: Mutex<HashMap<String, Arc<BuiltOnce<Rows>>>>,
}

impl Opened {
    pub(super) fn new(file: File, path: &Path) -> Result<Self, FileError> {
        let size = file.metadata()?.len();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let rows = Mutex::default();
        Ok(Self { file: Arc::new(file), size, extension, lines: BuiltOnce::default(), rows })
    }

    /// The rows at a JSON pointer, built or not.
    pub(super) fn rows(&self, at: &str) -> Result<Arc<BuiltOnce<Rows>>, String> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = rows.get(at) {
            return Ok(Arc::clone(known));
        }
        if rows.len() >= ARRAYS {
            return Err(format!("has more than {ARRAYS} arrays that are read; name fewer"));
        }
        Ok(Arc::clone(rows.entry(at.to_owned()).or_default()))
    }
}

/// Values by name, those used last.
pub(super) struct Table<T>(Mutex<Kept<T>>);

struct Kept<T> {
    values: HashMap<String, (u64, Arc<T>)>,
    /// Counts uses: the least is the one used longest ago.
    uses: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Mutex::new(Kept { values: HashMap::new(), uses: 0 }))
    }
}

impl<T> Table<T> {
    /// The value of that name, made if it is not kept; others are not kept waiting meanwhile.
    pub(super) fn get_or(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<T, String>,
    ) -> Result<Arc<T>, String> {
        if let Some(known) = self.find(name) {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        // Another thread may have made it at the same time: one is enough.
        if let Some(known) = self.find(name) {
            return Ok(known);
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.values.len() >= KEPT {
            let oldest = kept.values.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                kept.values.remove(&oldest);
            }
        }
        kept.uses += 1;
        let used = kept.uses;
        kept.values.insert(name.to_owned(), (used, Arc::clone(&made)));
        Ok(made)
    }

    fn find(&self, name: &str) -> Option<Arc<T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let (used, value) = kept.values.get_mut(name)?;
        *used = now;
        Some(Arc::clone(value))
    }
}
