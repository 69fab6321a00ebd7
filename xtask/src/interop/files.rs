//! Files and folders, whose errors name them.

use super::Failed;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A file's text.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|cause| Failed::because(path.display(), cause))
}

/// Writes a file.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), Failed> {
    std::fs::write(path, content).map_err(|cause| Failed::because(path.display(), cause))
}

/// The value of a text.
///
/// # Errors
/// It is not JSON.
pub(crate) fn json(text: &str) -> Result<Value, Failed> {
    serde_json::from_str(text).map_err(|cause| Failed::because(text, cause))
}

/// What is in a folder, by name.
///
/// # Errors
/// It cannot be read.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries =
        std::fs::read_dir(folder).map_err(|cause| Failed::because(folder.display(), cause))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Folders with the results of a run's points, by name.
///
/// # Errors
/// The run's folder cannot be read.
pub(crate) fn points(run: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut points = entries(run)?;
    points.retain(|path| path.join("benchmark_summary.json").is_file());
    Ok(points)
}

/// Copies a folder with all that is in it.
///
/// # Errors
/// Something cannot be read or written.
pub(crate) fn copied(from: &Path, to: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(to).map_err(|cause| Failed::because(to.display(), cause))?;
    for entry in entries(from)? {
        let copy = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copied(&entry, &copy)?;
        } else {
            std::fs::copy(&entry, &copy)
                .map_err(|cause| Failed::because(entry.display(), cause))?;
        }
    }
    Ok(())
}
