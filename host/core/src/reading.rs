//! How frames are read, and what they carried.

use crate::conversation::Message;
use serde::{Deserialize, Serialize};

/// Where to look in a frame: a JSON pointer in which `*` stands for every element of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The pointer.
    pub at: String,
    /// Only in frames where this pointer holds this text.
    pub when: Option<(String, String)>,
}

/// How to read frames without calling the plugin.
///
/// Several rules for output, for reasoning or for frame tokens are spellings of one thing: in each
/// frame the first that finds any counts. Tool calls are what all their rules find, in order. Usage
/// and finish reason: the last that is not null. Error: the first that is not null, its `message`
/// if it is an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadingPlan {
    /// Frames that mark the end, e.g. `[DONE]`.
    pub done: Vec<String>,
    /// Text of the answer.
    pub output: Vec<Rule>,
    /// Text of the reasoning.
    pub reasoning: Vec<Rule>,
    /// Present and non-empty: part of a tool call.
    pub tool_calls: Vec<Rule>,
    /// Tokens in this frame: an array's length, or a number.
    pub frame_tokens: Vec<Rule>,
    /// Why the reply ended.
    pub finish_reason: Vec<Rule>,
    /// Tokens of the prompt.
    pub input_tokens: Vec<Rule>,
    /// Tokens of the reply.
    pub output_tokens: Vec<Rule>,
    /// Prompt tokens served from a cache.
    pub cached_tokens: Vec<Rule>,
    /// Reply tokens spent on reasoning.
    pub reasoning_tokens: Vec<Rule>,
    /// Accepted prediction tokens.
    pub accepted_tokens: Vec<Rule>,
    /// Rejected prediction tokens.
    pub rejected_tokens: Vec<Rule>,
    /// An error inside a reply.
    pub error: Vec<Rule>,
}

/// What kind of text a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The answer.
    Output,
    /// Reasoning before it.
    Reasoning,
    /// Part of a tool call.
    ToolCall,
}

/// What one frame carried. A frame that carries nothing a reader sees has no piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Index of the frame in its exchange.
    pub frame: u32,
    /// What kind.
    pub channel: Channel,
    /// The text.
    pub text: String,
    /// Tokens in it, where the reply says so.
    pub tokens: Option<u32>,
}

/// Token counts as the reply gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: Option<u32>,
    /// Tokens of the reply.
    pub output_tokens: Option<u32>,
    /// Prompt tokens served from a cache.
    pub cached_tokens: Option<u32>,
    /// Reply tokens spent on reasoning.
    pub reasoning_tokens: Option<u32>,
    /// Accepted prediction tokens.
    pub accepted_tokens: Option<u32>,
    /// Rejected prediction tokens.
    pub rejected_tokens: Option<u32>,
}

/// A whole exchange as a protocol's `decode` sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchange {
    /// HTTP status.
    pub status: u16,
    /// Response headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Frames, in order.
    pub frames: Vec<Vec<u8>>,
}

/// What an exchange carried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// Pieces, by frame.
    pub pieces: Vec<Piece>,
    /// Token counts.
    pub usage: Usage,
    /// Why the reply ended.
    pub finish_reason: Option<String>,
    /// The assistant's message as the next turn needs it, where text alone is not enough.
    pub message: Option<Message>,
    /// An error inside the reply.
    pub error: Option<String>,
}
