//! Resolves a tokenizer's name to a file: a path, a cached model, or one that is fetched now. Stops
//! at the file; `model` reads it.

use crate::error::OpenError;
use crate::fetch;
use crate::model_files::TOKENIZER;
use crate::sources::{Hubs, Sources};
use loadwright_files::FileError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The tokenizer.json of `name`; the other files are in the same folder.
pub(crate) fn resolve(name: &str, sources: &Sources) -> Result<PathBuf, OpenError> {
    let path = Path::new(name);
    match loadwright_files::open(path) {
        Ok(_) => return Ok(path.to_owned()),
        Err(FileError::Folder) => return in_folder(name, path),
        Err(FileError::Io(error)) if may_be_id(error.kind()) => {}
        Err(source) => return Err(OpenError::Unreadable { path: path.to_owned(), source }),
    }
    let mut tried = vec![format!("{name}: no such file or folder")];
    if !is_model_id(name) {
        return Err(OpenError::NotFound { name: name.to_owned(), tried });
    }
    for folder in cached(name, sources) {
        match folder.is_dir() {
            // A cache may have a model's weights without its tokenizer, which is then fetched.
            true if folder.join(TOKENIZER).is_file() => return Ok(folder.join(TOKENIZER)),
            true => tried.push(format!("{}: has no {TOKENIZER}", folder.display())),
            false => tried.push(format!("{}: does not exist", folder.display())),
        }
    }
    match &sources.hubs {
        Hubs::Offline => tried.push("the hubs: skipped, HF_HUB_OFFLINE is set".to_owned()),
        Hubs::Online(hubs) => {
            for hub in hubs {
                match fetch::fetch(name, hub, own(name, sources).as_deref())? {
                    fetch::Fetched::Found(file) => return Ok(file),
                    fetch::Fetched::NotFound(reason) => tried.push(reason),
                }
            }
        }
    }
    Err(OpenError::NotFound { name: name.to_owned(), tried })
}

/// Whether a name that fails to open with this error may be a model id.
fn may_be_id(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput)
}

fn in_folder(name: &str, folder: &Path) -> Result<PathBuf, OpenError> {
    let file = folder.join(TOKENIZER);
    if file.is_file() {
        return Ok(file);
    }
    Err(OpenError::NoTokenizerJson {
        name: name.to_owned(),
        place: format!("the folder {}", folder.display()),
    })
}

/// Model ids are `name` or `org/name`, of letters, digits, `-`, `_` and `.`; nothing else may become
/// part of a path or a URL.
fn is_model_id(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let plain = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    parts.len() <= 2 && parts.iter().all(plain)
}

fn cached(name: &str, sources: &Sources) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        sources.hugging_face.iter().map(|cache| snapshot(name, cache)).collect();
    for cache in &sources.model_scope {
        folders.push(cache.join(name));
        // `ModelScope` writes a dot as three underscores where symbolic links are not supported.
        if name.contains('.') {
            folders.push(cache.join(name.replace('.', "___")));
        }
    }
    folders.extend(own(name, sources));
    folders
}

/// Maximum length of a revision's name in bytes.
const REVISION: u64 = 4096;

/// The snapshot that `refs/main` names in a Hugging Face cache.
fn snapshot(name: &str, cache: &Path) -> PathBuf {
    let model = cache.join(format!("models--{}", name.replace('/', "--")));
    match loadwright_files::read_text(&model.join("refs").join("main"), REVISION) {
        Ok(revision) => model.join("snapshots").join(revision.trim()),
        Err(_) => model,
    }
}

fn own(name: &str, sources: &Sources) -> Option<PathBuf> {
    sources.own.as_ref().map(|own| own.join(name.replace('/', "--")))
}

#[cfg(test)]
mod tests;
