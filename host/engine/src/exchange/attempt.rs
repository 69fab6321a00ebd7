//! One attempt at a request while it is in flight. However it ends, it is sent to an interpreter as a
//! [`FinishedAttempt`].

use crate::context::budget::{Budget, Claim};
use crate::context::control::Progress;
use crate::context::reachability::Reachability;
use crate::exchange::receiving::Receiving;
use crate::exchange::response::{Response, ResponseOptions};
use crate::interpret::queue::InterpreterQueue;
use crate::messages::capture::CapturePool;
use crate::messages::{
    AttemptId, Failure, FinishedAttempt, InterpreterMessage, NextStep, TurnContext,
};
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::TimestampSource;
use loadwright_core::timeline::Timeline;
use loadwright_timing::clock;
use loadwright_timing::socket::TimestampedRead;
use std::mem::{replace, take};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::oneshot;

/// An attempt in flight. Dropped before it is finished, it finishes as cancelled.
pub(crate) struct Attempt {
    number: u64,
    id: AttemptId,
    turn: Option<TurnContext>,
    /// When it began, before it had a connection.
    pub(crate) begun: Nanos,
    pub(crate) timeline: Timeline,
    pub(crate) connection: u64,
    pub(crate) reopened: bool,
    pub(crate) bytes_sent: u64,
    response: Response,
    /// Whether the reply is kept as a whole, for `decode`.
    whole: bool,
    /// Frames that were sent to the interpreter already.
    frames_sent_on: u64,
    /// What the reply holds here.
    claim: Claim,
    /// It was finished or discarded.
    over: bool,
    shared: Arc<AttemptContext>,
}

/// What all attempts of an engine thread share.
pub(crate) struct AttemptContext {
    pub(crate) interpreters: InterpreterQueue,
    pub(crate) captures: Arc<CapturePool>,
    pub(crate) progress: Arc<Progress>,
    /// Limits what replies hold.
    pub(crate) budget: Arc<Budget>,
    /// How replies are received.
    pub(crate) receiving: Receiving,
    /// Whether replies are requested as streams.
    pub(crate) stream: bool,
}

/// Bytes of frames after which they are sent to the interpreter, and of a body after which the
/// budget is checked; a power of two.
const CHUNK: usize = 64 * 1024;

