//! Tokenizers and chat templates behind core's port: found and read by [`open`], counted as a
//! server counts, and made to write prompts of an exact length. [`builtin`] is a small one that
//! needs no file. Stops at the port: what is asked of a tokenizer is the datasets' business.
#![forbid(unsafe_code)]

mod builtin;
mod clock;
mod config;
mod count;
mod encoder;
mod error;
mod fetch;
mod file;
mod locate;
mod model;
mod model_files;
mod places;
mod python;
mod synthesis;
mod template;
mod words;

pub use builtin::builtin;
pub use error::OpenError;

use loadwright_core::ports::Tokenizer;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The tokenizer that `--tokenizer-path` names: a folder that holds tokenizer.json, such a file,
/// or the id of a model, looked up in the local Hugging Face and `ModelScope` caches and our own,
/// then fetched from the hubs unless `HF_HUB_OFFLINE` forbids it. May block on the network.
/// `options` are what requests tell the server's chat template, as `chat_template_kwargs`.
///
/// # Errors
/// It is nowhere, ships no tokenizer.json, or a file of it does not read.
pub fn open(name: &str, options: &Map<String, Value>) -> Result<Arc<dyn Tokenizer>, OpenError> {
    open_in(name, options, &places::Places::from_env())
}

fn open_in(
    name: &str,
    options: &Map<String, Value>,
    places: &places::Places,
) -> Result<Arc<dyn Tokenizer>, OpenError> {
    let found = locate::locate(name, places)?;
    Ok(Arc::new(model::Model::load(&found, options)?))
}
