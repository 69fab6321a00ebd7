//! The folder of a run, and files that exist whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// Why a folder or file of the run could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot write `{}`: {cause}; make room or permission there, or choose another folder with \
     --outputs-dir", path.display()
)]
pub struct FolderError {
    /// What could not be written.
    pub path: PathBuf,
    /// Why.
    pub cause: io::Error,
}

/// `name` with the characters that some file system refuses replaced by `_`: `<>:"|?*\/` and control
/// characters; and the dots of a name that has nothing else. An empty name becomes `_`.
fn file_name(name: &str) -> String {
    let refused = |c: char| r#"<>:"|?*\/"#.contains(c) || c.is_control();
    let name = name.replace(refused, "_");
    if name.chars().all(|c| c == '.') { "_".repeat(name.len().max(1)) } else { name }
}

/// Makes the run's folder, `<outputs>/<date>/<name>`, and returns it; without a `date`, as [`dated`]
/// writes it, there is no such level. A folder that exists already is left alone: the new one is
/// called `<name>_2`, or whatever number is free.
///
/// # Errors
/// It cannot be made.
pub fn create_run(outputs: &Path, date: Option<&str>, name: &str) -> Result<PathBuf, FolderError> {
    let parent = date.map_or_else(|| outputs.to_path_buf(), |date| outputs.join(date));
    fs::create_dir_all(&parent).map_err(|cause| FolderError { path: parent.clone(), cause })?;
    let name = file_name(name);
    let numbered = (2u64..).map(|number| format!("{name}_{number}"));
    let made = std::iter::once(name.clone()).chain(numbered).find_map(|name| {
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Ok(()) => Some(Ok(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
            Err(cause) => Some(Err(FolderError { path, cause })),
        }
    });
    made.expect("there are more numbers than folders")
}

/// Makes the run's folder where the user wants it, `path`, or takes the empty one that is there.
///
/// # Errors
/// It cannot be made, or holds something.
pub fn use_run(path: &Path) -> Result<(), FolderError> {
    let failure = |cause| FolderError { path: path.into(), cause };
    fs::create_dir_all(path).map_err(failure)?;
    match fs::read_dir(path).map_err(failure)?.next() {
        None => Ok(()),
        Some(_) => Err(failure(io::ErrorKind::DirectoryNotEmpty.into())),
    }
}

/// The folder of the point `name` in the run's folder, made where it is not there: a report made
/// again finds the one that the run made.
///
/// # Errors
/// It cannot be made.
pub fn create_point(run: &Path, name: &str) -> Result<PathBuf, FolderError> {
    let path = run.join(file_name(name));
    match fs::create_dir_all(&path) {
        Ok(()) => Ok(path),
        Err(cause) => Err(FolderError { path, cause }),
    }
}

/// `YYYYmmdd_HHMMSS`, local time, of `wall` nanoseconds since the Unix epoch. The local offset
/// cannot be read once there are threads; then it is UTC.
pub fn dated(wall: u64) -> String {
    let utc = OffsetDateTime::from_unix_timestamp_nanos(i128::from(wall))
        .expect("584 years after 1970 are within time's range");
    let offset = UtcOffset::local_offset_at(utc).unwrap_or(UtcOffset::UTC);
    utc.to_offset(offset)
        .format(format_description!("[year][month][day]_[hour][minute][second]"))
        .expect("every component is there")
}

/// Writes the file `path` so that a reader, or a crash, finds the old content or the new one: the
/// bytes go into a file beside it, to disk, and then into its place.
///
/// # Errors
/// It cannot be written; what was there before is still there.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), FolderError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = write_beside(path, &beside, content);
    written.map_err(|cause| {
        // The first error is the one to tell; a file that cannot be removed says no more.
        let _ = fs::remove_file(&beside);
        FolderError { path: path.into(), cause }
    })
}

fn write_beside(path: &Path, beside: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    // The rename itself is on disk once the folder is; not every system lets a folder be opened.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        folder.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
