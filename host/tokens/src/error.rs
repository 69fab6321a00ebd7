//! Why a tokenizer could not be opened, in the words that the user needs to mend it.

use loadwright_files::FileError;
use std::path::PathBuf;

/// [`crate::open`] failed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither a path nor a cached model nor a model that the hubs have. Remedy: the name, the
    /// network, or a local folder.
    #[error(
        "--tokenizer-path {name}: no tokenizer found\n  give a folder that holds tokenizer.json, the \
         file itself, or the id of a\n  model on a hub; tried, in this order:{}",
        tried.iter().map(|place| format!("\n    {place}")).collect::<String>()
    )]
    NotFound {
        /// What the user gave.
        name: String,
        /// Each place looked at, and what it answered.
        tried: Vec<String>,
    },
    /// The folder or model is there, but ships its vocabulary in another form. Remedy: convert it
    /// once.
    #[error(
        "--tokenizer-path {name}: {place} ships no tokenizer.json; convert it once with \
         `python -c \"from transformers import AutoTokenizer; \
         AutoTokenizer.from_pretrained('{name}').save_pretrained('tokenizer')\"` and give \
         --tokenizer-path tokenizer"
    )]
    NoTokenizerJson {
        /// What the user gave.
        name: String,
        /// The folder or model.
        place: String,
    },
    /// A file is there and cannot be read. Remedy: its permissions.
    #[error("--tokenizer-path: {} {source}; give a file that can be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FileError,
    },
    /// What was fetched cannot be kept. Remedy: room and permissions of the cache.
    #[error(
        "--tokenizer-path: cannot keep what was fetched in {}: {source}; make room, or name \
         another cache by XDG_CACHE_HOME",
        path.display()
    )]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what its name says. Remedy: another copy of it.
    #[error("--tokenizer-path: {} is not valid: {reason}; fetch it again or give another", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
}
