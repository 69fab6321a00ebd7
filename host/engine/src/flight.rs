//! One attempt at one request on its way: whatever happens to it, it leaves as a [`Landed`].

use crate::capture::{Capture, Captures};
use crate::control::Progress;
use crate::framing::Framing;
use crate::framing::marks::EndMarks;
use crate::http1::head::Head;
use crate::http1::response::{Response, Wanted};
use crate::net::failure::Failure;
use crate::outbox::{Outbox, Parcel};
use crate::prepare::Job;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::StampSource;
use loadwright_core::ports::PluginFailure;
use loadwright_core::request::Request;
use loadwright_core::timeline::Timeline;
use loadwright_stamps::clock;
use loadwright_stamps::socket::Read;
use std::mem::{replace, take};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::oneshot;

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
    /// When it was due.
    pub(crate) due: Nanos,
}

impl Attempt {
    /// The slot of the connection test, which is none.
    pub(crate) const PROBE: u64 = u64::MAX;
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
fn precedes(heard: Option<Nanos>, sent: Option<Nanos>) -> bool {
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

/// One attempt on its way. Dropped before it landed, it lands as cancelled.
pub(crate) struct Flight {
    number: u64,
    attempt: Attempt,
    job: Option<Job>,
    /// When it began, before it had a connection.
    pub(crate) begun: Nanos,
    pub(crate) timeline: Timeline,
    pub(crate) connection: u64,
    pub(crate) reopened: bool,
    pub(crate) bytes_sent: u64,
    response: Response,
    /// All of the reply is kept together, for `decode`.
    whole: bool,
    /// It has landed, or was forgotten: nothing is left to do for it.
    over: bool,
    shared: Arc<Ground>,
}

/// What all flights of a thread share.
pub(crate) struct Ground {
    pub(crate) outbox: Outbox,
    pub(crate) captures: Arc<Captures>,
    pub(crate) progress: Arc<Progress>,
    /// Whether frames may be handed on before the exchange ends: the protocol has a plan.
    pub(crate) parts: bool,
    /// Bytes that an exchange which goes to `decode` may hold.
    pub(crate) limit: usize,
    /// What marks the end of a reply.
    pub(crate) marks: EndMarks,
    /// Whether replies are asked for as streams.
    pub(crate) stream: bool,
}

/// Bytes of frames after which a part is handed to the interpreters.
const PART: usize = 64 * 1024;

impl Flight {
    pub(crate) fn new(
        number: u64,
        attempt: Attempt,
        job: Job,
        source: StampSource,
        shared: &Arc<Ground>,
    ) -> Self {
        shared.progress.in_flight.fetch_add(1, Relaxed);
        // Where the conversation goes on, `decode` makes the assistant's message of the reply.
        let whole = !shared.parts || job.talk.is_some();
        let wanted = Wanted { head: whole, stream: shared.stream };
        Self {
            number,
            attempt,
            job: Some(job),
            begun: clock::now(),
            timeline: Timeline { due: attempt.due, ..Timeline::default() },
            connection: 0,
            reopened: false,
            bytes_sent: 0,
            response: Response::new(source, shared.captures.take(), wanted),
            whole,
            over: false,
            shared: Arc::clone(shared),
        }
    }

    /// The response so far.
    pub(crate) fn response(&mut self) -> &mut Response {
        &mut self.response
    }

    /// Which attempt this is.
    pub(crate) fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Takes what one read gave of the response; true: the response is whole.
    ///
    /// # Errors
    /// As for [`Response::feed`].
    pub(crate) fn feed(&mut self, bytes: &[u8], read: &Read) -> Result<bool, Failure> {
        self.response.feed(bytes, read, &self.shared.marks)
    }

    /// Whether what was heard of the server came before the request was sent. It is then no reply
    /// to it.
    pub(crate) fn heard_before_sent(&self) -> bool {
        precedes(self.response.heard, self.timeline.sent)
    }

    /// Begins again over another connection: the one at hand had died before a reply began.
    pub(crate) fn begin_again(&mut self) {
        self.reopened = true;
        self.bytes_sent = 0;
        self.response.restart();
        self.timeline = Timeline { due: self.timeline.due, ..Timeline::default() };
    }

    /// Hands frames on where many have gathered.
    ///
    /// # Errors
    /// The exchange is larger than `decode` may be given.
    pub(crate) fn hand_on(&mut self) -> Result<(), Failure> {
        let gathered = self.response.intake.capture.len();
        if gathered < PART {
            return Ok(());
        }
        if !self.whole {
            let fresh = self.shared.captures.take();
            let capture = replace(&mut self.response.intake.capture, fresh);
            let parcel = Parcel::Part { flight: self.number, capture };
            self.shared.outbox.push(self.number, parcel, false);
        } else if gathered > self.shared.limit {
            let mib = self.shared.limit >> 20;
            let text = format!("the reply is larger than the {mib} MiB that `decode` is given");
            return Err(Failure::new(Outcome::TooLarge, text));
        }
        Ok(())
    }

    /// Ends the flight; `verdict`: somebody waits for how it is read.
    pub(crate) fn land(
        mut self,
        end: Result<(), Failure>,
        verdict: Option<oneshot::Sender<Verdict>>,
    ) {
        self.touch_down(end, verdict);
    }

    fn touch_down(&mut self, end: Result<(), Failure>, verdict: Option<oneshot::Sender<Verdict>>) {
        if replace(&mut self.over, true) {
            return;
        }
        self.shared.progress.in_flight.fetch_sub(1, Relaxed);
        let Some(job) = self.job.take() else { return };
        if self.timeline.end == 0 {
            self.timeline.end = clock::now();
        }
        // A server that refuses a new connection may have done so before the request was sent.
        self.timeline.end = self.timeline.end.max(self.timeline.sent.unwrap_or(0));
        let response = &mut self.response;
        self.timeline.head = response.head_at;
        let urgent = verdict.is_some();
        let landed = Landed {
            flight: self.number,
            attempt: self.attempt,
            job,
            timeline: self.timeline,
            connection: self.connection,
            reopened: self.reopened,
            bytes_sent: self.bytes_sent,
            bytes_received: response.intake.received,
            streamed: response.streamed(),
            heard: response.heard,
            head: response.head.take(),
            head_bytes: take(&mut response.head_bytes),
            error_body: take(&mut response.error_body),
            capture: take(&mut response.intake.capture),
            end,
            verdict,
        };
        self.shared.outbox.push(self.number, Parcel::Landed(landed), urgent);
    }

    /// Forgets the attempt: it came too late to be made, so it never was.
    pub(crate) fn forget(mut self) {
        self.job = None;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let text = "stopped by the user";
        self.touch_down(Err(Failure::new(Outcome::Cancelled, text)), None);
    }
}
