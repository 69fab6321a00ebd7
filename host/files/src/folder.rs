//! A folder that cannot be left: names below it are resolved by the system beneath an open handle, so
//! that no link leads out of it, and none can be put in between a check and its use.

use crate::{FileError, Stopped, regular};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;
use std::fs::File;
use std::io;
use std::path::Path;

/// Entries between two questions whether to stop.
const BATCH: usize = 1 << 12;

/// An open folder.
#[derive(Debug)]
pub struct Folder(Dir);

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// Whether it is a folder, or a link to one.
    pub folder: bool,
    /// Bytes; 0 for anything but a regular file.
    pub size: u64,
}

impl Folder {
    /// Opens a folder that the user named.
    ///
    /// # Errors
    /// It is no folder, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        Ok(Self(Dir::open_ambient_dir(path, ambient_authority())?))
    }

    /// Opens a regular file below it for reading; never waits.
    ///
    /// # Errors
    /// The name leads out of the folder; as for [`open`](crate::open).
    pub fn file(&self, name: &str) -> Result<File, FileError> {
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(flags);
        regular(self.0.open_with(name, &options).map_err(beneath)?.into_std())
    }

    /// Names in the folder `name` below it (empty: itself), sorted, `most` at most. Those that are
    /// not UTF-8 are left out.
    ///
    /// # Errors
    /// It leads out of the folder, is no folder, or cannot be read; there are more entries.
    pub fn names(
        &self,
        name: &str,
        most: usize,
        stopped: Stopped<'_>,
    ) -> Result<Vec<Box<str>>, FileError> {
        let listed = match name {
            "" => self.0.entries()?,
            name => self.0.read_dir(name).map_err(beneath)?,
        };
        let mut names = Vec::new();
        for (count, entry) in listed.enumerate() {
            if count.is_multiple_of(BATCH) && stopped() {
                return Err(FileError::Stopped);
            }
            if count == most {
                return Err(FileError::TooMany(most));
            }
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name.into_boxed_str());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// What is at `name` below it. A link that leads nowhere, or out of the folder, is an entry
    /// without a size.
    pub fn entry(&self, folder: &str, name: &str) -> Entry {
        let about = self.0.metadata(Path::new(folder).join(name)).ok();
        Entry {
            name: name.into(),
            folder: about.as_ref().is_some_and(|about| about.is_dir()),
            size: about.filter(|about| about.is_file()).map_or(0, |about| about.len()),
        }
    }
}

/// The library tells an attempt to leave the folder by an error that is not the system's.
fn beneath(error: io::Error) -> FileError {
    let escapes = error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
    if escapes { FileError::Outside } else { FileError::Io(error) }
}

#[cfg(test)]
mod tests;
