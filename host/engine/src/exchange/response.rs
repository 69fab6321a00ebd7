//! One response as it arrives, over HTTP/1.1 or HTTP/2: its head, and its body as frames, each with
//! the timestamps of its read. Decides whether the response is whole, but not what its frames mean.

pub mod body;
pub mod head;

use crate::exchange::framing::marks::EndMarks;
use crate::exchange::framing::{Framer, Framing};
use crate::messages::Failure;
use crate::messages::capture::{Capture, FrameStamp};
use body::{Body, Delimiter};
use head::ResponseHead;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::TimestampSource;
use loadwright_timing::socket::TimestampedRead;
use std::mem::take;

/// The most bytes of an error's body that are kept.
pub(crate) const ERROR_BODY: usize = 4096;
/// The most bytes of one frame.
pub(crate) const FRAME: usize = 16 * 1024 * 1024;

/// One response as it arrives.
pub(crate) struct Response {
    pub(crate) intake: Intake,
    /// The head, once whole.
    pub(crate) head: Option<ResponseHead>,
    /// When the head was whole.
    pub(crate) head_at: Option<Nanos>,
    /// When its first byte came.
    pub(crate) heard: Option<Nanos>,
    /// The start of an error's body.
    pub(crate) error_body: Vec<u8>,
    wanted: Wanted,
    /// The connection cannot carry another request: there were bytes after the response, or a part of
    /// the request was not sent.
    out_of_step: bool,
}

/// What a response is needed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// All of its headers, for protocols that decode.
    pub(crate) headers: bool,
    /// A stream: a body without a content type may be one.
    pub(crate) stream: bool,
}

/// What each read of a body touches, on two cache lines: a connection's memory is cold whenever
/// something arrives.
#[repr(align(64))]
pub(crate) struct Intake {
    source: TimestampSource,
    /// The head is not whole yet.
    pub(crate) in_head: bool,
    /// The end mark was among the frames.
    pub(crate) marked: bool,
    body: Body,
    /// Splits the body into frames; `None` for error bodies.
    framer: Option<Framer>,
    /// The frames.
    pub(crate) capture: Capture,
    /// Bytes of the body so far.
    pub(crate) received: u64,
}

impl Intake {
    /// Bytes of the reply that it holds: whole frames, and the part of one.
    pub(crate) fn held(&self) -> usize {
        self.capture.len() + self.framer.as_ref().map_or(0, Framer::held)
    }
}

const _: () = assert!(size_of::<Intake>() == 128, "what every read touches has grown");

impl Response {
    /// A response whose frames go to `capture`.
    pub(crate) fn new(source: TimestampSource, capture: Capture, wanted: Wanted) -> Self {
        let intake = Intake {
            source,
            in_head: true,
            marked: false,
            body: Body::new(Delimiter::Empty),
            framer: None,
            capture,
            received: 0,
        };
        let (head, head_at, heard) = (None, None, None);
        let (error_body, out_of_step) = (Vec::new(), false);
        Self { intake, head, head_at, heard, error_body, wanted, out_of_step }
    }

    /// Starts over with another response: nothing of the last one counts.
    pub(crate) fn restart(&mut self) {
        let capture = take(&mut self.intake.capture);
        *self = Self::new(self.intake.source, capture, self.wanted);
    }

    /// Whether any byte arrived.
    pub(crate) fn begun(&self) -> bool {
        self.heard.is_some()
    }

    /// Something of the head came with `read`.
    pub(crate) fn begin_head(&mut self, read: &TimestampedRead) {
        self.heard.get_or_insert(self.stamp(read).at);
    }

    /// Whether all headers of the head are to be kept.
    pub(crate) fn keeps_headers(&self) -> bool {
        self.wanted.headers
    }

    /// Whether the server refuses the connection, whatever was to be sent on it: an error after which
    /// it closes, or a `408`, which implies that.
    pub(crate) fn refuses(&self) -> bool {
        let refuses =
            |head: &ResponseHead| head.status == 408 || (head.status >= 400 && !head.keep_alive);
        self.head.as_ref().is_some_and(refuses)
    }

    /// Whether the reply may have more than one frame.
    pub(crate) fn streamed(&self) -> bool {
        self.intake.framer.as_ref().is_some_and(Framer::streams)
    }

    /// Whether the connection may carry another request.
    pub(crate) fn keeps_connection(&self) -> bool {
        self.intake.body.done()
            && !self.out_of_step
            && self.head.as_ref().is_some_and(|head| head.keep_alive)
    }

    /// The request was not sent to its end: the connection cannot carry another one.
    pub(crate) fn leave_out_of_step(&mut self) {
        self.out_of_step = true;
    }

    /// Takes what one read gave of the body, which `marks` may end; true: the response is whole.
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
        let Intake { body, framer, capture, received, marked, .. } = &mut self.intake;
        while let Some(run) = body
            .next(&mut input)
            .map_err(|error| Failure::new(Outcome::Malformed, error.to_string()))?
        {
            *received += run.len() as u64;
            match framer {
                Some(framer) => framer
                    .feed(run, &mut |frame: &[u8]| {
                        *marked |= marks.matches(frame);
                        capture.push(frame, stamp);
                    })
                    .map_err(|error| Failure::new(Outcome::TooLarge, error.to_string()))?,
                None => keep_start(&mut self.error_body, run),
            }
        }
        if !body.done() {
            return Ok(false);
        }
        self.out_of_step |= !input.is_empty();
        self.finish(read);
        Ok(true)
    }

    /// The peer has closed.
    ///
    /// # Errors
    /// The response was not whole.
    pub(crate) fn closed(&mut self, read: &TimestampedRead) -> Result<(), Failure> {
        let cut = |text: &str| Err(Failure::new(Outcome::Truncated, text));
        if self.intake.in_head {
            return cut("the server closed the connection before its reply was whole");
        }
        if self.intake.body.may_close() {
            self.finish(read);
            return Ok(());
        }
        cut("the connection was closed in the middle of the reply")
    }

    /// Begins the body behind `head`.
    ///
    /// # Errors
    /// The body is encoded.
    pub(crate) fn begin(
        &mut self,
        head: ResponseHead,
        read: &TimestampedRead,
    ) -> Result<(), Failure> {
        self.head_at = Some(self.stamp(read).at);
        self.heard = self.heard.or(self.head_at);
        self.intake.in_head = false;
        self.intake.body = Body::new(head.delimiter);
        let ok = (200..300).contains(&head.status);
        let encoding = head.encoding.clone();
        if ok {
            let framing = match head.framing {
                Framing::Sniffed if !self.wanted.stream => Framing::Whole,
                framing => framing,
            };
            self.intake.framer = Some(Framer::new(framing, FRAME));
        }
        self.head = Some(head);
        match encoding {
            Some(encoding) if ok => {
                let text =
                    format!("the reply is {encoding}-encoded, though that was not asked for");
                Err(Failure::new(Outcome::Malformed, text))
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self, read: &TimestampedRead) {
        let stamp = self.stamp(read);
        let Intake { framer, capture, .. } = &mut self.intake;
        if let Some(framer) = framer {
            framer.finish(&mut |frame: &[u8]| capture.push(frame, stamp));
        }
    }

    /// The timestamps of the frames that `read` completed.
    pub(crate) fn stamp(&self, read: &TimestampedRead) -> FrameStamp {
        let at = match self.intake.source {
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
