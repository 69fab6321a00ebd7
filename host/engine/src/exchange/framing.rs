//! Splits the body of a reply into frames as it arrives: server-sent events, JSON lines, elements of a
//! JSON array, or the body as one frame. What a frame means is for `reading`, when it came for the
//! connection.

mod elements;
pub(crate) mod marks;
mod sse;

use elements::Elements;
use loadwright_core::reading::PlanFraming;
use sse::Events;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

/// How a body is split into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Server-sent events; the `data` of one event is one frame.
    Sse,
    /// One frame per line that is not empty.
    Lines,
    /// The whole body is one frame.
    Whole,
    /// Events if the body begins like an event stream, otherwise one frame.
    Sniffed,
    /// One frame per element of the array that the body is; a body that is none is one frame.
    Elements,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'b> {
    /// The name of the server-sent event, if there is one and names are kept.
    pub event: &'b [u8],
    /// What it holds.
    pub payload: &'b [u8],
}

impl<'b> Frame<'b> {
    fn unnamed(payload: &'b [u8]) -> Self {
        Self { event: b"", payload }
    }
}

impl Framing {
    /// The framing of a content type. An unknown type is one frame; without a type, or with plain
    /// text, the beginning of the body decides. Parameters (`; charset=utf-8`) and case are ignored.
    pub fn of(content_type: Option<&str>) -> Self {
        const LINES: [&str; 8] = [
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonl",
            "application/jsonlines",
            "application/x-jsonlines",
            "application/json-lines",
            "application/stream+json",
        ];
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("text/event-stream") {
            Self::Sse
        } else if LINES.iter().any(|name| essence.eq_ignore_ascii_case(name)) {
            Self::Lines
        } else if essence.is_empty() || essence.eq_ignore_ascii_case("text/plain") {
            Self::Sniffed
        } else {
            Self::Whole
        }
    }

    /// The framing of a reading plan, for a content type whose own is `self`.
    pub(crate) fn of_plan(self, plan: PlanFraming) -> Self {
        match plan {
            PlanFraming::ByType => self,
            PlanFraming::Sse => Self::Sse,
            PlanFraming::Lines => Self::Lines,
            PlanFraming::JsonArray => Self::Elements,
            PlanFraming::Whole => Self::Whole,
        }
    }
}

/// The byte order mark that a text in UTF-8 may begin with.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Blank lines that an event stream may begin with. Bounded, since the beginning is examined again
/// each time more has come.
const BLANK: usize = 64;

/// Whether a body begins as an event stream does; `None`: more of it is needed. A byte order mark
/// and blank lines may come first.
fn begins_as_events(body: &[u8]) -> Option<bool> {
    const LINES: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
    if BOM.starts_with(body) {
        return None;
    }
    let body = body.strip_prefix(BOM).unwrap_or(body);
    let blank = body.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if blank > BLANK {
        return Some(false);
    }
    let line = &body[blank..];
    if LINES.iter().any(|begun| line.starts_with(begun)) {
        return Some(true);
    }
    if LINES.iter().any(|begun| begun.starts_with(line)) { None } else { Some(false) }
}

/// A frame exceeds the limit; the rest of its exchange cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the reply is longer than {limit} bytes")]
pub struct FrameTooLarge {
    /// The most bytes a frame may have.
    pub limit: usize,
}

/// Splits one body into frames. Every byte is examined a bounded number of times and the frames are
/// the same, however the body arrives: a frame is complete in the call of `feed` that brings its last
/// needed byte.
#[derive(Debug)]
pub struct Framer {
    state: State,
    limit: usize,
}

/// The state between two reads.
#[derive(Debug)]
enum State {
    Sse(Events),
    Lines(Vec<u8>),
    Whole(Vec<u8>),
    /// The beginning of a body whose framing is not known yet, and whether names are kept.
    Sniffed(Vec<u8>, bool),
    Elements(Box<Elements>),
}

