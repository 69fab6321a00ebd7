//! Fetches a model's tokenizer from a hub over HTTP into our own cache. Stops at the files.

use crate::error::OpenError;
use crate::model_files::{CONFIG, MAX_TOKENIZER, TEMPLATE, TOKENIZER};
use crate::sources::Hub;
use reqwest::StatusCode;
use reqwest::blocking::Client;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A hub that does not accept connections must not delay the start for long.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest tokenizers are some 30 MB.
const TRANSFER: Duration = Duration::from_secs(120);

/// The result of fetching from a hub.
pub(crate) enum Fetched {
    /// The tokenizer.json; the other files are in the same folder.
    Found(PathBuf),
    /// The hub does not have the model, or cannot be reached: why, for the list of sources tried.
    NotFound(String),
}

/// A file to cache.
struct CachedFile {
    name: &'static str,
    bytes: Vec<u8>,
}

/// One file of a model.
enum File {
    Found(Vec<u8>),
    Absent,
}

/// Fetches the tokenizer of model `id` from `hub` into the folder `cache`.
pub(crate) fn fetch(id: &str, hub: &Hub, cache: Option<&Path>) -> Result<Fetched, OpenError> {
    let Some(cache) = cache else {
        return Ok(Fetched::NotFound(format!(
            "{}: skipped, no cache folder (HOME and XDG_CACHE_HOME are not set)",
            hub.endpoint
        )));
    };
    let url = format!("{}/{}{id}", hub.endpoint, hub.path);
    match files(&url, hub) {
        Err(reason) => Ok(Fetched::NotFound(format!("{url}: {reason}"))),
        Ok(None) => Err(OpenError::NoTokenizerJson {
            name: id.to_owned(),
            place: format!("the model at {url}"),
        }),
        Ok(Some(files)) => store(cache, &files).map(Fetched::Found),
    }
}

/// The files to cache, tokenizer.json last; `None` if the model has no tokenizer.json.
fn files(url: &str, hub: &Hub) -> Result<Option<Vec<CachedFile>>, String> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TRANSFER)
        .build()
        .map_err(|error| chain(&error))?;
    let get = |file: &str| get(&client, &format!("{url}/resolve/{}/{file}", hub.revision), hub);
    let File::Found(tokenizer) = get(TOKENIZER)? else {
        return match (get(CONFIG)?, get("config.json")?) {
            (File::Absent, File::Absent) => Err("no such model (404)".to_owned()),
            _ => Ok(None),
        };
    };
    let mut files = Vec::new();
    for name in [CONFIG, TEMPLATE] {
        if let File::Found(bytes) = get(name)? {
            files.push(CachedFile { name, bytes });
        }
    }
    files.push(CachedFile { name: TOKENIZER, bytes: tokenizer });
    Ok(Some(files))
}

fn get(client: &Client, url: &str, hub: &Hub) -> Result<File, String> {
    let mut request = client.get(url);
    if let Some(token) = &hub.token {
        request = request.bearer_auth(token);
    }
    let response = request.send().map_err(|error| chain(&error))?;
    match response.status() {
        StatusCode::NOT_FOUND => Ok(File::Absent),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(format!(
            "{}: no such model, or it is gated and HF_TOKEN does not grant access",
            response.status().as_u16()
        )),
        status if status.is_success() => {
            let mut bytes = Vec::new();
            let mut limited = response.take(MAX_TOKENIZER + 1);
            limited.read_to_end(&mut bytes).map_err(|error| chain(&error))?;
            if bytes.len() as u64 > MAX_TOKENIZER {
                return Err(format!("the file is larger than {} MiB", MAX_TOKENIZER >> 20));
            }
            Ok(File::Found(bytes))
        }
        status => Err(format!("status {status}")),
    }
}

/// An error with its causes: reqwest's outermost one says only that sending failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Writes each file atomically. tokenizer.json, which makes the folder count as a cached model, comes
/// last: an interrupted start leaves nothing that misleads the next.
fn store(cache: &Path, files: &[CachedFile]) -> Result<PathBuf, OpenError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Unwritable { path, source }
    };
    std::fs::create_dir_all(cache).map_err(failed(cache))?;
    for CachedFile { name, bytes } in files {
        let part = cache.join(format!("{name}.{}.part", std::process::id()));
        std::fs::write(&part, bytes).map_err(failed(&part))?;
        std::fs::rename(&part, cache.join(name)).map_err(failed(&part))?;
    }
    Ok(cache.join(TOKENIZER))
}

#[cfg(test)]
mod tests;
