//! What one stage hands to the next.
//!
//! `prepare` gives [`Prepared`] requests to `schedule`, whose attempts (`exchange`) reach the
//! interpreters as [`Parcel`]s; these give a [`Verdict`] to a worker that waits, and [`Made`]
//! records to the recorder.

pub(crate) mod capture;

use crate::context::budget::Claim;
use crate::exchange::framing::Framing;
use crate::exchange::response::head::Head;
use capture::Capture;
use loadwright_core::Nanos;
use loadwright_core::conversation::{Content, Message, Prompt, Turn};
use loadwright_core::outcome::Outcome;
use loadwright_core::ports::PluginFailure;
use loadwright_core::record::Record;
use loadwright_core::request::Request;
use loadwright_core::timeline::Timeline;
use tokio::sync::oneshot;

/// A request that waits for its slot.
pub(crate) struct Prepared {
    pub(crate) seq: u64,
    /// The request, or why there is none.
    pub(crate) request: Result<Request, PluginFailure>,
    pub(crate) job: Job,
}

/// What is known of a turn beside its request; follows it through the engine.
#[derive(Debug, Default)]
pub(crate) struct Job {
    /// The conversation's name.
    pub(crate) conversation: String,
    /// Tokens of the prompt, where the dataset knows.
    pub(crate) input_tokens: Option<u32>,
    /// The prompt, kept where nobody but the tokenizer may know its tokens.
    pub(crate) prompt: Option<Prompt>,
    /// The conversation, where turns are to come.
    pub(crate) talk: Option<Box<Talk>>,
}

/// A conversation under way.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    /// Which item it is.
    pub(crate) item: u64,
    /// What was said, the present turn's prompt included.
    pub(crate) history: Vec<Message>,
    /// The media of it all: slots of one ask are unique.
    pub(crate) media: Vec<Content>,
    /// The turns to come.
    pub(crate) turns: std::vec::IntoIter<Turn>,
}

impl Prepared {
    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.request.as_ref().map_or(0, |request| request.body.len())
    }
}

/// Which attempt at what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The slot.
    pub(crate) seq: u64,
    /// The turn of its conversation.
    pub(crate) turn: u32,
    /// The attempt at that turn.
    pub(crate) attempt: u32,
    /// Whether the slot warms up.
    pub(crate) warmup: bool,
    /// When it was scheduled.
    pub(crate) scheduled: Nanos,
}

impl Attempt {
    /// The slot of the connection test, which is none.
    pub(crate) const PROBE: u64 = u64::MAX;
}

/// Why an exchange failed: its class, and the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The class.
    pub(crate) outcome: Outcome,
    /// What happened, in words.
    pub(crate) detail: String,
}

impl Failure {
    /// A failure of class `outcome`.
    pub(crate) fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, detail: detail.into() }
    }
}

/// An attempt that is over, with all that is known of it.
pub(crate) struct Landed {
    /// The exchange's number in its thread.
    pub(crate) flight: u64,
    pub(crate) attempt: Attempt,
    /// What the dataset said of it, and its conversation.
    pub(crate) job: Job,
    pub(crate) timeline: Timeline,
    pub(crate) connection: u64,
    pub(crate) reopened: bool,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) streamed: bool,
    /// When the first byte of the reply came.
    pub(crate) heard: Option<Nanos>,
    pub(crate) head: Option<Head>,
    pub(crate) head_bytes: Vec<u8>,
    pub(crate) error_body: Vec<u8>,
    /// Frames that were not handed on before.
    pub(crate) capture: Capture,
    /// What those hold.
    pub(crate) claim: Claim,
    /// How the transport fared.
    pub(crate) end: Result<(), Failure>,
    /// Who waits to hear how it was read.
    pub(crate) verdict: Option<oneshot::Sender<Verdict>>,
}

impl Landed {
    /// The status, where a head was read.
    pub(crate) fn status(&self) -> Option<u16> {
        self.head.as_ref().map(|head| head.status)
    }

    /// Whether it was an event stream whose content type does not say so.
    pub(crate) fn untyped_stream(&self) -> bool {
        let sniffed = |head: &Head| head.framing == Framing::Sniffed;
        self.streamed && self.head.as_ref().is_some_and(sniffed)
    }

    /// Whether something came before the request was sent.
    pub(crate) fn heard_before_sent(&self) -> bool {
        precedes(self.heard, self.timeline.sent)
    }
}

/// Whether something was `heard` before it was asked for.
pub(crate) fn precedes(heard: Option<Nanos>, sent: Option<Nanos>) -> bool {
    heard.is_some_and(|heard| sent.is_none_or(|sent| heard < sent))
}

/// What an interpreter tells a worker that waits.
pub(crate) enum Verdict {
    /// Nothing more of this slot.
    Over,
    /// The attempt failed and may be made again.
    Again {
        /// The same facts.
        job: Job,
        /// Nanoseconds to wait first.
        pause: Nanos,
    },
    /// The conversation goes on.
    Next {
        /// The next turn's request, or why there is none.
        request: Result<Box<Request>, PluginFailure>,
        /// Its facts.
        job: Job,
        /// Nanoseconds to wait first.
        pause: Nanos,
    },
}

/// What an interpreter is given.
#[expect(clippy::large_enum_variant, reason = "a box of each would be freed by another thread")]
pub(crate) enum Parcel {
    /// Frames of an exchange that goes on.
    Part {
        /// The exchange.
        flight: u64,
        /// The frames.
        capture: Capture,
        /// What they hold.
        claim: Claim,
    },
    /// An exchange that ended, with its last frames.
    Landed(Landed),
}

impl Parcel {
    /// Leaves it unread: frames go, and an exchange that had ended counts as stopped.
    pub(crate) fn cancel(&mut self) {
        match self {
            Self::Part { capture, .. } => *capture = Capture::default(),
            Self::Landed(landed) => {
                landed.capture = Capture::default();
                let text = "stopped by the user before the reply was read";
                landed.end = Err(Failure::new(Outcome::Cancelled, text));
            }
        }
    }

    /// Bytes that it holds: those of its frames, and its own, so that exchanges which hold nothing
    /// do not wait without end.
    pub(crate) fn bytes(&self) -> usize {
        let raw = match self {
            Self::Part { capture, .. } => capture.len(),
            Self::Landed(landed) => landed.capture.len(),
        };
        size_of::<Self>() + raw
    }
}

/// A record on its way to the sinks, and what it holds.
pub(crate) struct Made {
    pub(crate) record: Record,
    pub(crate) claim: Claim,
}