impl Framer {
    /// A framer at the start of a body; `keeps_names`: of server-sent events. `max_frame` is in bytes
    /// of payload and name.
    pub fn new(framing: Framing, keeps_names: bool, max_frame: usize) -> Self {
        let state = match framing {
            Framing::Sse => State::Sse(Events::new(keeps_names)),
            Framing::Lines => State::Lines(Vec::new()),
            Framing::Whole => State::Whole(Vec::new()),
            Framing::Sniffed => State::Sniffed(Vec::new(), keeps_names),
            Framing::Elements => State::Elements(Box::default()),
        };
        Self { state, limit: max_frame }
    }

    /// Whether the body is split into frames as it comes.
    pub fn streams(&self) -> bool {
        match &self.state {
            State::Sse(_) | State::Lines(_) => true,
            State::Whole(_) | State::Sniffed(..) => false,
            State::Elements(elements) => elements.is_array(),
        }
    }

    /// Takes the next bytes of the body and calls `into` with each frame that they complete, in
    /// order.
    ///
    /// # Errors
    /// A frame is too long. The framer cannot be used further; `into` was called for the frames before
    /// it.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        into: &mut impl FnMut(Frame<'_>),
    ) -> Result<(), FrameTooLarge> {
        match &mut self.state {
            State::Sse(events) => events.feed(bytes, self.limit, into),
            State::Lines(held) => feed_lines(held, bytes, self.limit, into),
            State::Whole(held) => append(held, bytes, self.limit),
            State::Sniffed(..) => self.sniff(bytes, into),
            State::Elements(elements) => elements.feed(bytes, self.limit, into),
        }
    }

    /// Takes the next bytes of a body whose framing is not known yet.
    fn sniff(
        &mut self,
        bytes: &[u8],
        into: &mut impl FnMut(Frame<'_>),
    ) -> Result<(), FrameTooLarge> {
        let State::Sniffed(held, keeps_names) = &mut self.state else { return Ok(()) };
        append(held, bytes, self.limit)?;
        let Some(events) = begins_as_events(held) else { return Ok(()) };
        let body = std::mem::take(held);
        if !events {
            self.state = State::Whole(body);
            return Ok(());
        }
        let mut stream = Events::new(*keeps_names);
        let fed = stream.feed(&body, self.limit, into);
        self.state = State::Sse(stream);
        fed
    }

    /// Bytes of memory that the incomplete frame holds.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Sse(events) => events.capacity(),
            State::Lines(held) | State::Whole(held) | State::Sniffed(held, _) => held.capacity(),
            State::Elements(elements) => elements.capacity(),
        }
    }

    /// Takes the end of the body: an incomplete frame that holds data is a frame too. Only for a body
    /// that is complete; a truncated one has no last frame.
    pub fn finish(&mut self, into: &mut impl FnMut(Frame<'_>)) {
        match &mut self.state {
            State::Sse(events) => events.finish(into),
            State::Lines(held) => {
                push_line(held, into);
                held.clear();
            }
            State::Whole(held) | State::Sniffed(held, _) => {
                let body = held.strip_prefix(BOM).unwrap_or(held);
                if !body.is_empty() {
                    into(Frame::unnamed(body));
                }
                held.clear();
            }
            State::Elements(elements) => elements.finish(into),
        }
    }
}

fn feed_lines(
    held: &mut Vec<u8>,
    mut bytes: &[u8],
    limit: usize,
    into: &mut impl FnMut(Frame<'_>),
) -> Result<(), FrameTooLarge> {
    while let Some(end) = memchr::memchr(b'\n', bytes) {
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        if held.is_empty() {
            check(line.len(), limit)?;
            push_line(line, into);
        } else {
            append(held, line, limit)?;
            push_line(held, into);
            held.clear();
        }
        bytes = rest;
    }
    append(held, bytes, limit)
}

/// Adds a line without its carriage return and a byte order mark, unless it is empty.
fn push_line(line: &[u8], into: &mut impl FnMut(Frame<'_>)) {
    let line = line.strip_prefix(BOM).unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.is_empty() {
        into(Frame::unnamed(line));
    }
}

fn append(held: &mut Vec<u8>, bytes: &[u8], limit: usize) -> Result<(), FrameTooLarge> {
    check(held.len() + bytes.len(), limit)?;
    held.extend_from_slice(bytes);
    Ok(())
}

fn check(len: usize, limit: usize) -> Result<(), FrameTooLarge> {
    if len > limit { Err(FrameTooLarge { limit }) } else { Ok(()) }
}
