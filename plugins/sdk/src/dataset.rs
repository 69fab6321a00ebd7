//! What a dataset plugin implements.

use crate::{Conversation, Fault, Message, Part, Prompt, Turn};

/// A dataset, configured. Item n depends on settings, seed and n alone.
pub trait Dataset: 'static {
    /// Takes the settings, a JSON object (see [`crate::settings::Dataset`]).
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// How many conversations there are; none where there is no end, or it is not known.
    ///
    /// # Errors
    /// It cannot be read.
    fn size(&self) -> Result<Option<u32>, Fault>;

    /// Conversations `first .. first + count`; fewer: the end.
    ///
    /// # Errors
    /// An item cannot be made or read.
    fn generate(&self, first: u32, count: u32) -> Result<Vec<Conversation>, Fault>;
}

/// A turn that asks `prompt` and sets nothing else.
pub fn turn(prompt: Prompt) -> Turn {
    Turn {
        prompt,
        media: Vec::new(),
        input_tokens: None,
        max_tokens: None,
        min_tokens: None,
        pause: 0.0,
        headers: Vec::new(),
    }
}

/// A conversation of one turn.
pub fn conversation(turn: Turn) -> Conversation {
    Conversation { id: String::new(), due: None, turns: vec![turn] }
}

/// One user message of text as a prompt: a chat message, or the bare text.
pub fn user(text: String, in_chat: bool) -> Prompt {
    if !in_chat {
        return Prompt::Text(text);
    }
    let parts = vec![Part::Text(text)];
    Prompt::Messages(vec![Message { role: "user".into(), parts, extra: String::new() }])
}
