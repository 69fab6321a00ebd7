//! Encodes, decodes and counts text with a tokenizer's pipeline and chat template. Reading them from
//! files and synthesizing prompts are done elsewhere.

use crate::template::ChatTemplate;
use loadwright_core::conversation::Message;
use loadwright_core::ports::Fault;

/// A pipeline, and a chat template if the model has one.
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

    /// The longest beginning of `text` that counts at most `tokens` tokens, found by cutting it
    /// behind its last tokens: a shorter text may be encoded otherwise, so that is done again until
    /// it fits.
    pub(crate) fn truncate(&self, text: &str, tokens: u32) -> Result<String, Fault> {
        let mut kept = text;
        loop {
            let encoding = self.with_offsets(kept)?;
            let excess = encoding.len().saturating_sub(tokens as usize);
            if excess == 0 {
                return Ok(kept.to_owned());
            }
            let special = encoding.get_special_tokens_mask();
            let offsets = encoding.get_offsets().iter().zip(special);
            let ends: Vec<usize> =
                offsets.filter(|(_, special)| **special == 0).map(|((_, end), _)| *end).collect();
            let left = ends.len().saturating_sub(excess);
            let end = left.checked_sub(1).map_or(0, |last| ends[last]);
            // Tokens of one character may end at the same place: each round drops at least one.
            let end = kept.floor_char_boundary(end.min(kept.len().saturating_sub(1)));
            kept = &kept[..end];
            if kept.is_empty() {
                return Ok(String::new());
            }
        }
    }

    fn with_offsets(&self, text: &str) -> Result<tokenizers::Encoding, Fault> {
        self.pipeline
            .encode(text, true)
            .map_err(|error| Fault::Input(format!("the tokenizer cannot encode the text: {error}")))
    }

    /// The pipeline itself.
    pub(crate) fn pipeline(&self) -> &tokenizers::Tokenizer {
        &self.pipeline
    }

    /// A server's count of `text` as a plain prompt, or as one user message.
    pub(crate) fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        if in_chat {
            self.count_chat(&[Message::text("user", text)])
        } else {
            self.count_text(text)
        }
    }

    /// `text` as one user message, rendered by the chat template.
    pub(crate) fn render(&self, text: &str) -> Result<String, Fault> {
        self.render_chat(&[Message::text("user", text)])
    }

    /// Number of tokens of `text`; with `special`, including those added to every text.
    pub(crate) fn length(&self, text: &str, special: bool) -> Result<u32, Fault> {
        Ok(length(&self.ids(text, special)?))
    }

    pub(crate) fn render_chat(&self, messages: &[Message]) -> Result<String, Fault> {
        let template = self.template.as_ref().ok_or_else(|| {
            Fault::Unsupported(
                "the tokenizer has no chat template; give --no-apply-chat-template, or add \
                 chat_template.jinja to the --tokenizer-path folder"
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

/// More tokens than fit in a u32 would need gigabytes of text.
fn length(encoding: &tokenizers::Encoding) -> u32 {
    u32::try_from(encoding.get_ids().len()).unwrap_or(u32::MAX)
}
