//! What a dataset plugin implements.

use crate::{Content, Conversation, DatasetProperties, Fault, Message, Part, Prompt, Source, Turn};

/// A dataset, configured. Item n depends on settings, seed and n alone.
pub trait Dataset: 'static {
    /// Takes the settings, a JSON object (see [`crate::settings::Dataset`]).
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// What is known of the dataset as a whole; see [`properties`].
    ///
    /// # Errors
    /// It cannot be read.
    fn properties(&self) -> Result<DatasetProperties, Fault>;

    /// Conversations `first .. first + count`; fewer: the end. A fault within fails its item alone.
    ///
    /// # Errors
    /// Nothing can be made or read.
    fn generate(&self, first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault>;
}

/// A dataset with an index: what takes long is done once a run, by one instance, and given to all
/// others.
pub trait Indexed: Dataset {
    /// Makes the index. Called once a run, after `configure`.
    ///
    /// # Errors
    /// It cannot be made.
    fn build(&self) -> Result<Vec<u8>, Fault>;

    /// Takes the index in every other instance, after `configure`.
    ///
    /// # Errors
    /// It is not an index of this dataset.
    fn load(&self, index: Vec<u8>) -> Result<(), Fault>;
}

/// Properties of a dataset without an end, whose conversations have one turn.
pub fn properties() -> DatasetProperties {
    DatasetProperties { items: None, turns: Some(1), timed: false, extra: String::new() }
}

/// Items `first .. first + count` of a dataset without an end, each made by `item`.
pub fn items(
    first: u32,
    count: u32,
    item: impl FnMut(u32) -> Result<Conversation, Fault>,
) -> Vec<Result<Conversation, Fault>> {
    (first..first.saturating_add(count)).map(item).collect()
}

/// A turn with `prompt` and nothing else.
pub fn turn(prompt: Prompt) -> Turn {
    Turn {
        prompt,
        media: Vec::new(),
        input_tokens: None,
        max_tokens: None,
        min_tokens: None,
        pause: 0.0,
        scheduled: None,
        after: Vec::new(),
        reply: None,
        headers: Vec::new(),
        extra: String::new(),
    }
}

/// A conversation of one turn.
pub fn conversation(turn: Turn) -> Conversation {
    Conversation {
        id: String::new(),
        scheduled: None,
        turns: vec![turn],
        labels: String::new(),
        extra: String::new(),
    }
}

/// A message of these parts.
pub fn message(role: &str, parts: Vec<Part>) -> Message {
    Message { role: role.into(), parts, extra: String::new() }
}

/// One user message of text as a prompt: a chat message, or the bare text.
pub fn user(text: String, in_chat: bool) -> Prompt {
    if !in_chat {
        return Prompt::Text(text);
    }
    Prompt::Messages(vec![message("user", vec![Part::Text(text)])])
}

/// Media of the plugin's own bytes.
pub fn content(mime: &str, bytes: Vec<u8>) -> Content {
    Content { mime: mime.into(), source: Source::Bytes(bytes), extra: String::new() }
}
