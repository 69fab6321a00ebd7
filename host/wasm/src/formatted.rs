//! A request as a guest formatted it, and what the host puts into it: held texts and placeholders.
//! Media are inserted later, with the rest of the core's request.

use crate::held::HeldTexts;
use crate::invalid::Invalid;
use base64::Engine as _;
use loadwright_core::request::{Encoding, Head, PromptRequest, Segment, Template};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A formatted request, nothing filled in.
#[derive(Debug, Clone)]
pub(crate) struct Formatted {
    pub(crate) head: Head,
    pub(crate) body: Vec<Piece>,
}

/// A piece of a body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// The guest's own bytes.
    Bytes(Vec<u8>),
    /// Media of the request.
    Media {
        /// Index into the request's media.
        index: u32,
        /// How they are written.
        encoding: Encoding,
    },
    /// Held text of the request.
    Text {
        /// Index into the request's held texts.
        index: u32,
        /// How it is written.
        encoding: TextEncoding,
    },
    /// A value that differs between requests of one shape.
    Placeholder(Placeholder),
}

/// How held text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextEncoding {
    /// As UTF-8.
    Raw,
    /// Standard base64 with padding.
    Base64,
    /// Escaped as inside a JSON string.
    JsonString,
}

/// A value of the request that the host fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    Conversation,
    Index,
    Turn,
}

impl Placeholder {
    const ALL: [(&'static str, Self); 3] =
        [("conversation", Self::Conversation), ("index", Self::Index), ("turn", Self::Turn)];

    /// The placeholder called `name`.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn named(name: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, placeholder)| placeholder).ok_or_else(|| {
            Invalid(format!(
                "the body has the unknown placeholder `{name}`; choose from conversation, index, turn"
            ))
        })
    }

    fn value(self, request: &PromptRequest) -> String {
        match self {
            Self::Conversation => request.conversation.clone(),
            Self::Index => request.index.to_string(),
            Self::Turn => request.turn.to_string(),
        }
    }
}

impl Formatted {
    /// About how many bytes it holds.
    pub(crate) fn len(&self) -> usize {
        let Head { method, path, headers } = &self.head;
        let headers = headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let pieces = self.body.iter().map(|piece| match piece {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Media { .. } | Piece::Text { .. } | Piece::Placeholder(_) => 0,
        });
        let own = size_of::<Piece>() * self.body.len() + method.len();
        own + headers + path.as_ref().map_or(0, String::len) + pieces.sum::<usize>()
    }

    /// The request with held texts and placeholders filled in.
    ///
    /// # Errors
    /// It inserts a text that `request` does not have.
    pub(crate) fn fill(
        &self,
        request: &PromptRequest,
        held: &HeldTexts<'_>,
    ) -> Result<Template, Invalid> {
        let mut body = Body::default();
        for piece in &self.body {
            match piece {
                Piece::Bytes(bytes) => body.bytes.extend_from_slice(bytes),
                Piece::Media { index, encoding } => body.media(*index, *encoding),
                Piece::Text { index, encoding } => {
                    let text = held.get(*index).ok_or_else(|| {
                        Invalid(format!("the body inserts held text {index}, which is not there"))
                    })?;
                    write_text(&mut body.bytes, text, *encoding);
                }
                Piece::Placeholder(placeholder) => {
                    write_text(
                        &mut body.bytes,
                        &placeholder.value(request),
                        TextEncoding::JsonString,
                    );
                }
            }
        }
        Ok(Template { head: self.filled_head(request), body: body.segments() })
    }

    fn filled_head(&self, request: &PromptRequest) -> Head {
        let raw = |value: String| value;
        let encoded = |value: String| utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        let Head { method, path, headers } = &self.head;
        let header = |(name, value): &(String, String)| (name.clone(), filled(value, request, raw));
        Head {
            method: method.clone(),
            path: path.as_ref().map(|path| filled(path, request, encoded)),
            headers: headers.iter().map(header).collect(),
        }
    }
}

/// The segments of a body, of which successive bytes are one.
#[derive(Default)]
struct Body {
    done: Vec<Segment>,
    bytes: Vec<u8>,
}

impl Body {
    fn media(&mut self, index: u32, encoding: Encoding) {
        self.end_bytes();
        self.done.push(Segment::Media { index, encoding });
    }

    fn end_bytes(&mut self) {
        if !self.bytes.is_empty() {
            self.done.push(Segment::Bytes(std::mem::take(&mut self.bytes)));
        }
    }

    fn segments(mut self) -> Vec<Segment> {
        self.end_bytes();
        self.done
    }
}

/// `text` with each `{{name}}` of a placeholder replaced. Values are not searched again.
fn filled(text: &str, request: &PromptRequest, encode: impl Fn(String) -> String) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, tail) = rest.split_at(start);
        result.push_str(before);
        let found = Placeholder::ALL.into_iter().find_map(|(name, placeholder)| {
            let behind = tail[2..].strip_prefix(name)?.strip_prefix("}}")?;
            Some((placeholder, behind))
        });
        rest = match found {
            Some((placeholder, behind)) => {
                result.push_str(&encode(placeholder.value(request)));
                behind
            }
            None => {
                result.push_str("{{");
                &tail[2..]
            }
        };
    }
    result.push_str(rest);
    result
}

fn write_text(body: &mut Vec<u8>, text: &str, encoding: TextEncoding) {
    match encoding {
        TextEncoding::Raw => body.extend_from_slice(text.as_bytes()),
        TextEncoding::Base64 => body
            .extend_from_slice(base64::engine::general_purpose::STANDARD.encode(text).as_bytes()),
        TextEncoding::JsonString => {
            let start = body.len();
            serde_json::to_writer(&mut *body, text).expect("a text can be written to memory");
            body.pop();
            body.remove(start);
        }
    }
}

#[cfg(test)]
mod tests;
