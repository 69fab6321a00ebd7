//! What one stage hands to the next, in the order of the data flow.
//!
//! `prepare` puts [`PreparedRequest`]s into the ready queue of `schedule`, which runs each as
//! attempts in `exchange`. These reach `interpret` as [`InterpreterMessage`]s. It answers a waiting
//! slot with the [`NextStep`], and gives [`ClaimedRecord`]s to the recorder in `run`.

pub(crate) mod capture;
pub(crate) mod conversation;
pub(crate) mod headers;

use crate::context::budget::{Claim, ReplyTooLarge};
use crate::context::reachability::Reachability;
use capture::Capture;
use conversation::ConversationState;
use headers::Headers;
use loadwright_core::Nanos;
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::labels::Labels;
use loadwright_core::outcome::Outcome;
use loadwright_core::ports::PluginFailure;
use loadwright_core::reading::Exchange;
use loadwright_core::record::Record;
use loadwright_core::request::Request;
use loadwright_core::timeline::Timeline;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A request that waits for its slot: from `prepare` to `schedule`.
pub(crate) struct PreparedRequest {
    /// The slot.
    pub(crate) seq: u64,
    /// The request, or why there is none.
    pub(crate) request: Result<Request, PluginFailure>,
    pub(crate) turn: TurnContext,
    /// When a trace schedules the conversation, in nanoseconds after its beginning.
    pub(crate) scheduled: Option<Nanos>,
    /// Nanoseconds after that before which the first turn is not sent.
    pub(crate) not_before: Nanos,
}

impl PreparedRequest {
    /// Bytes of its body.
    pub(crate) fn bytes(&self) -> usize {
        self.request.as_ref().map_or(0, |request| request.body.len())
    }
}

/// What is known of a turn beside its request. It accompanies the turn through every stage.
#[derive(Debug, Default)]
pub(crate) struct TurnContext {
    /// The conversation's name.
    pub(crate) conversation: String,
    /// The conversation's labels.
    pub(crate) labels: Labels,
    /// Tokens of the prompt, if the dataset knows them.
    pub(crate) input_tokens: Option<u32>,
    /// The prompt, kept if only the tokenizer may know its tokens.
    pub(crate) prompt: Option<Prompt>,
    /// The conversation, if a turn follows this one.
    pub(crate) state: Option<Arc<ConversationState>>,
    /// Whether a later turn repeats the reply: it is neither recorded nor left out.
    pub(crate) needs_reply: bool,
}

/// Nanoseconds of a dataset's `seconds`, which its host has checked.
pub(crate) fn nanos(seconds: f64) -> Nanos {
    (seconds.max(0.0) * 1e9) as Nanos
}

/// Identifies an attempt: from `schedule` to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttemptId {
    /// The slot.
    pub(crate) seq: u64,
    /// The turn of its conversation.
    pub(crate) turn: u32,
    /// The attempt at that turn.
    pub(crate) attempt: u32,
    /// Whether the slot belongs to the warm-up.
    pub(crate) warmup: bool,
    /// When it was scheduled.
    pub(crate) scheduled: Nanos,
}

impl AttemptId {
    /// The `seq` of the connection test, which has no slot.
    pub(crate) const PROBE: u64 = u64::MAX;
}

/// Why an exchange failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    /// What happened, in words.
    pub(crate) detail: String,
}

impl Failure {
    /// A failure with `outcome`.
    pub(crate) fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, detail: detail.into() }
    }

    /// Data that came before the request was sent, so not a reply to it; `status`: of its head, if
    /// it has one.
    pub(crate) fn unsolicited(status: Option<u16>) -> Self {
        let what = match status {
            Some(status) => format!("a reply with status {status}"),
            None => "data that is not a reply".to_owned(),
        };
        let text = format!("the server sent {what} before the request was sent");
        Self::new(Outcome::Unsolicited, text)
    }
}

impl From<ReplyTooLarge> for Failure {
    fn from(error: ReplyTooLarge) -> Self {
        Self::new(Outcome::TooLarge, error.to_string())
    }
}

/// What an engine thread sends to an interpreter: from `exchange` to `interpret`.
#[expect(clippy::large_enum_variant, reason = "a box of each would be freed by another thread")]
pub(crate) enum InterpreterMessage {
    /// Frames of an attempt that is still in flight.
    Frames {
        /// The attempt's number.
        attempt: u64,
        /// The frames.
        capture: Capture,
        /// Whether a later turn repeats the reply.
        needs_reply: bool,
        /// What they hold.
        claim: Claim,
    },
    /// An attempt that has ended, with its last frames.
    Finished(FinishedAttempt),
}

