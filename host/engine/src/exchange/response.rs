//! One response as it arrives, over HTTP/1.1 or HTTP/2: its head, and its body as frames, each with
//! the timestamps of its read. Decides whether the response is complete, but not what its frames mean.

pub mod body;
pub mod head;

use crate::exchange::framing::marks::EndMarks;
use crate::exchange::framing::{Frame, Framer, Framing};
use crate::messages::Failure;
use crate::messages::capture::{Capture, FrameStamp};
use body::{Body, Delimiter};
use head::ResponseHead;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::TimestampSource;
use loadwright_core::reading::PlanFraming;
use loadwright_timing::socket::TimestampedRead;
use std::mem::take;

/// The most bytes of an error's body that are kept.
pub(crate) const ERROR_BODY: usize = 4096;
/// The most bytes of one frame.
pub(crate) const FRAME: usize = 16 * 1024 * 1024;

/// One response as it arrives.
pub(crate) struct Response {
    pub(crate) read_state: ReadState,
    /// The head, once it is complete.
    pub(crate) head: Option<ResponseHead>,
    /// When the head was complete.
    pub(crate) head_at: Option<Nanos>,
    /// When its first byte came.
    pub(crate) first_byte_at: Option<Nanos>,
    /// The start of an error's body.
    pub(crate) error_body: Vec<u8>,
    options: ResponseOptions,
    /// Bytes follow the response, or a part of the request was not sent.
    connection_unusable: bool,
}

/// What a response is received for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResponseOptions {
    /// All of its headers, for protocols that decode.
    pub(crate) headers: bool,
    /// A stream: a body without a content type may be one.
    pub(crate) stream: bool,
    /// How the reading plan splits its body.
    pub(crate) framing: PlanFraming,
    /// With the names of its server-sent events.
    pub(crate) event_names: bool,
}

/// What each read of a body touches, together on two cache lines: a connection is cold in the cache
/// whenever data arrives.
#[repr(align(64))]
pub(crate) struct ReadState {
    source: TimestampSource,
    /// The head is not complete yet.
    pub(crate) in_head: bool,
    /// The end mark was among the frames.
    pub(crate) end_marked: bool,
    body: Body,
    /// Splits the body into frames; `None` for error bodies.
    framer: Option<Framer>,
    /// The frames.
    pub(crate) capture: Capture,
    /// Bytes of the body so far.
    pub(crate) received: u64,
}

impl ReadState {
    /// Bytes of the reply that it holds: the frames, and the incomplete one.
    pub(crate) fn held(&self) -> usize {
        self.capture.len() + self.framer.as_ref().map_or(0, Framer::held)
    }
}

const _: () = assert!(size_of::<ReadState>() == 128, "ReadState must fit two cache lines");

impl Response {
    /// A response whose frames go to `capture`.
    pub(crate) fn new(source: TimestampSource, capture: Capture, options: ResponseOptions) -> Self {
        let read_state = ReadState {
            source,
            in_head: true,
            end_marked: false,
            body: Body::new(Delimiter::Empty),
            framer: None,
            capture,
            received: 0,
        };
        let (head, head_at, first_byte_at) = (None, None, None);
        let (error_body, connection_unusable) = (Vec::new(), false);
        Self { read_state, head, head_at, first_byte_at, error_body, options, connection_unusable }
    }

    /// Starts over with another response: nothing of the last one counts.
    pub(crate) fn restart(&mut self) {
        let capture = take(&mut self.read_state.capture);
        *self = Self::new(self.read_state.source, capture, self.options);
    }

    /// Whether any byte has arrived.
    pub(crate) fn has_begun(&self) -> bool {
        self.first_byte_at.is_some()
    }

    /// Records when the first byte came, if `read` brought it.
    pub(crate) fn record_first_byte(&mut self, read: &TimestampedRead) {
        self.first_byte_at.get_or_insert(self.stamp(read).at);
    }

    /// Whether all headers of the head are to be kept.
    pub(crate) fn keeps_headers(&self) -> bool {
        self.options.headers
    }

    /// Whether the server refuses to serve the connection, whatever is sent on it: an error with a
    /// close, or a `408`, which implies one.
    pub(crate) fn refuses_connection(&self) -> bool {
        let refuses =
            |head: &ResponseHead| head.status == 408 || (head.status >= 400 && !head.keep_alive);
        self.head.as_ref().is_some_and(refuses)
    }

    /// Whether the reply is split into frames as it comes.
    pub(crate) fn streamed(&self) -> bool {
        self.read_state.framer.as_ref().is_some_and(Framer::streams)
    }

