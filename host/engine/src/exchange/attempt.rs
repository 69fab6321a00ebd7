//! One attempt at one request on its way: whatever happens to it, it leaves as a [`Landed`].

use crate::context::budget::{Budget, Claim};
use crate::context::control::Progress;
use crate::exchange::framing::marks::EndMarks;
use crate::exchange::response::{Response, Wanted};
use crate::interpret::queue::Outbox;
use crate::messages::capture::Captures;
use crate::messages::{Attempt, Failure, Job, Landed, Parcel, Verdict, precedes};
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::TimestampSource;
use loadwright_core::timeline::Timeline;
use loadwright_timing::clock;
use loadwright_timing::socket::Read;
use std::mem::{replace, take};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::oneshot;

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
    /// Frames that were handed on.
    handed_on: u64,
    /// What the reply holds here.
    claim: Claim,
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
    /// What replies may hold.
    pub(crate) budget: Arc<Budget>,
    /// What marks the end of a reply.
    pub(crate) marks: EndMarks,
    /// Whether replies are asked for as streams.
    pub(crate) stream: bool,
}

/// Bytes of frames after which a part is handed to the interpreters, and of a body after which what
/// it holds is looked at; a power of two.
const PART: usize = 64 * 1024;

impl Flight {
    pub(crate) fn new(
        number: u64,
        attempt: Attempt,
        job: Job,
        source: TimestampSource,
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
            timeline: Timeline { scheduled: attempt.scheduled, ..Timeline::default() },
            connection: 0,
            reopened: false,
            bytes_sent: 0,
            response: Response::new(source, shared.captures.take(), wanted),
            whole,
            handed_on: 0,
            claim: shared.budget.claim(),
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
        self.timeline = Timeline { scheduled: self.timeline.scheduled, ..Timeline::default() };
    }

    /// Takes note of a read of `read` bytes: where many frames have gathered they are handed on, and
    /// each time the body has grown by a [`PART`] what it holds is looked at.
    ///
    /// # Errors
    /// The reply is larger than it may be, or all replies together are.
    pub(crate) fn hand_on(&mut self, read: usize) -> Result<(), Failure> {
        let intake = &self.response.intake;
        // The body grew by no more than was read, so it passed a multiple of a part only if it is
        // not that far behind one.
        let passed = intake.received & (PART as u64 - 1) < read as u64;
        if intake.capture.len() < PART && !passed { Ok(()) } else { self.look() }
    }

    fn look(&mut self) -> Result<(), Failure> {
        self.is_allowed()?;
        let intake = &mut self.response.intake;
        let gathered = intake.capture.len();
        if self.whole {
            Budget::allows_whole(gathered)?;
        } else if gathered >= PART {
            let capture = replace(&mut intake.capture, self.shared.captures.take());
            self.handed_on += capture.frames() as u64;
            let claim = self.claim.beside(gathered);
            let parcel = Parcel::Part { flight: self.number, capture, claim };
            self.shared.outbox.push(self.number, parcel, false);
        }
        self.claim.resize(self.response.intake.held());
        self.shared.budget.has_room()
    }

    fn is_allowed(&self) -> Result<(), Failure> {
        let intake = &self.response.intake;
        let frames = self.handed_on + intake.capture.frames() as u64;
        self.shared.budget.allows(intake.received, frames)
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
        let end = end.and_then(|()| self.is_allowed());
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
            claim: self.claim.beside(response.intake.capture.len()),
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
