//! An attempt that is over, on its way to an interpreter, and what its worker is told in return.

use crate::budget::Claim;
use crate::capture::Capture;
use crate::flight::Attempt;
use crate::framing::Framing;
use crate::http1::head::Head;
use crate::net::failure::Failure;
use crate::prepare::Job;
use loadwright_core::Nanos;
use loadwright_core::ports::PluginFailure;
use loadwright_core::request::Request;
use loadwright_core::timeline::Timeline;
use tokio::sync::oneshot;

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