    /// Whether only the beginning of its body could tell how it is split into frames.
    pub(crate) fn is_sniffed(&self) -> bool {
        let untyped = self.head.as_ref().is_some_and(|head| head.framing == Framing::Sniffed);
        untyped && self.options.framing == PlanFraming::ByType
    }

    /// Whether the connection may carry another request.
    pub(crate) fn keeps_connection(&self) -> bool {
        self.read_state.body.done()
            && !self.connection_unusable
            && self.head.as_ref().is_some_and(|head| head.keep_alive)
    }

    /// Another request cannot be sent on the connection: this one was not sent completely, or the rest
    /// of its response was not read.
    pub(crate) fn mark_connection_unusable(&mut self) {
        self.connection_unusable = true;
    }

    /// Takes what one read returned of the body, which `marks` may end; true: the response is complete.
    ///
    /// # Errors
    /// The body cannot be read.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        read: &TimestampedRead,
        marks: &EndMarks,
    ) -> Result<bool, Failure> {
        let mut input = bytes;
        let stamp = self.stamp(read);
        let ReadState { body, framer, capture, received, end_marked, .. } = &mut self.read_state;
        while let Some(run) = body
            .next(&mut input)
            .map_err(|error| Failure::new(Outcome::Malformed, error.to_string()))?
        {
            *received += run.len() as u64;
            match framer {
                Some(framer) => framer
                    .feed(run, &mut |frame: Frame<'_>| {
                        *end_marked |= marks.matches(frame.payload);
                        capture.push(frame.event, frame.payload, stamp);
                    })
                    .map_err(|error| Failure::new(Outcome::TooLarge, error.to_string()))?,
                None => keep_start(&mut self.error_body, run),
            }
        }
        if !body.done() {
            return Ok(false);
        }
        self.connection_unusable |= !input.is_empty();
        self.finish(read);
        Ok(true)
    }

    /// The peer has closed the connection.
    ///
    /// # Errors
    /// The response was not complete.
    pub(crate) fn peer_closed(&mut self, read: &TimestampedRead) -> Result<(), Failure> {
        let truncated = |text: &str| Err(Failure::new(Outcome::Truncated, text));
        if self.read_state.in_head {
            return truncated("the server closed the connection before its reply was complete");
        }
        if self.read_state.body.may_close() {
            self.finish(read);
            return Ok(());
        }
        truncated("the connection was closed in the middle of the reply")
    }

    /// Takes the head, and begins the body after it.
    ///
    /// # Errors
    /// The body is encoded.
    pub(crate) fn begin_body(
        &mut self,
        head: ResponseHead,
        read: &TimestampedRead,
    ) -> Result<(), Failure> {
        self.head_at = Some(self.stamp(read).at);
        self.first_byte_at = self.first_byte_at.or(self.head_at);
        self.read_state.in_head = false;
        self.read_state.body = Body::new(head.delimiter);
        let ok = (200..300).contains(&head.status);
        let encoding = head.encoding.clone();
        if ok {
            let by_type = match head.framing {
                Framing::Sniffed if !self.options.stream => Framing::Whole,
                framing => framing,
            };
            let framing = by_type.of_plan(self.options.framing);
            self.read_state.framer = Some(Framer::new(framing, self.options.event_names, FRAME));
        }
        self.head = Some(head);
        match encoding {
            Some(encoding) if ok => {
                let text =
                    format!("the reply is {encoding}-encoded, although that was not requested");
                Err(Failure::new(Outcome::Malformed, text))
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self, read: &TimestampedRead) {
        let stamp = self.stamp(read);
        let ReadState { framer, capture, .. } = &mut self.read_state;
        if let Some(framer) = framer {
            framer.finish(&mut |frame: Frame<'_>| capture.push(frame.event, frame.payload, stamp));
        }
    }

    /// The timestamps of what `read` returned.
    pub(crate) fn stamp(&self, read: &TimestampedRead) -> FrameStamp {
        let at = match self.read_state.source {
            TimestampSource::Kernel => read.kernel.unwrap_or(read.user),
            TimestampSource::User => read.user,
        };
        FrameStamp { at, user: read.user }
    }
}

/// Keeps the start of an error's body.
fn keep_start(kept: &mut Vec<u8>, run: &[u8]) {
    let room = ERROR_BODY.saturating_sub(kept.len());
    kept.extend_from_slice(&run[..run.len().min(room)]);
}

#[cfg(test)]
mod tests;
