//! A request's prompt as text, and how its tokens are counted.

pub(crate) mod counter;

use std::sync::Arc;

/// Counts the tokens of a prompt. It may be slow: only the usage of the reply waits for it and, under
/// batching, the prefill of the prompt.
pub type Counter = Arc<dyn Fn(&PromptText) -> u32 + Send + Sync>;

/// The prompt of a request, without its media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptText {
    /// Chat messages, to be counted as the chat template renders them.
    Chat(Vec<PromptMessage>),
    /// Text for a completions endpoint; several for a list of prompts.
    Text(Vec<String>),
    /// Token ids; several lists for a list of prompts.
    Tokens(Vec<Vec<u32>>),
}

/// One chat message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// e.g. `user`
    pub role: String,
    /// The text parts, joined by newlines.
    pub text: String,
    /// Number of image parts.
    pub images: u32,
}

/// Counts whitespace-separated words, and token ids as they are.
pub fn count_words(prompt: &PromptText) -> u32 {
    let count = match prompt {
        PromptText::Chat(messages) => {
            messages.iter().map(|message| message.text.split_whitespace().count()).sum()
        }
        PromptText::Text(texts) => texts.iter().map(|text| text.split_whitespace().count()).sum(),
        PromptText::Tokens(lists) => lists.iter().map(Vec::len).sum::<usize>(),
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}
