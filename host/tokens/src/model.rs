//! A loaded tokenizer: core's port over the pipeline and its chat template. Counting is here;
//! making text of a length is `synthesis`'s.

use crate::error::OpenError;
use crate::synthesis::Writer;
use crate::template::ChatTemplate;
use crate::{config, file};
use loadwright_core::conversation::Message;
use loadwright_core::ports::{Fault, Synthesis, Synthesized, Tokenizer};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::OnceLock;

/// Bytes of a tokenizer.json at most: the largest have some 40 MB.
pub(crate) const VOCABULARY: u64 = 512 << 20;

/// A pipeline, a chat template where the model has one, and the writer, made on first use.
#[derive(Debug)]
pub(crate) struct Model {
    pipeline: tokenizers::Tokenizer,
    template: Option<ChatTemplate>,
    writer: OnceLock<Writer>,
}

impl Model {
    /// Reads `path`, a tokenizer.json, and what stands beside it; requests tell the chat template
    /// `options`.
    pub(crate) fn load(path: &Path, options: &Map<String, Value>) -> Result<Self, OpenError> {
        let json = loadwright_files::read_text(path, VOCABULARY)
            .map_err(|source| OpenError::Unreadable { path: path.to_owned(), source })?;
        let pipeline = file::read(&json)
            .map_err(|reason| OpenError::Invalid { path: path.to_owned(), reason })?;
        drop(json);
        let (config, origin) = config::read(path.parent().unwrap_or(Path::new("")))?;
        let template = ChatTemplate::compile(config)
            .map_err(|reason| OpenError::Invalid { path: origin, reason })?;
        Ok(Self::new(pipeline, template.map(|template| template.with_options(options))))
    }

    /// A model of parts at hand.
    pub(crate) fn new(pipeline: tokenizers::Tokenizer, template: Option<ChatTemplate>) -> Self {
        Self { pipeline, template, writer: OnceLock::new() }
    }

    /// The pipeline.
    pub(crate) fn pipeline(&self) -> &tokenizers::Tokenizer {
        &self.pipeline
    }

    /// What a server counts for `text` as a bare prompt, or as one user message.
    pub(crate) fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        if in_chat {
            self.count_chat(&[Message::text("user", text)])
        } else {
            self.count_text(text)
        }
    }

    /// What the chat template makes of `text` as one user message.
    pub(crate) fn render(&self, text: &str) -> Result<String, Fault> {
        self.rendered(&[Message::text("user", text)])
    }

    /// How many ids `text` has; `special`: with those that are added to every text.
    pub(crate) fn length(&self, text: &str, special: bool) -> Result<u32, Fault> {
        Ok(length(&self.ids(text, special)?))
    }

    fn rendered(&self, messages: &[Message]) -> Result<String, Fault> {
        let template = self.template.as_ref().ok_or_else(|| {
            Fault::Unsupported(
                "the tokenizer has no chat template; give --no-apply-chat-template, or a \
                 --tokenizer-path folder with chat_template.jinja in it"
                    .to_owned(),
            )
        })?;
        template.render(messages)
    }

    fn ids(&self, text: &str, special: bool) -> Result<tokenizers::Encoding, Fault> {
        self.pipeline
            .encode_fast(text, special)
            .map_err(|error| Fault::Input(format!("the tokenizer cannot encode the text: {error}")))
    }
}

/// More tokens than a u32 holds would need a text of gigabytes.
fn length(encoding: &tokenizers::Encoding) -> u32 {
    u32::try_from(encoding.get_ids().len()).unwrap_or(u32::MAX)
}

impl Tokenizer for Model {
    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok(self.ids(text, false)?.get_ids().to_vec())
    }

    fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok(self.ids(text, true)?.get_ids().to_vec())
    }

    fn decode(&self, tokens: &[u32]) -> Result<String, Fault> {
        if let Some(id) = tokens.iter().find(|id| self.pipeline.id_to_token(**id).is_none()) {
            return Err(Fault::Input(format!(
                "token id {id} is not in the tokenizer's vocabulary"
            )));
        }
        self.pipeline
            .decode(tokens, false)
            .map_err(|error| Fault::Input(format!("the tokenizer cannot decode the ids: {error}")))
    }

    fn count_text(&self, text: &str) -> Result<u32, Fault> {
        self.length(text, true)
    }

    fn count_chat(&self, messages: &[Message]) -> Result<u32, Fault> {
        self.length(&self.rendered(messages)?, false)
    }

    fn synthesize(&self, request: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        self.writer.get_or_init(|| Writer::new(self)).write(self, request)
    }
}

#[cfg(test)]
pub(crate) mod tests;
