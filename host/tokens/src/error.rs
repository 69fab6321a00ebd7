//! Why a tokenizer could not be opened, and the remedy.

use loadwright_files::FileError;
use std::path::PathBuf;

/// [`crate::open`] failed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a path, a cached model or a model on the hubs.
    #[error(
        "--tokenizer-path {name}: no tokenizer found\n  give a folder with tokenizer.json, the file \
         itself, or the id of a model on a hub;\n  tried in this order:{}",
        tried.iter().map(|source| format!("\n    {source}")).collect::<String>()
    )]
    NotFound {
        /// The name that the user gave.
        name: String,
        /// Each source that was tried, and its result.
        tried: Vec<String>,
    },
    /// The folder or model exists, but has its vocabulary in another format.
    #[error(
        "--tokenizer-path {name}: {place} has no tokenizer.json; convert it once with \
         `python -c \"from transformers import AutoTokenizer; \
         AutoTokenizer.from_pretrained('{name}').save_pretrained('tokenizer')\"` and give \
         --tokenizer-path tokenizer"
    )]
    NoTokenizerJson {
        /// The name that the user gave.
        name: String,
        /// The folder or model.
        place: String,
    },
    /// A file exists but cannot be read.
    #[error("--tokenizer-path: {} {source}; give a readable file", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FileError,
    },
    /// A fetched tokenizer cannot be written to the cache.
    #[error(
        "--tokenizer-path: cannot write the fetched tokenizer to {}: {source}; free some space or \
         set XDG_CACHE_HOME to another cache folder",
        path.display()
    )]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file's content is not valid.
    #[error(
        "--tokenizer-path: {} is not valid: {reason}; download it again or give another tokenizer",
        path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
