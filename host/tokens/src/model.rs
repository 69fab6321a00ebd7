//! A loaded tokenizer: core's port over an encoder and a synthesizer.

use crate::encoder::Encoder;
use crate::error::OpenError;
use crate::model_files::MAX_TOKENIZER;
use crate::synthesis::Synthesizer;
use crate::template::ChatTemplate;
use crate::{config, count, file};
use loadwright_core::conversation::Message;
use loadwright_core::ports::{Fault, Synthesis, Synthesized, Tokenizer};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::OnceLock;

/// An encoder, and a synthesizer created on first use.
#[derive(Debug)]
pub(crate) struct Model {
    encoder: Encoder,
    synthesizer: OnceLock<Synthesizer>,
}

impl Model {
    /// Reads `path`, a tokenizer.json, and the other files of its folder; `options` are passed to the
    /// chat template.
    pub(crate) fn load(path: &Path, options: &Map<String, Value>) -> Result<Self, OpenError> {
        let json = loadwright_files::read_text(path, MAX_TOKENIZER)
            .map_err(|source| OpenError::Unreadable { path: path.to_owned(), source })?;
        let pipeline = file::read(&json)
            .map_err(|reason| OpenError::Invalid { path: path.to_owned(), reason })?;
        drop(json);
        let (config, origin) = config::read(path.parent().unwrap_or(Path::new("")))?;
        let template = ChatTemplate::compile(config)
            .map_err(|reason| OpenError::Invalid { path: origin, reason })?;
        Ok(Self::new(pipeline, template.map(|template| template.with_options(options))))
    }

    /// A model of loaded parts.
    pub(crate) fn new(pipeline: tokenizers::Tokenizer, template: Option<ChatTemplate>) -> Self {
        Self { encoder: Encoder::new(pipeline, template), synthesizer: OnceLock::new() }
    }

    #[cfg(test)]
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.encoder
    }
}

impl Tokenizer for Model {
    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        self.encoder.encode(text)
    }

    fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, Fault> {
        self.encoder.encode_prompt(text)
    }

    fn decode(&self, tokens: &[u32]) -> Result<String, Fault> {
        self.encoder.decode(tokens)
    }

    fn count_text(&self, text: &str) -> Result<u32, Fault> {
        self.count(text, true)
    }

    fn count_chat(&self, messages: &[Message]) -> Result<u32, Fault> {
        self.count(&self.encoder.render_chat(messages)?, false)
    }

    fn truncate(&self, text: &str, tokens: u32) -> Result<String, Fault> {
        self.encoder.truncate(text, tokens)
    }

    fn synthesize(&self, request: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        self.synthesizer().synthesize(&self.encoder, request)
    }
}

impl Model {
    fn synthesizer(&self) -> &Synthesizer {
        self.synthesizer.get_or_init(|| Synthesizer::new(&self.encoder))
    }

    /// The tokens of `text`: of a long one part by part where the vocabulary allows it, since encoding
    /// takes some two hundred times the memory of what is encoded.
    fn count(&self, text: &str, special: bool) -> Result<u32, Fault> {
        if count::is_long(text) && self.synthesizer().is_trusted() {
            return count::sum(&self.encoder, text, special, None);
        }
        self.encoder.length(text, special)
    }
}

#[cfg(test)]
pub(crate) mod tests;
