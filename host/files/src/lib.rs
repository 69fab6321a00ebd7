//! Reads files that the user names. A path may lead to a device, to a pipe without a writer, or to
//! more bytes than fit in memory: none of them may hang the program or exhaust its memory. Names below
//! a folder are resolved without leaving it, and rows (lines, elements of a JSON array) are found by
//! an index; what they contain is the caller's business. Also finds the user's cache folder, and
//! adapts the process to its resource limits.
#![deny(unsafe_code)]

mod cache;
mod cursor;
mod folder;
mod index;
mod json;
mod limit;
mod pointer;
mod rows_error;

pub use cache::cache_dir;
pub use cursor::{ReadAt, Stopped};
pub use folder::{Entry, Folder};
pub use index::RowIndex;
pub use limit::fit_into_limits;
pub use rows_error::RowsError;

use rustix::fs::{Mode, OFlags};
use std::fs::{File, FileType};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// A file cannot be used. Texts follow the file's name: "plan.toml is a folder".
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused to open or read it.
    #[error("{}", refusal(.0))]
    Io(#[from] io::Error),
    /// A file is needed.
    #[error("is a folder, not a file")]
    Folder,
    /// A regular file is needed.
    #[error("is {0}, not a regular file")]
    Kind(&'static str),
    /// It holds more than the caller takes.
    #[error("is larger than {}", size(*.0))]
    TooLarge(u64),
    /// A folder holds more entries than the caller takes.
    #[error("holds more than {0} entries")]
    TooMany(usize),
    /// The name leads out of its folder.
    #[error("leads out of its folder")]
    Outside,
    /// The caller asked to stop.
    #[error("was not read: the run was stopped")]
    Stopped,
    /// Text is needed.
    #[error("is not UTF-8 text: byte {0} does not fit")]
    NotText(usize),
}

impl FileError {
    /// Whether nothing exists at the path.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Opens a regular file for reading. The type is checked on the open file, and opening never waits:
/// not for the writer of a pipe, nor for a device.
///
/// # Errors
/// It cannot be opened, or is anything but a regular file.
pub fn open(path: &Path) -> Result<File, FileError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    regular(File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?))
}

/// Checks the type of an open file.
fn regular(file: File) -> Result<File, FileError> {
    let about = file.metadata()?.file_type();
    if about.is_file() { Ok(file) } else { Err(wrong(about)) }
}

/// The bytes of a regular file, `most` at most.
///
/// # Errors
/// As for [`open`]; it cannot be read, or is larger.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    bounded(&open(path)?, most)
}

/// The text of a regular file, `most` bytes at most.
///
/// # Errors
/// As for [`read`]; it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, FileError> {
    text(read(path, most)?)
}

/// The text of a file or of a pipe such as `/dev/stdin` and a shell's `<(…)`, `most` bytes at most.
/// Waits for a pipe's writer.
///
/// # Errors
/// It cannot be opened or read, is larger, or is not UTF-8.
pub fn read_input(path: &Path, most: u64) -> Result<String, FileError> {
    text(bounded(&File::open(path)?, most)?)
}

fn bounded(file: &File, most: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(FileError::TooLarge(most)) } else { Ok(bytes) }
}

fn text(bytes: Vec<u8>) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|error| FileError::NotText(error.utf8_error().valid_up_to()))
}

fn wrong(file: FileType) -> FileError {
    if file.is_dir() {
        FileError::Folder
    } else if file.is_fifo() {
        FileError::Kind("a pipe")
    } else if file.is_char_device() || file.is_block_device() {
        FileError::Kind("a device")
    } else {
        FileError::Kind("a special file")
    }
}

fn refusal(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests;
