//! The run's folder, which is removed again if the run could not start.

use crate::plan::Outputs;
use loadwright_storage::RECORDS;
use loadwright_storage::folder::{FolderError, create_run, dated, use_run};
use loadwright_timing::clock;
use std::path::{Path, PathBuf};

/// The run's folder.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Folders that were made for the run, from the inside out.
    made: Vec<PathBuf>,
    kept: bool,
}

impl RunFolder {
    /// The folder's date, to be taken before there are threads; none where it is to have none.
    pub(crate) fn date(outputs: &Outputs) -> Option<String> {
        (outputs.timestamp && outputs.exact.is_none()).then(|| dated(clock::wall()))
    }

    /// Makes a new folder; one that is there already is left alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn create(outputs: &Outputs, date: Option<&str>) -> Result<Self, FolderError> {
        match &outputs.exact {
            Some(path) => {
                let made = if path.exists() { Vec::new() } else { vec![path.clone()] };
                use_run(path)?;
                Ok(Self { path: path.clone(), made, kept: false })
            }
            None => {
                let path = create_run(&outputs.dir, date, &outputs.name)?;
                let around = path.parent().map(Path::to_path_buf);
                let made = std::iter::once(path.clone()).chain(around).collect();
                Ok(Self { path, made, kept: false })
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps it: the run begins.
    #[must_use]
    pub(crate) fn keep(mut self) -> Self {
        self.kept = true;
        self
    }

    /// The error of a file in it.
    pub(crate) fn failure(&self, file: &str, cause: std::io::Error) -> FolderError {
        FolderError { path: self.path.join(file), cause }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // What cannot be removed, such as a folder with others' files in it, may stay.
        // SQLite's own stay where the store was closed after its file was removed.
        let of_records = ["", "-wal", "-shm"].map(|end| format!("{RECORDS}{end}"));
        for file in of_records.iter().map(String::as_str).chain(["benchmark.log"]) {
            let _ = std::fs::remove_file(self.path.join(file));
        }
        let _ = self.made.iter().try_for_each(std::fs::remove_dir);
    }
}
