//! Fetches a model's tokenizer from a hub over HTTP into our own cache. Stops at the files.

use crate::error::OpenError;
use crate::model_files::{CONFIG, MAX_TOKENIZER, TEMPLATE, TOKENIZER};
use crate::places::Hub;
use reqwest::StatusCode;
use reqwest::blocking::Client;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A hub that does not even connect must not hold up the start for long.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest tokenizers are some 30 MB.
const TRANSFER: Duration = Duration::from_secs(120);

/// What a hub answered.
pub(crate) enum Fetched {
    /// The tokenizer.json, the other files beside it.
    At(PathBuf),
    /// It has none, or could not be asked: what it said, for the list of what was tried.
    Missed(String),
}

/// A file to keep: its name and what it holds.
type Kept = (&'static str, Vec<u8>);

/// One file of a model.
enum File {
    Found(Vec<u8>),
    Absent,
}

/// The tokenizer of model `id` from `hub`, kept in the folder `keep`.
pub(crate) fn fetch(id: &str, hub: &Hub, keep: Option<&Path>) -> Result<Fetched, OpenError> {
    let Some(keep) = keep else {
        return Ok(Fetched::Missed(format!(
            "{}: not asked, there is no HOME or XDG_CACHE_HOME to keep its files in",
            hub.endpoint
        )));
    };
    let asked = format!("{}/{}{id}", hub.endpoint, hub.path);
    match files(&asked, hub) {
        Err(answer) => Ok(Fetched::Missed(format!("{asked}: {answer}"))),
        Ok(None) => Err(OpenError::NoTokenizerJson {
            name: id.to_owned(),
            place: format!("the model at {asked}"),
        }),
        Ok(Some(files)) => store(keep, &files).map(Fetched::At),
    }
}

/// The files to keep, tokenizer.json last; none: the model is there without one.
fn files(asked: &str, hub: &Hub) -> Result<Option<Vec<Kept>>, String> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TRANSFER)
        .build()
        .map_err(|error| chain(&error))?;
    let get = |file: &str| get(&client, &format!("{asked}/resolve/{}/{file}", hub.revision), hub);
    let File::Found(tokenizer) = get(TOKENIZER)? else {
        return match (get(CONFIG)?, get("config.json")?) {
            (File::Absent, File::Absent) => Err("no such model (404)".to_owned()),
            _ => Ok(None),
        };
    };
    let mut files = Vec::new();
    for name in [CONFIG, TEMPLATE] {
        if let File::Found(bytes) = get(name)? {
            files.push((name, bytes));
        }
    }
    files.push((TOKENIZER, tokenizer));
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
            "{}: there is no such model, or it is gated and HF_TOKEN does not open it",
            response.status().as_u16()
        )),
        status if status.is_success() => {
            let mut bytes = Vec::new();
            let mut limited = response.take(MAX_TOKENIZER + 1);
            limited.read_to_end(&mut bytes).map_err(|error| chain(&error))?;
            if bytes.len() as u64 > MAX_TOKENIZER {
                return Err(format!("it answered with more than {} MiB", MAX_TOKENIZER >> 20));
            }
            Ok(File::Found(bytes))
        }
        status => Err(format!("it answered {status}")),
    }
}

/// An error with its causes: the outermost of reqwest's says only that sending failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Each file is complete once it has its name, and tokenizer.json, which makes the folder count as
/// a cached model, comes last: a start that is cut off leaves nothing that misleads the next.
fn store(keep: &Path, files: &[Kept]) -> Result<PathBuf, OpenError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Unwritable { path, source }
    };
    std::fs::create_dir_all(keep).map_err(failed(keep))?;
    for (name, bytes) in files {
        let part = keep.join(format!("{name}.{}.part", std::process::id()));
        std::fs::write(&part, bytes).map_err(failed(&part))?;
        std::fs::rename(&part, keep.join(name)).map_err(failed(&part))?;
    }
    Ok(keep.join(TOKENIZER))
}

#[cfg(test)]
mod tests;
