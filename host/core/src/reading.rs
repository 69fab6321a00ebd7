//! How frames are read, and what they carried.

use crate::conversation::Message;
use serde::{Deserialize, Serialize};

/// How a body is split into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanFraming {
    /// As the content type says: server-sent events, JSON lines, or one frame for the whole body.
    #[default]
    ByType,
    /// Server-sent events.
    Sse,
    /// A frame for each line.
    Lines,
    /// A frame for each element of the array that the body is.
    JsonArray,
    /// One frame.
    Whole,
}

/// What the payload of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Payload {
    /// JSON, which the rules point into.
    #[default]
    Json,
    /// Text, which a rule with an empty pointer finds.
    Text,
    /// Neither: every frame that is not empty is a result.
    Opaque,
}

/// What a rule finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// Text of a channel.
    Text(Channel),
    /// Tokens in the frame: a number, or an array's elements.
    Tokens,
    /// Why the reply ended.
    Finish,
    /// Any value but null or false: the end of the reply.
    End,
    /// An error in the reply; its `message`, if it is an object.
    Error,
    /// A token count of the reply.
    Count(CountKind),
    /// A number that the service measured itself, by its name in the manifest.
    Metric(String),
}

/// A token count of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountKind {
    /// Tokens of the prompt.
    Input,
    /// Tokens of the reply.
    Output,
    /// Prompt tokens served from a cache.
    Cached,
    /// Reply tokens spent on reasoning.
    Reasoning,
    /// Accepted prediction tokens.
    Accepted,
    /// Rejected prediction tokens.
    Rejected,
}

impl CountKind {
    /// Every kind, with its name in the contract.
    pub const ALL: [(&'static str, Self); 6] = [
        ("input", Self::Input),
        ("output", Self::Output),
        ("cached", Self::Cached),
        ("reasoning", Self::Reasoning),
        ("accepted", Self::Accepted),
        ("rejected", Self::Rejected),
    ];
}

/// What a guarded value must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// This text, which booleans and numbers match by their JSON text.
    Equals(String),
    /// Any value but null.
    Present,
    /// No value, or null.
    Absent,
}

/// What a guard points to if it is on the name of the server-sent event.
pub const EVENT_NAME: &str = "@event";

/// A condition on another value of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guard {
    /// A JSON pointer, or [`EVENT_NAME`]. Where it begins as the rule's pointer does, up to and with
    /// a `*`, it points into the same element.
    pub at: String,
    /// What is there.
    pub condition: Condition,
}

/// How the values of the frames become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fold {
    /// The last frame's.
    #[default]
    Last,
    /// Those of all frames are added.
    SumFrames,
    /// The largest.
    Largest,
}

/// How a rule's values are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modes {
    /// Each frame repeats what came before.
    pub so_far: bool,
    /// All rules of the kind are used, not only the first that finds a value.
    pub every: bool,
    /// Each match counts 1, whatever its value.
    pub one_each: bool,
    /// The values of one frame are added; otherwise the last one is used.
    pub sum: bool,
    /// How the values of the frames become one.
    pub fold: Fold,
}

/// Where a reply holds something. Of the rules of one kind, the first that finds a value is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it finds.
    pub kind: RuleKind,
    /// JSON pointer in which `*` is every element of an array; empty: the whole payload.
    pub at: String,
    /// All must hold.
    pub when: Vec<Guard>,
    /// How its values are used.
    pub modes: Modes,
}

impl Rule {
    /// A rule without conditions or modes.
    pub fn new(kind: RuleKind, at: impl Into<String>) -> Self {
        Self { kind, at: at.into(), when: Vec::new(), modes: Modes::default() }
    }
}

/// What a conversation continues with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NextMessage {
    /// The text of the output.
    Text,
    /// The message that `decode` returns.
    #[default]
    Decode,
}

/// How replies are read without calling the plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadingPlan {
    /// How a body is split into frames.
    pub framing: PlanFraming,
    /// What a frame holds.
    pub payload: Payload,
    /// Frames that mark the end, e.g. `[DONE]`.
    pub done: Vec<String>,
    /// Where everything is.
    pub rules: Vec<Rule>,
    /// What a conversation continues with.
    pub next: NextMessage,
}

impl ReadingPlan {
    /// Whether a rule depends on the name of a server-sent event.
    pub fn uses_event_names(&self) -> bool {
        self.rules.iter().flat_map(|rule| &rule.when).any(|guard| guard.at == EVENT_NAME)
    }
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
    /// Output that is no text: an embedding, an image, a ranking.
    Result,
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

impl Usage {
    /// The count of a kind.
    pub fn count_mut(&mut self, kind: CountKind) -> &mut Option<u32> {
        match kind {
            CountKind::Input => &mut self.input_tokens,
            CountKind::Output => &mut self.output_tokens,
            CountKind::Cached => &mut self.cached_tokens,
            CountKind::Reasoning => &mut self.reasoning_tokens,
            CountKind::Accepted => &mut self.accepted_tokens,
            CountKind::Rejected => &mut self.rejected_tokens,
        }
    }
}

/// A whole exchange as an API plugin's `decode` sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchange {
    /// HTTP status.
    pub status: u16,
    /// Response headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The payloads of all frames, one after the other.
    pub data: Vec<u8>,
    /// The frames, in order.
    pub frames: Vec<FrameEnd>,
}

/// One frame of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrameEnd {
    /// The name of the server-sent event; empty where there is none.
    pub event: String,
    /// Where its payload ends in the exchange's data; it begins where the one before ends.
    pub end: u32,
}

impl Exchange {
    /// Adds a frame.
    pub fn push(&mut self, event: &str, payload: &[u8]) {
        self.data.extend_from_slice(payload);
        let end = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        self.frames.push(FrameEnd { event: event.to_owned(), end });
    }

    /// The payloads, in order.
    pub fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.frames.iter().map(move |frame| {
            let end = (frame.end as usize).min(self.data.len());
            let payload = &self.data[start.min(end)..end];
            start = end;
            payload
        })
    }
}

/// What an exchange carried.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// Pieces, by frame.
    pub pieces: Vec<Piece>,
    /// Token counts.
    pub usage: Usage,
    /// Numbers that the service measured itself, by their names in the manifest.
    pub metrics: Vec<(String, f64)>,
    /// Why the reply ended.
    pub finish_reason: Option<String>,
    /// The assistant's message as the next turn needs it, where text alone is not enough.
    pub message: Option<Message>,
    /// An error inside the reply.
    pub error: Option<String>,
}
