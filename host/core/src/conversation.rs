//! What a dataset yields: conversations of one or more turns, as plain values.

use crate::labels::Labels;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One conversation; most have one turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    /// Stable name for records; empty without one.
    pub id: String,
    /// Seconds after the start of the run at which it is scheduled: recorded traces only.
    pub scheduled: Option<f64>,
    /// The turns, in order.
    pub turns: Vec<Turn>,
    /// Labels that go into the records.
    pub labels: Labels,
}

/// One request of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The prompt; its media parts are indices into `media`.
    pub prompt: Prompt,
    /// Media of the prompt's parts.
    pub media: Vec<Content>,
    /// Tokens in the prompt, where the dataset knows.
    pub input_tokens: Option<u32>,
    /// Overrides the run's limit for this request.
    pub max_tokens: Option<u32>,
    /// Overrides the run's limit for this request.
    pub min_tokens: Option<u32>,
    /// Seconds to wait after the turns that it follows have ended.
    pub pause: f64,
    /// Seconds after the conversation's scheduled time before which it is not sent.
    pub scheduled: Option<f64>,
    /// Earlier turns that must have ended before it; empty: the one before.
    pub after: Vec<u32>,
    /// What the conversation continues with in place of the real reply.
    pub reply: Option<Message>,
    /// Headers of this request alone.
    pub headers: Vec<(String, String)>,
    /// Members of this request's body alone: a JSON object, or empty.
    pub extra: String,
}

/// Media bytes, shared: they are spliced into bodies and never cross into an API plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// e.g. `image/png`
    pub mime: String,
    /// The encoded file.
    pub bytes: Arc<[u8]>,
    /// For the API plugin: a JSON object, or empty.
    pub extra: String,
}

/// The prompt of one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// Chat messages; a later turn holds only what is new in it.
    Messages(Vec<Message>),
    /// Plain text.
    Text(String),
    /// Token ids, sent as they are.
    Tokens(Vec<u32>),
    /// Several inputs in one request.
    Inputs(Vec<Vec<Part>>),
    /// A query and the documents to rank by it.
    Ranking {
        /// The query.
        query: Vec<Part>,
        /// The documents.
        documents: Vec<Vec<Part>>,
    },
    /// A whole request body as JSON text.
    Body(String),
    /// What no other case describes; dataset and API plugin agree on `kind`.
    Custom {
        /// What it is.
        kind: String,
        /// JSON text.
        data: String,
    },
}

/// One chat message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// system, user, assistant or tool
    pub role: String,
    /// Content parts, in order.
    pub parts: Vec<Part>,
    /// Further members of the message object: a JSON object as text, or empty.
    pub extra: String,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Text.
    Text(String),
    /// Media that stay in the host.
    Media(Media),
    /// Media that the service fetches by itself.
    Link(Link),
}

/// Media that the service fetches by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// e.g. `image/png`; empty where it is not known.
    pub mime: String,
    /// Where it is.
    pub url: String,
}

/// A name for bytes that stay in the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Index into the media of the turn; into those of all turns so far, once it is part of a
    /// request.
    pub index: u32,
    /// e.g. `image/png`
    pub mime: String,
    /// Bytes.
    pub size: u32,
    /// As the dataset gave it: a JSON object, or empty.
    pub extra: String,
}

impl Prompt {
    /// The media that it names.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        let (messages, lists): (&[Message], &[Vec<Part>]) = match self {
            Self::Messages(messages) => (messages, &[]),
            Self::Inputs(lists) | Self::Ranking { documents: lists, .. } => (&[], lists),
            _ => (&[], &[]),
        };
        let query: &[Part] = if let Self::Ranking { query, .. } = self { query } else { &[] };
        let parts = messages.iter().map(|message| message.parts.as_slice());
        let parts = parts.chain(lists.iter().map(Vec::as_slice)).chain([query]).flatten();
        parts.filter_map(|part| if let Part::Media(media) = part { Some(media) } else { None })
    }
}

impl Message {
    /// A message of one text part.
    pub fn text(role: &str, text: impl Into<String>) -> Self {
        Self { role: role.into(), parts: vec![Part::Text(text.into())], extra: String::new() }
    }
}

impl Turn {
    /// A turn with `prompt`, and defaults for the rest.
    pub fn new(prompt: Prompt) -> Self {
        Self {
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
}