impl InterpreterMessage {
    /// Discards its frames unread; an attempt that has ended counts as cancelled.
    pub(crate) fn cancel(&mut self) {
        match self {
            Self::Frames { capture, .. } => *capture = Capture::default(),
            Self::Finished(finished) => {
                finished.capture = Capture::default();
                let text = "stopped by the user before the reply was read";
                finished.end = Err(Failure::new(Outcome::Cancelled, text));
            }
        }
    }

    /// Bytes of its frames and of itself, so that messages without frames are bounded too.
    pub(crate) fn bytes(&self) -> usize {
        let capture = match self {
            Self::Frames { capture, .. } => capture,
            Self::Finished(finished) => &finished.capture,
        };
        size_of::<Self>() + capture.len()
    }
}

/// An attempt that has ended, with all that is known of it.
pub(crate) struct FinishedAttempt {
    /// The attempt's number, unique in its point.
    pub(crate) number: u64,
    pub(crate) id: AttemptId,
    pub(crate) turn: TurnContext,
    pub(crate) timeline: Timeline,
    pub(crate) connection: u64,
    pub(crate) reopened: bool,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) streamed: bool,
    /// Whether it was an event stream whose content type does not say so.
    pub(crate) untyped_stream: bool,
    /// Whether data came before the request was sent.
    pub(crate) replied_before_sent: bool,
    /// The status, if a head was read.
    pub(crate) status: Option<u16>,
    /// The headers of the reply, if the API plugin decodes it.
    pub(crate) headers: Headers,
    /// The start of an error's body.
    pub(crate) error_body: Vec<u8>,
    pub(crate) reachability: Reachability,
    /// Frames that were not sent on before.
    pub(crate) capture: Capture,
    /// What those hold.
    pub(crate) claim: Claim,
    /// How the exchange ended on the connection.
    pub(crate) end: Result<(), Failure>,
    /// Tells the slot what comes next, if it waits for that.
    pub(crate) next_step: Option<oneshot::Sender<NextStep>>,
}

/// What comes next in a slot: from `interpret` back to `schedule`, which waits for it.
pub(crate) enum NextStep {
    /// Nothing.
    Done,
    /// The attempt failed and is retried.
    Retry {
        /// The same turn.
        turn: TurnContext,
        /// Nanoseconds to wait first.
        delay: Nanos,
    },
    /// The conversation continues, with several turns at once where none of them follows another.
    NextTurns(Vec<NextTurn>),
}

/// A turn of a conversation that may start, since all that it follows have ended.
pub(crate) struct NextTurn {
    /// Its number in the conversation.
    pub(crate) number: u32,
    /// Its request, or why there is none.
    pub(crate) request: Result<Box<Request>, PluginFailure>,
    pub(crate) turn: TurnContext,
    /// Nanoseconds to wait first.
    pub(crate) delay: Nanos,
    /// Nanoseconds after the conversation's scheduled time before which it is not sent.
    pub(crate) not_before: Nanos,
}

/// Builds the requests of a conversation's next turns from the reply to one before. Interpreters
/// call it and `prepare` implements it, so that `interpret` does not depend on `prepare`.
pub(crate) trait TurnBuilder: Send {
    /// The assistant's message as the API plugin decodes it from a whole reply; `None`: its text is
    /// the message.
    ///
    /// # Errors
    /// The protocol failed.
    fn assistant_message(&mut self, reply: Exchange) -> Result<Option<Message>, PluginFailure>;

    /// The turns of a conversation that may start once turn `ended` has ended, with `reply` where a
    /// later turn repeats that.
    fn next_turns(
        &mut self,
        state: &Arc<ConversationState>,
        ended: u32,
        reply: Option<Message>,
    ) -> Vec<NextTurn>;
}

/// Creates a turn builder, which has an API plugin instance of its own.
pub(crate) type TurnBuilderFactory =
    dyn Fn() -> Result<Box<dyn TurnBuilder>, PluginFailure> + Send + Sync;

/// A record and its claim on the memory budget: from `interpret` to the recorder.
pub(crate) struct ClaimedRecord {
    pub(crate) record: Record,
    pub(crate) claim: Claim,
}
