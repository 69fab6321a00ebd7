//! Encodes, decodes and counts text: the pipeline of a tokenizer and its chat template. Reading them
//! from files, and composing prompts of a length, is done elsewhere.

use crate::template::ChatTemplate;
use loadwright_core::conversation::Message;
use loadwright_core::ports::Fault;

/// A pipeline, and a chat template where the model has one.
#[derive(Debug)]
pub(crate) struct Encoder {
    pipeline: tokenizers::Tokenizer,
    template: Option<ChatTemplate>,
}

impl Encoder {
    pub(crate) fn new(pipeline: tokenizers::Tokenizer, template: Option<ChatTemplate>) -> Self {
        Self { pipeline, template }
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok(self.ids(text, false)?.get_ids().to_vec())
    }

    pub(crate) fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok(self.ids(text, true)?.get_ids().to_vec())
    }

    pub(crate) fn decode(&self, tokens: &[u32]) -> Result<String, Fault> {
        if let Some(id) = tokens.iter().find(|id| self.pipeline.id_to_token(**id).is_none()) {
            return Err(Fault::Input(format!(
                "token id {id} is not in the tokenizer's vocabulary"
            )));
        }
        self.pipeline
            .decode(tokens, false)
            .map_err(|error| Fault::Input(format!("the tokenizer cannot decode the ids: {error}")))
    }

    pub(crate) fn count_text(&self, text: &str) -> Result<u32, Fault> {
        self.length(text, true)
    }

    pub(crate) fn count_chat(&self, messages: &[Message]) -> Result<u32, Fault> {
        self.length(&self.render_chat(messages)?, false)
    }

    /// The pipeline itself.
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
        self.render_chat(&[Message::text("user", text)])
    }

    /// Number of ids of `text`; with `special`, including those added to every text.
    pub(crate) fn length(&self, text: &str, special: bool) -> Result<u32, Fault> {
        Ok(length(&self.ids(text, special)?))
    }

    pub(crate) fn render_chat(&self, messages: &[Message]) -> Result<String, Fault> {
        let template = self.template.as_ref().ok_or_else(|| {
            Fault::Unsupported(
                "the tokenizer has no chat template; give --no-apply-chat-template, or a \
                 --tokenizer-path folder with chat_template.jinja in it"
                    .to_owned(),
            )
        })?;
        template.render(messages)
    }

    pub(crate) fn ids(&self, text: &str, special: bool) -> Result<tokenizers::Encoding, Fault> {
        self.pipeline
            .encode_fast(text, special)
            .map_err(|error| Fault::Input(format!("the tokenizer cannot encode the text: {error}")))
    }
}

/// More tokens than a u32 holds would need a text of gigabytes.
fn length(encoding: &tokenizers::Encoding) -> u32 {
    u32::try_from(encoding.get_ids().len()).unwrap_or(u32::MAX)
}
