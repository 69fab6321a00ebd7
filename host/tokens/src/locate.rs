//! Finds the folder that a tokenizer's name stands for: a path, a cached model, or one that is
//! fetched now. Stops at the folder; reading it is `model`'s.

use crate::error::OpenError;
use crate::fetch;
use crate::model_files::TOKENIZER;
use crate::places::{Hubs, Places};
use loadwright_files::FileError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The tokenizer.json that `name` stands for; the other files are beside it.
pub(crate) fn locate(name: &str, places: &Places) -> Result<PathBuf, OpenError> {
    let path = Path::new(name);
    match loadwright_files::open(path) {
        Ok(_) => return Ok(path.to_owned()),
        Err(FileError::Folder) => return shipped(name, path),
        Err(FileError::Io(error)) if may_be_id(error.kind()) => {}
        Err(source) => return Err(OpenError::Unreadable { path: path.to_owned(), source }),
    }
    let mut tried = vec![format!("{name}: no such file or folder")];
    if !is_model_id(name) {
        return Err(OpenError::NotFound { name: name.to_owned(), tried });
    }
    for folder in cached(name, places) {
        match folder.is_dir() {
            // A cache may hold a model's weights without its tokenizer: then it is fetched.
            true if folder.join(TOKENIZER).is_file() => return Ok(folder.join(TOKENIZER)),
            true => tried.push(format!("{}: no {TOKENIZER} in it", folder.display())),
            false => tried.push(format!("{}: not there", folder.display())),
        }
    }
    match &places.hubs {
        Hubs::Offline => tried.push("the hubs: not asked, HF_HUB_OFFLINE is set".to_owned()),
        Hubs::Online(hubs) => {
            for hub in hubs {
                match fetch::fetch(name, hub, own(name, places).as_deref())? {
                    fetch::Fetched::At(file) => return Ok(file),
                    fetch::Fetched::Missed(answer) => tried.push(answer),
                }
            }
        }
    }
    Err(OpenError::NotFound { name: name.to_owned(), tried })
}

/// Whether a name that cannot be opened for this reason is no path, and so perhaps an id.
fn may_be_id(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput)
}

fn shipped(name: &str, folder: &Path) -> Result<PathBuf, OpenError> {
    let file = folder.join(TOKENIZER);
    if file.is_file() {
        return Ok(file);
    }
    Err(OpenError::NoTokenizerJson {
        name: name.to_owned(),
        place: format!("the folder {}", folder.display()),
    })
}

/// Hub ids are `name` or `org/name`, of letters, digits, `-`, `_` and `.`; nothing else may become
/// part of a path or an address.
fn is_model_id(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let plain = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    parts.len() <= 2 && parts.iter().all(plain)
}

fn cached(name: &str, places: &Places) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        places.hugging_face.iter().map(|cache| snapshot(name, cache)).collect();
    for cache in &places.model_scope {
        folders.push(cache.join(name));
        // `ModelScope` writes a dot as three underscores where links are not to be had.
        if name.contains('.') {
            folders.push(cache.join(name.replace('.', "___")));
        }
    }
    folders.extend(own(name, places));
    folders
}

/// Bytes of a revision's name at most.
const REVISION: u64 = 4096;

/// The snapshot that `refs/main` names in a Hugging Face cache.
fn snapshot(name: &str, cache: &Path) -> PathBuf {
    let model = cache.join(format!("models--{}", name.replace('/', "--")));
    match loadwright_files::read_text(&model.join("refs").join("main"), REVISION) {
        Ok(revision) => model.join("snapshots").join(revision.trim()),
        Err(_) => model,
    }
}

fn own(name: &str, places: &Places) -> Option<PathBuf> {
    places.own.as_ref().map(|own| own.join(name.replace('/', "--")))
}

#[cfg(test)]
mod tests;
