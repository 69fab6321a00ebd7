//! Read-only access to the files that the user named, and to nothing else on this machine.
//!
//! A file's name is that of its setting, e.g. `dataset-path`; if that is a folder,
//! `dataset-path/a/b` is a file in it, and links that lead out of the folder are refused. Lines and
//! rows are found by indexes that are built once per file and shared by all threads.

mod cache;

use crate::error::OpenError;
use crate::kind::Kind;
use crate::manifest::DATASET_PATH;
use crate::rows::{Rows, Wanted};
use cache::{Opened, Table};
use loadwright_core::stop::StopFlag;
use loadwright_files::{Entry, FileError, Folder, RowIndex, RowsError};
use std::fmt::Display;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Maximum number of entries of a folder.
const ENTRIES: usize = 4 << 20;

/// Maximum size of what the host reads on its own: media, which a body holds whole.
const MEDIA: u64 = 256 << 20;

/// What an entry takes beside its name.
const ENTRY: u64 = 32;

/// The names in a folder, sorted.
type Names = Arc<Vec<Box<str>>>;

/// The files of one dataset.
#[derive(Default)]
pub(crate) struct FileSet {
    roots: Vec<Root>,
    /// Interrupts what takes long.
    stop: StopFlag,
    opened: Table<Opened>,
    listed: Table<Vec<Box<str>>>,
}

struct Root {
    setting: String,
    place: Place,
}

enum Place {
    File(Arc<Opened>),
    Folder(Folder),
}

/// Bytes of a file.
pub(crate) struct Range<'a> {
    pub(crate) name: &'a str,
    pub(crate) offset: f64,
    /// None: to the end.
    pub(crate) length: Option<f64>,
}

/// A binary cell of a table.
pub(crate) struct CellAt<'a> {
    pub(crate) name: &'a str,
    pub(crate) at: &'a str,
    pub(crate) row: u32,
    pub(crate) column: &'a str,
}

