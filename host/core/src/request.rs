//! Requests: the prompt that an API plugin formats, and the bytes that come of it, ready to send.

use crate::conversation::{Content, Message, Prompt};
use std::sync::Arc;

/// What an API plugin formats.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptRequest {
    /// The slot in its point.
    pub index: u32,
    /// The turn in its conversation.
    pub turn: u32,
    /// The dataset's name of the conversation; empty without one.
    pub conversation: String,
    /// The conversation so far, replies included; empty for a first turn.
    pub history: Vec<Message>,
    /// The prompt of this turn.
    pub prompt: Prompt,
    /// Output tokens at most, where the turn says so.
    pub max_tokens: Option<u32>,
    /// Output tokens at least, where the turn says so.
    pub min_tokens: Option<u32>,
    /// Members of this request's body alone: a JSON object, or empty.
    pub extra: String,
}

impl PromptRequest {
    /// The first turn of an unnamed conversation, with `prompt` and defaults for the rest.
    pub fn new(prompt: Prompt) -> Self {
        Self {
            index: 0,
            turn: 0,
            conversation: String::new(),
            history: Vec::new(),
            prompt,
            max_tokens: None,
            min_tokens: None,
            extra: String::new(),
        }
    }
}

/// Method, path and headers of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// e.g. `POST`
    pub method: String,
    /// Replaces the path of the URL, whose query is kept.
    pub path: Option<String>,
    /// Headers of this request, beside the target's.
    pub headers: Vec<(String, String)>,
}

/// A formatted request, its media still indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What comes before the body.
    pub head: Head,
    /// The body, in pieces.
    pub body: Vec<Segment>,
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// The API plugin's own bytes.
    Bytes(Vec<u8>),
    /// Media that the host inserts.
    Media {
        /// Index into the media of the request.
        index: u32,
        /// How it is written.
        encoding: Encoding,
    },
}

/// How media are written into a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Raw,
    /// Standard base64 with padding.
    Base64,
    /// `data:<mime>;base64,<bytes>`.
    DataUrl,
}

/// Bytes ready to send: nothing is left to build when its scheduled time comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What comes before the body; shared by all requests in which it is the same.
    pub head: Arc<Head>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A media segment whose index the request does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the formatted body names media {index}, but the request has {media} media")]
pub struct MissingMedia {
    /// The index named.
    pub index: u32,
    /// How many there are.
    pub media: usize,
}

impl Template {
    /// Inserts `media`.
    ///
    /// # Errors
    /// A segment names an index that is not in `media`.
    pub fn fill(self, media: &[Content]) -> Result<Request, MissingMedia> {
        let body = match <[Segment; 1]>::try_from(self.body) {
            Ok([Segment::Bytes(bytes)]) => bytes,
            Ok(one) => splice(&one, media)?,
            Err(segments) => splice(&segments, media)?,
        };
        Ok(Request { head: Arc::new(self.head), body })
    }
}

fn splice(segments: &[Segment], media: &[Content]) -> Result<Vec<u8>, MissingMedia> {
    let mut body = Vec::new();
    for segment in segments {
        match segment {
            Segment::Bytes(bytes) => body.extend_from_slice(bytes),
            Segment::Media { index, encoding } => {
                let content = media
                    .get(*index as usize)
                    .ok_or(MissingMedia { index: *index, media: media.len() })?;
                write_media(&mut body, content, *encoding);
            }
        }
    }
    Ok(body)
}

fn write_media(body: &mut Vec<u8>, content: &Content, encoding: Encoding) {
    use base64::Engine as _;
    let base64 = || base64::engine::general_purpose::STANDARD.encode(&content.bytes);
    match encoding {
        Encoding::Raw => body.extend_from_slice(&content.bytes),
        Encoding::Base64 => body.extend_from_slice(base64().as_bytes()),
        Encoding::DataUrl => {
            body.extend_from_slice(format!("data:{};base64,", content.mime).as_bytes());
            body.extend_from_slice(base64().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
