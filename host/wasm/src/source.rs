//! Where plugins come from: files, folders and bundled components. Nothing here parses a component.

use crate::bundled::bundled;
use crate::error::{LoadError, LoadFault};
use loadwright_files::FileError;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

/// Maximum size of a component in bytes: interpreters of dynamic languages take some 40 MB.
const MAX_COMPONENT: u64 = 512 << 20;

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A component, or a core module built with wit-bindgen.
    Path(PathBuf),
    /// A bundled plugin, by name.
    Bundled(String),
}

impl Source {
    /// The components at `path`: the file itself, or the `.wasm` files of a folder, sorted by name.
    ///
    /// # Errors
    /// The folder cannot be read, or contains no component.
    pub fn at(path: &Path) -> Result<Vec<Self>, LoadError> {
        if !path.is_dir() {
            return Ok(vec![Self::Path(path.into())]);
        }
        let paths = components(path);
        let paths = paths.map_err(|fault| LoadError { origin: path.display().to_string(), fault });
        Ok(paths?.into_iter().map(Self::Path).collect())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Bundled(name) => write!(f, "`{name}`"),
        }
    }
}

/// The bytes of the component at `source`.
///
/// # Errors
/// It cannot be read.
pub(crate) fn bytes(source: &Source) -> Result<Cow<'static, [u8]>, LoadFault> {
    match source {
        Source::Path(path) => {
            loadwright_files::read(path, MAX_COMPONENT).map(Cow::Owned).map_err(refused)
        }
        Source::Bundled(name) => {
            let found = bundled().iter().find(|bundled| bundled.name == name);
            found.map(|bundled| Cow::Borrowed(bundled.bytes)).ok_or_else(|| {
                let names: Vec<_> =
                    bundled().iter().map(|bundled| format!("`{}`", bundled.name)).collect();
                LoadFault::NotBundled { known: names.join(", ") }
            })
        }
    }
}

fn components(folder: &Path) -> Result<Vec<PathBuf>, LoadFault> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() { Err(LoadFault::EmptyFolder) } else { Ok(paths) }
}

fn unreadable(error: std::io::Error) -> LoadFault {
    refused(error.into())
}

fn refused(error: FileError) -> LoadFault {
    match error {
        error if error.is_missing() => LoadFault::Missing,
        FileError::Folder => LoadFault::Folder,
        error => LoadFault::Unreadable(error),
    }
}