impl Attempt {
    pub(crate) fn new(
        number: u64,
        id: AttemptId,
        turn: TurnContext,
        source: TimestampSource,
        shared: &Arc<AttemptContext>,
    ) -> Self {
        shared.progress.in_flight.fetch_add(1, Relaxed);
        let receiving = &shared.receiving;
        // Where a later turn repeats the reply, `decode` may make the assistant's message of it.
        let whole = !receiving.incremental || (receiving.decodes_next && turn.needs_reply);
        let options = ResponseOptions {
            headers: whole,
            stream: shared.stream,
            framing: receiving.framing,
            event_names: receiving.event_names || whole,
        };
        Self {
            number,
            id,
            turn: Some(turn),
            begun: clock::now(),
            timeline: Timeline { scheduled: id.scheduled, ..Timeline::default() },
            connection: 0,
            reopened: false,
            bytes_sent: 0,
            response: Response::new(source, shared.captures.take(), options),
            whole,
            frames_sent_on: 0,
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
    pub(crate) fn id(&self) -> AttemptId {
        self.id
    }

    /// Takes what one read returned of the response; true: the response is complete.
    ///
    /// # Errors
    /// As for [`Response::feed`].
    pub(crate) fn feed(&mut self, bytes: &[u8], read: &TimestampedRead) -> Result<bool, Failure> {
        self.response.feed(bytes, read, &self.shared.receiving.marks)
    }

    /// Whether the first data came before the request was sent, so that it is not a reply to it.
    pub(crate) fn replied_before_sent(&self) -> bool {
        let before = |first: Nanos| self.timeline.sent.is_none_or(|sent| first < sent);
        self.response.first_byte_at.is_some_and(before)
    }

    /// Starts over on another connection, as the one at hand had died before a reply began.
    pub(crate) fn restart(&mut self) {
        self.reopened = true;
        self.bytes_sent = 0;
        self.response.restart();
        self.timeline = Timeline { scheduled: self.timeline.scheduled, ..Timeline::default() };
    }

    /// Takes note of a read of `read` bytes: frames are sent on once there are many, and the budget
    /// is checked each time the body has grown by a [`CHUNK`].
    ///
    /// # Errors
    /// The reply is larger than it may be, or all replies together are.
    pub(crate) fn after_read(&mut self, read: usize) -> Result<(), Failure> {
        let read_state = &self.response.read_state;
        // The body grew by no more than was read, so it has passed a multiple of a chunk only if it
        // is less than that beyond one.
        let passed = read_state.received & (CHUNK as u64 - 1) < read as u64;
        if read_state.capture.len() < CHUNK && !passed { Ok(()) } else { self.send_on() }
    }

    fn send_on(&mut self) -> Result<(), Failure> {
        self.check_size()?;
        let read_state = &mut self.response.read_state;
        let captured = read_state.capture.len();
        if self.whole {
            Budget::check_whole(captured)?;
        } else if captured >= CHUNK {
            let capture = replace(&mut read_state.capture, self.shared.captures.take());
            self.frames_sent_on += capture.frames() as u64;
            let claim = self.claim.another(captured);
            let needs_reply = self.turn.as_ref().is_some_and(|turn| turn.needs_reply);
            let attempt = self.number;
            let message = InterpreterMessage::Frames { attempt, capture, needs_reply, claim };
            self.shared.interpreters.push(self.number, message, false);
        }
        self.claim.resize(self.response.read_state.held());
        Ok(self.shared.budget.check_total()?)
    }

    fn check_size(&self) -> Result<(), Failure> {
        let read_state = &self.response.read_state;
        let frames = self.frames_sent_on + read_state.capture.frames() as u64;
        Ok(self.shared.budget.check_reply(read_state.received, frames)?)
    }

    /// Finishes the attempt, which ended as `end`. The interpreter sends the `next_step`, if the
    /// slot waits for one.
    pub(crate) fn finish(
        mut self,
        end: Result<(), Failure>,
        next_step: Option<oneshot::Sender<NextStep>>,
    ) -> Reachability {
        self.send_finished(end, next_step)
    }

    fn send_finished(
        &mut self,
        end: Result<(), Failure>,
        next_step: Option<oneshot::Sender<NextStep>>,
    ) -> Reachability {
        let reachability = self.reachability(&end);
        if replace(&mut self.over, true) {
            return reachability;
        }
        self.shared.progress.in_flight.fetch_sub(1, Relaxed);
        let Some(turn) = self.turn.take() else { return reachability };
        if self.timeline.end == 0 {
            self.timeline.end = clock::now();
        }
        // A server that refuses a new connection may have done so before the request was sent.
        self.timeline.end = self.timeline.end.max(self.timeline.sent.unwrap_or(0));
        let end = end.and_then(|()| self.check_size());
        let replied_before_sent = self.replied_before_sent();
        let response = &mut self.response;
        self.timeline.head = response.head_at;
        let streamed = response.streamed();
        let head = response.head.as_ref();
        let status = head.map(|head| head.status);
        let untyped_stream = streamed && response.is_sniffed();
        let headers = response.head.as_mut().and_then(|head| head.headers.take());
        let headers = headers.unwrap_or_default();
        let urgent = next_step.is_some();
        let finished = FinishedAttempt {
            number: self.number,
            id: self.id,
            turn,
            timeline: self.timeline,
            connection: self.connection,
            reopened: self.reopened,
            bytes_sent: self.bytes_sent,
            bytes_received: response.read_state.received,
            streamed,
            untyped_stream,
            replied_before_sent,
            status,
            headers,
            error_body: take(&mut response.error_body),
            reachability,
            claim: self.claim.another(response.read_state.capture.len()),
            capture: take(&mut response.read_state.capture),
            end,
            next_step,
        };
        let message = InterpreterMessage::Finished(finished);
        self.shared.interpreters.push(self.number, message, urgent);
        reachability
    }

    /// What the attempt shows about the service, having ended as `end`.
    fn reachability(&self, end: &Result<(), Failure>) -> Reachability {
        let failure = end.as_ref().err().map(|failure| failure.outcome);
        let head = self.response.head.as_ref();
        head.and_then(|head| {
            Reachability::overloaded(head.status, head.retry_after.as_deref(), clock::wall())
        })
        .unwrap_or_else(|| Reachability::of(failure, self.response.has_begun()))
    }

    /// Discards the attempt without a record: it was never made.
    pub(crate) fn discard(mut self) {
        self.turn = None;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let text = "stopped by the user";
        self.send_finished(Err(Failure::new(Outcome::Cancelled, text)), None);
    }
}
