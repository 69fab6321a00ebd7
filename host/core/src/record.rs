//! One attempt at one request: the only thing that leaves the engine.

use crate::labels::Labels;
use crate::outcome::Outcome;
use crate::reading::Usage;
use crate::service::Quantity;
use crate::timeline::{OutputFrame, Timeline};
use serde::{Deserialize, Serialize};

/// One attempt at one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The slot, warm-up included, from 0 in each point.
    pub seq: u64,
    /// Turn of the slot's conversation, from 0.
    pub turn: u32,
    /// Attempt at this turn, from 0; more than one only with `--retries`.
    pub attempt: u32,
    /// Whether this is the attempt that counts.
    pub last_attempt: bool,
    /// Whether it is kept out of every metric.
    pub warmup: bool,
    /// The conversation's name in the dataset; empty without one.
    pub conversation: String,
    /// The conversation's labels in the dataset.
    pub labels: Labels,
    /// When everything happened.
    pub timeline: Timeline,
    /// Frames with output, in order.
    pub frames: Vec<OutputFrame>,
    /// Whether the reply came as a stream of frames.
    pub streamed: bool,
    /// HTTP status, where a head was read.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// The error's text; up to 4 KiB of an error's body. Empty without an error.
    pub error: String,
    /// Token counts, after the fallbacks of `input_source` and `output_source`.
    pub usage: Usage,
    /// Where the input count is from.
    pub input_source: TokenSource,
    /// Where the output count is from.
    pub output_source: TokenSource,
    /// The tokenizer's own count of the output, kept even where usage has one.
    pub tokenizer_output_tokens: Option<u32>,
    /// Tokens of the prompt as the dataset made it, where it knows.
    pub dataset_input_tokens: Option<u32>,
    /// Why the reply ended, as the service says.
    pub finish_reason: Option<String>,
    /// What the service told of itself: only metrics that the plan declares, each once, by name.
    pub metrics: Vec<Quantity>,
    /// The connection it went over, from 1 in each point; 0: none.
    pub connection: u64,
    /// Whether an idle connection had been closed and the request was sent again on a new one.
    pub reopened: bool,
    /// Bytes of the request's body.
    pub bytes_sent: u64,
    /// Bytes of the reply's body.
    pub bytes_received: u64,
}

/// Where a token count is from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TokenSource {
    /// It was not counted.
    #[default]
    None,
    /// The reply's usage.
    Usage,
    /// Token ids or log probabilities in the frames.
    Frames,
    /// The user's tokenizer, over the whole text.
    Tokenizer,
    /// The dataset, which made the prompt to a length.
    Dataset,
}
