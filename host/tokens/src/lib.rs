//! Tokenizers and chat templates behind core's port: [`open`] finds and reads them; they count
//! tokens as a server does and synthesize prompts of an exact length. [`builtin`] is a small one
//! without files. Stops at the port: datasets decide what to count and synthesize.
#![forbid(unsafe_code)]

mod builtin;
mod clock;
mod config;
mod count;
mod encoder;
mod error;
mod fetch;
mod file;
mod model;
mod model_files;
mod pieces;
mod python;
mod resolve;
mod sources;
mod synthesis;
mod template;

pub use builtin::builtin;
pub use error::OpenError;

use loadwright_core::ports::Tokenizer;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The tokenizer that `--tokenizer-path` names: a folder with tokenizer.json, such a file, or a
/// model id, looked up in the local Hugging Face and `ModelScope` caches and in our own, then
/// fetched from the hubs unless `HF_HUB_OFFLINE` is set. May block on the network. `options` are the
/// `chat_template_kwargs` of requests.
///
/// # Errors
/// It is not found, has no tokenizer.json, or one of its files is unreadable or invalid.
pub fn open(name: &str, options: &Map<String, Value>) -> Result<Arc<dyn Tokenizer>, OpenError> {
    open_in(name, options, &sources::Sources::from_env())
}

fn open_in(
    name: &str,
    options: &Map<String, Value>,
    sources: &sources::Sources,
) -> Result<Arc<dyn Tokenizer>, OpenError> {
    let found = resolve::resolve(name, sources)?;
    Ok(Arc::new(model::Model::load(&found, options)?))
}
