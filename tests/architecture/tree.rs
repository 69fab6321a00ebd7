//! The project's own files, as a list.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project.
pub(crate) struct File {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the root").into()
}

/// What is built, fetched or recorded rather than written.
const SKIPPED: [&str; 6] = ["target", "dist", "corpus", "artifacts", "outputs", "node_modules"];

/// Git's own folder, or in a linked worktree a file that names it.
const GIT: &str = ".git";

/// All text files below `folders`, or in the root itself for `.`, in the order of their paths.
pub(crate) fn files(folders: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    for folder in folders {
        let path = root().join(folder);
        match *folder {
            "." => collect(&path, false, &mut files),
            _ => collect(&path, true, &mut files),
        }
    }
    files.sort_by(|a: &File, b| a.path.cmp(&b.path));
    files
}

fn collect(folder: &Path, deep: bool, files: &mut Vec<File>) {
    // A folder that does not exist yet holds nothing.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.expect("the project can be read");
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() && deep && !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
            collect(&path, deep, files);
        } else if path.is_file()
            && name != GIT
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root()).expect("below the root").to_string_lossy();
            files.push(File { path: path.replace('\\', "/"), text });
        }
    }
}

/// All Rust files of the project.
pub(crate) fn rust() -> Vec<File> {
    let mut files = files(&["host", "plugins", "examples", "xtask", "benches", "tests", "fuzz"]);
    files.retain(|file| file.path.ends_with(".rs"));
    assert!(files.len() > 20, "the project's sources are found");
    files
}
