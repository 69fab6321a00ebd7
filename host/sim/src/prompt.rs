//! A request's prompt as text, for whoever counts its tokens.

use std::sync::Arc;

/// Counts the tokens of a prompt. It may take its time: nothing that is served waits for it but the
/// reply's usage, and under batching the prompt's place in the batch.
pub type Counter = Arc<dyn Fn(&PromptText) -> u32 + Send + Sync>;

/// What a request asked, without its media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptText {
    /// Chat messages, to be counted as the chat template renders them.
    Chat(Vec<PromptMessage>),
    /// Text for a completions endpoint; several for a request with a list of prompts.
    Text(Vec<String>),
    /// Token ids: as many tokens as there are; several for a list of lists.
    Tokens(Vec<Vec<u32>>),
}

/// One chat message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// e.g. `user`
    pub role: String,
    /// The text parts, joined by line ends.
    pub text: String,
    /// How many image parts it has.
    pub images: u32,
}

/// Counts whitespace-separated words, and ids as they are.
pub fn words(prompt: &PromptText) -> u32 {
    let count = match prompt {
        PromptText::Chat(messages) => {
            messages.iter().map(|message| message.text.split_whitespace().count()).sum()
        }
        PromptText::Text(texts) => texts.iter().map(|text| text.split_whitespace().count()).sum(),
        PromptText::Tokens(lists) => lists.iter().map(Vec::len).sum::<usize>(),
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}
