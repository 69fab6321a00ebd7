//! Converts between readings and the replies of a plugin's `decode`: what a plan reads as the reply
//! that `decode` would return, to compare the two, and a decoded reply as a reading.

use super::carried::furthest;
use super::{FrameKind, Output, Reader, Reading};
use loadwright_core::reading::{Channel, Piece, Reply};

/// Why a frame is not JSON, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// A reply of `decode` that does not match its exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a piece names frame {frame}, but the exchange has only {frames} frames")]
pub struct InvalidReply {
    /// The frame that the piece names.
    pub frame: u32,
    /// The number of frames.
    pub frames: u32,
}

impl Reader {
    /// Reads a whole exchange, the names of its events with their payloads, into the pieces that `decode`
    /// would return. A frame has a piece for each channel that it carries, reasoning first; its tokens
    /// are with the channel that it counts for.
    pub fn reply<'f>(
        &self,
        frames: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<Reply, Unreadable> {
        const ORDER: [Channel; 4] =
            [Channel::Reasoning, Channel::Output, Channel::ToolCall, Channel::Result];
        let mut reading = Reading::new();
        let mut pieces = Vec::new();
        for (event, payload) in frames {
            let kind = self.read_event(event, payload, &mut reading);
            let FrameKind::Output { channel: counts, tokens } = kind else { continue };
            for channel in ORDER {
                let text = std::mem::take(reading.text(channel));
                if reading.state.carried.has(channel) {
                    let tokens = tokens.filter(|_| channel == counts);
                    pieces.push(Piece { frame: reading.frames - 1, channel, text, tokens });
                }
            }
        }
        let Reading { usage, metrics, finish_reason, error, unreadable, .. } = reading;
        match unreadable {
            Some(text) => Err(Unreadable(text)),
            None => Ok(Reply { pieces, usage, metrics, finish_reason, message: None, error }),
        }
    }
}

impl Reading {
    /// The reading of a reply that a plugin decoded from `frames` frames. Pieces of one frame are one
    /// output; pieces of the answer or of reasoning without text are not output. A metric that is not
    /// finite is ignored.
    pub fn from_reply(reply: Reply, frames: u32) -> Result<Self, InvalidReply> {
        let Reply { mut pieces, usage, metrics, finish_reason, message, error } = reply;
        let error = error.filter(|text| !text.is_empty());
        let finish_reason = finish_reason.filter(|text| !text.is_empty());
        let done = true;
        let mut reading =
            Self { frames, usage, metrics, finish_reason, message, error, done, ..Self::default() };
        reading.metrics.retain(|(_, value)| value.is_finite());
        pieces.sort_by_key(|piece| piece.frame);
        for piece in pieces {
            if piece.frame >= frames {
                return Err(InvalidReply { frame: piece.frame, frames });
            }
            reading.add(&piece);
        }
        Ok(reading)
    }

    fn add(&mut self, piece: &Piece) {
        let tokens = piece.tokens;
        self.frame_tokens = sum(self.frame_tokens, tokens.filter(|&count| count > 0));
        let needs_text = matches!(piece.channel, Channel::Output | Channel::Reasoning);
        if needs_text && piece.text.is_empty() {
            return;
        }
        self.text(piece.channel).push_str(&piece.text);
        let &Piece { frame, channel, .. } = piece;
        match self.outputs.last_mut().filter(|output| output.frame == frame) {
            Some(output) => {
                output.channel = furthest(output.channel, channel);
                output.tokens = sum(output.tokens, tokens);
            }
            None => self.outputs.push(Output { frame, channel, tokens }),
        }
    }
}

pub(super) fn sum(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    }
}