impl FileSet {
    /// Opens files and folders, each with the name of its setting; `stop` interrupts what takes long.
    ///
    /// # Errors
    /// One is neither a regular file nor a folder, or cannot be opened.
    pub(crate) fn open(named: Vec<(String, PathBuf)>, stop: StopFlag) -> Result<Self, OpenError> {
        let open = |(name, path): (String, PathBuf)| match place(&path) {
            Ok(place) => Ok(Root { setting: name, place }),
            Err(error) => Err(OpenError::File { name: flag_of(&name), path, error }),
        };
        let roots = named.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { roots, stop, ..Self::default() })
    }

    /// The file's size in bytes.
    pub(crate) fn size(&self, name: &str) -> Result<u64, String> {
        Ok(self.file(name)?.size)
    }

    /// At most `count` bytes from `offset`; fewer at the end.
    pub(crate) fn read(&self, name: &str, offset: f64, count: u64) -> Result<Vec<u8>, String> {
        let opened = self.file(name)?;
        let offset =
            whole(offset).ok_or_else(|| format!("offset {offset} is not a position in a file"))?;
        let count = count.min(opened.size.saturating_sub(offset));
        let mut bytes = vec![0; usize::try_from(count).map_err(|_| "too many bytes requested")?];
        opened
            .file
            .read_exact_at(&mut bytes, offset)
            .map_err(|error| format!("`{name}` cannot be read: {error}"))?;
        Ok(bytes)
    }

    /// Bytes for the host itself: a range that has to be there in full.
    pub(crate) fn range(&self, range: &Range<'_>) -> Result<Vec<u8>, String> {
        let Range { name, offset, length } = *range;
        let size = self.file(name)?.size;
        let start = whole(offset);
        let count = match length {
            None => start.and_then(|start| size.checked_sub(start)),
            Some(length) => whole(length),
        };
        let Some((start, count)) = start
            .zip(count)
            .filter(|(start, count)| start.checked_add(*count).is_some_and(|end| end <= size))
        else {
            let length = length.map_or("the rest".to_owned(), |length| format!("{length} bytes"));
            return Err(format!("`{name}` has {size} bytes: {length} from {offset} are not in it"));
        };
        if count > MEDIA {
            return Err(format!("{count} bytes of `{name}` are more than {} MiB", MEDIA >> 20));
        }
        #[expect(clippy::cast_precision_loss, reason = "it was a whole number up to 2^53")]
        self.read(name, start as f64, count)
    }

    /// Lines `first .. first + count` without their line ends: as many as fit in `most` bytes, and
    /// at least one; empty at the end of the file.
    pub(crate) fn lines(
        &self,
        name: &str,
        first: u32,
        count: u32,
        most: u64,
    ) -> Result<Vec<Vec<u8>>, String> {
        let opened = self.file(name)?;
        let index = self.line_index(name, &opened)?;
        let stopped = || self.stop.is_raised();
        let first = u64::from(first);
        let numbers = first..first + u64::from(count);
        index.read(&*opened.file, numbers, most, &stopped).map_err(|error| match error {
            RowsError::TooLong { row } => format!(
                "line {} of `{name}` is longer than {} MiB, a quarter of the plugin's memory; raise \
                 --plugin-memory",
                row + 1,
                most >> 20
            ),
            other => following(name, other),
        })
    }

    /// Builds the index of lines, or waits for whoever builds it.
    pub(crate) fn index_lines(&self, name: &str) -> Result<(), String> {
        self.line_index(name, &*self.file(name)?).map(|_| ())
    }

    /// Lists a folder.
    pub(crate) fn index_entries(&self, name: &str) -> Result<(), String> {
        self.names(name).map(|_| ())
    }

    /// Builds the index of rows, or waits for whoever builds it.
    pub(crate) fn index_rows(&self, name: &str, at: &str) -> Result<(), String> {
        self.rows(name, at).map(|_| ())
    }

    /// Entries of a folder from number `first` on, sorted by name: as many as fit in `most` bytes, and
    /// at least one; empty behind the last.
    pub(crate) fn entries(
        &self,
        name: &str,
        first: u32,
        count: u32,
        most: u64,
    ) -> Result<Vec<Entry>, String> {
        let (folder, below, names) = self.names(name)?;
        let (mut entries, mut left) = (Vec::new(), most);
        for entry in names.iter().skip(first as usize).take(count as usize) {
            let cost = entry.len() as u64 + ENTRY;
            if cost > left && !entries.is_empty() {
                break;
            }
            left = left.saturating_sub(cost);
            entries.push(folder.entry(below, entry));
        }
        Ok(entries)
    }

    /// Rows of a file, or of the array at the JSON pointer `at` in it.
    pub(crate) fn count_rows(&self, name: &str, at: &str) -> Result<u32, String> {
        self.rows(name, at)?.count().map_err(|why| following(name, why))
    }

    /// The rows that are wanted, as JSON.
    pub(crate) fn read_rows(
        &self,
        name: &str,
        at: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<Vec<u8>>, String> {
        self.rows(name, at)?.read(wanted, &self.stop).map_err(|why| following(name, why))
    }

    /// The bytes of a binary cell.
    pub(crate) fn cell(&self, cell: &CellAt<'_>) -> Result<Vec<u8>, String> {
        let CellAt { name, at, row, column } = *cell;
        let bytes = self.rows(name, at)?.cell(row, column, MEDIA, &self.stop);
        bytes.map_err(|why| following(name, why))
    }

    fn line_index(&self, name: &str, opened: &Opened) -> Result<Arc<RowIndex>, String> {
        let stopped = || self.stop.is_raised();
        let build = || RowIndex::lines(&*opened.file, &stopped).map_err(|error| error.to_string());
        opened.lines.get(&self.stop, build).map_err(|why| following(name, why))
    }

    /// The folder that a name leads to, the rest of the name, and the names in it.
    fn names<'a>(&self, name: &'a str) -> Result<(&Folder, &'a str, Names), String> {
        let (root, below) = self.root(name)?;
        let Place::Folder(folder) = &root.place else {
            return Err(following(name, "is a file, not a folder"));
        };
        let names = self.listed.get_or(name, || {
            let stopped = || self.stop.is_raised();
            folder.names(below, ENTRIES, &stopped).map_err(|error| following(name, error))
        })?;
        Ok((folder, below, names))
    }

    fn rows(&self, name: &str, at: &str) -> Result<Arc<Rows>, String> {
        let opened = self.file(name)?;
        let rows = opened.rows(at).map_err(|why| following(name, why))?;
        let build = || Rows::open(&opened.file, &opened.extension, at, &self.stop);
        rows.get(&self.stop, build).map_err(|why| following(name, why))
    }

    fn file(&self, name: &str) -> Result<Arc<Opened>, String> {
        let (root, below) = self.root(name)?;
        match &root.place {
            Place::File(file) if below.is_empty() => Ok(Arc::clone(file)),
            Place::File(_) => Err(format!("`{}` is a file, not a folder", root.setting)),
            Place::Folder(_) if below.is_empty() => Err(following(name, FileError::Folder)),
            Place::Folder(folder) => self.opened.get_or(name, || {
                let opened =
                    folder.file(below).and_then(|file| Opened::new(file, Path::new(below)));
                opened.map_err(|error| match error {
                    FileError::Outside => format!("`{name}` is outside of --{}", root.setting),
                    other => following(name, other),
                })
            }),
        }
    }

    /// The file or folder that the user named, and the rest of the name.
    fn root<'a>(&self, name: &'a str) -> Result<(&Root, &'a str), String> {
        let (setting, below) = name.split_once('/').unwrap_or((name, ""));
        if let Some(root) = self.roots.iter().find(|root| root.setting == setting) {
            return Ok((root, below));
        }
        let known: Vec<_> = self.roots.iter().map(|root| format!("`{}`", root.setting)).collect();
        Err(match known.is_empty() {
            true => format!("it needs a file, but none was given; give --{setting}"),
            false => format!("unknown file `{setting}`; available: {}", known.join(", ")),
        })
    }
}

fn place(path: &Path) -> Result<Place, FileError> {
    match loadwright_files::open(path) {
        Ok(file) => Ok(Place::File(Arc::new(Opened::new(file, path)?))),
        Err(FileError::Folder) => Ok(Place::Folder(Folder::open(path)?)),
        Err(error) => Err(error),
    }
}

/// A position or a length, as a number of bytes.
fn whole(number: f64) -> Option<u64> {
    let is_whole = number >= 0.0 && number.fract() == 0.0 && number <= 2f64.powi(53);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked just above"
    )]
    is_whole.then_some(number as u64)
}

fn following(name: &str, why: impl Display) -> String {
    format!("`{name}` {why}")
}

/// The flag that names the file of this setting.
fn flag_of(name: &str) -> String {
    match name {
        DATASET_PATH => name.to_owned(),
        own => format!("{}: {own}", Kind::Dataset.settings_flag()),
    }
}

#[cfg(test)]
mod tests;
