//! The run's folder, which goes away again where the run cannot begin.

use crate::plan::Outputs;
use loadwright_export::folder::{FolderError, create_run};
use loadwright_stamps::clock;
use std::path::{Path, PathBuf};

/// The run's folder.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    kept: bool,
}

impl RunFolder {
    /// Makes a new folder; one that is there already is left alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn create(outputs: &Outputs) -> Result<Self, FolderError> {
        let wall = outputs.timestamp.then(clock::wall);
        let path = create_run(&outputs.dir, wall, &outputs.name)?;
        Ok(Self { path, kept: false })
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
        let _ = std::fs::remove_file(self.path.join("benchmark.log"));
        if std::fs::remove_dir(&self.path).is_ok()
            && let Some(dated) = self.path.parent()
        {
            let _ = std::fs::remove_dir(dated);
        }
    }
}
