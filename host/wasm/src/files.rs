//! Read-only access to the files that the user named, and to nothing else on this machine.
//!
//! A file's name is that of its setting, e.g. `dataset-path`; if that is a folder,
//! `dataset-path/a/b` is a file in it, and links that lead out of the folder are refused. Lines are
//! found by an index that is built once per file and shared by all threads.

mod lines;

use lines::Lines;
use loadwright_core::stop::StopFlag;
use loadwright_files::FileError;
use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Maximum number of files kept open: a folder of images must not exhaust the process's descriptors.
const OPEN: usize = 64;

/// The files of one dataset.
pub(crate) struct FileSet {
    roots: Vec<(String, PathBuf)>,
    /// Interrupts the indexing of a large file.
    stop: StopFlag,
    open: Mutex<HashMap<String, Arc<OpenFile>>>,
}

struct OpenFile {
    file: File,
    size: u64,
    /// Errors are kept too: an unreadable file is not read again for every item.
    lines: OnceLock<Result<Lines, String>>,
}

impl FileSet {
    /// Files by the names of their settings; `stop` interrupts the indexing of a large one.
    pub(crate) fn new(roots: Vec<(String, PathBuf)>, stop: StopFlag) -> Self {
        Self { roots, stop, open: Mutex::default() }
    }

    /// The file's size in bytes.
    pub(crate) fn size(&self, name: &str) -> Result<u64, String> {
        Ok(self.file(name)?.size)
    }

    /// At most `count` bytes from `offset`; fewer at the end.
    pub(crate) fn read(&self, name: &str, offset: f64, count: u64) -> Result<Vec<u8>, String> {
        let open = self.file(name)?;
        if !(offset >= 0.0 && offset.fract() == 0.0 && offset <= 2f64.powi(53)) {
            return Err(format!("offset {offset} is not a position in a file"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked just above"
        )]
        let offset = offset as u64;
        let count = count.min(open.size.saturating_sub(offset));
        let mut bytes = vec![0; usize::try_from(count).map_err(|_| "too many bytes requested")?];
        open.file.read_exact_at(&mut bytes, offset).map_err(|error| cannot_read(name, &error))?;
        Ok(bytes)
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
        let open = self.file(name)?;
        let index = open.lines.get_or_init(|| {
            Lines::index(&open.file, &self.stop).map_err(|error| cannot_read(name, &error))
        });
        let index = index.as_ref().map_err(Clone::clone)?;
        index.read(&open.file, first, count, most).map_err(|error| match error {
            lines::ReadError::Io(error) => cannot_read(name, &error),
            lines::ReadError::TooLong { line } => format!(
                "line {} of `{name}` is longer than {} MiB, a quarter of the plugin's memory; raise \
                 --plugin-memory",
                u64::from(line) + 1,
                most >> 20
            ),
        })
    }

    /// Names in a folder, sorted.
    pub(crate) fn entries(&self, name: &str) -> Result<Vec<String>, String> {
        let path = self.path(name)?;
        let listed = fs::read_dir(&path).map_err(|error| cannot_read(name, &error))?;
        let mut names = Vec::new();
        for entry in listed {
            let entry = entry.map_err(|error| cannot_read(name, &error))?;
            names.push(entry.file_name().into_string().map_err(|odd| {
                format!("`{name}` contains a file whose name is not UTF-8: {}", odd.display())
            })?);
        }
        names.sort_unstable();
        Ok(names)
    }

    fn file(&self, name: &str) -> Result<Arc<OpenFile>, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(name) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(name)?;
        let file = loadwright_files::open(&path).map_err(|error| format!("`{name}` {error}"))?;
        let about = file.metadata().map_err(|error| cannot_read(name, &error))?;
        let file = Arc::new(OpenFile { file, size: about.len(), lines: OnceLock::new() });
        if open.len() >= OPEN {
            // An index is expensive to rebuild, while files of a folder are mostly read whole.
            open.retain(|_, file| file.lines.get().is_some());
            if open.len() >= OPEN {
                open.clear();
            }
        }
        open.insert(name.into(), Arc::clone(&file));
        Ok(file)
    }

    fn path(&self, name: &str) -> Result<PathBuf, String> {
        let (root, below) = name.split_once('/').unwrap_or((name, ""));
        let Some((_, path)) = self.roots.iter().find(|(known, _)| known == root) else {
            let known: Vec<_> = self.roots.iter().map(|(known, _)| format!("`{known}`")).collect();
            return Err(match known.is_empty() {
                true => format!("it needs a file, but none was given; give --{root}"),
                false => format!("unknown file `{root}`; available: {}", known.join(", ")),
            });
        };
        if below.is_empty() {
            return Ok(path.clone());
        }
        within(path, below, name)
    }
}

/// Checks that `path` is a regular file or a folder that can be opened.
///
/// # Errors
/// It is something else, or cannot be opened.
pub(crate) fn check_root(path: &Path) -> Result<(), FileError> {
    match loadwright_files::open(path) {
        Ok(_) | Err(FileError::Folder) => Ok(()),
        Err(error) => Err(error),
    }
}

fn within(root: &Path, below: &str, name: &str) -> Result<PathBuf, String> {
    let outside = || format!("`{name}` is outside of --{}", name.split('/').next().unwrap_or(name));
    if !Path::new(below).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let root = root.canonicalize().map_err(|error| cannot_read(name, &error))?;
    let path = root.join(below).canonicalize().map_err(|error| cannot_read(name, &error))?;
    if path.starts_with(&root) { Ok(path) } else { Err(outside()) }
}

fn cannot_read(name: &str, error: &std::io::Error) -> String {
    format!("`{name}` cannot be read: {error}")
}

#[cfg(test)]
mod tests;
