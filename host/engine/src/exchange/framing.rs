//! Cuts the body of a reply into frames, byte by byte as it arrives: server-sent events, JSON
//! lines, or the body as one frame. What a frame says is for `reading`; when it came is for the
//! connection that feeds this.

pub(crate) mod marks;
mod sse;

use sse::Events;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

/// How a body is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Server-sent events; the `data` of one event is one frame.
    Sse,
    /// One frame a line; empty lines are none.
    Lines,
    /// The whole body is one frame.
    Whole,
    /// As events where the body begins like an event stream, else as one frame.
    Sniffed,
}

impl Framing {
    /// The framing that a content type stands for: with any that is not known the body is one
    /// frame, but without one, or with plain text, its beginning tells. Parameters
    /// (`; charset=utf-8`) and case do not matter.
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
}

/// What may stand before a text in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Line ends that may stand in front of an event stream. A bound, since what is held is looked at
/// again from its start each time more has come.
const BLANK: usize = 64;

/// Whether a body begins as an event stream does; `None`: more of it is needed. A byte order mark
/// and blank lines may stand in front.
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

/// A frame grew past the limit; its exchange cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the reply is longer than {limit} bytes")]
pub struct FrameTooLarge {
    /// The most bytes a frame may have.
    pub limit: usize,
}

/// Cuts one body into frames. Every byte is looked at a bounded number of times, however the body
/// is split into reads, and the frames are the same for every split: a frame is there in the call
/// of `feed` that brings its last needed byte.
#[derive(Debug)]
pub struct Framer {
    cut: Cut,
    limit: usize,
}

/// What is known of the body between two reads.
#[derive(Debug)]
enum Cut {
    Sse(Events),
    Lines(Vec<u8>),
    Whole(Vec<u8>),
    /// The beginning, which does not tell yet what the body is.
    Sniffed(Vec<u8>),
}

impl Framer {
    /// A framer at the start of a body. `max_frame` is in bytes of payload.
    pub fn new(framing: Framing, max_frame: usize) -> Self {
        let cut = match framing {
            Framing::Sse => Cut::Sse(Events::default()),
            Framing::Lines => Cut::Lines(Vec::new()),
            Framing::Whole => Cut::Whole(Vec::new()),
            Framing::Sniffed => Cut::Sniffed(Vec::new()),
        };
        Self { cut, limit: max_frame }
    }

    /// Whether the body is cut into frames as it comes.
    pub fn streams(&self) -> bool {
        matches!(self.cut, Cut::Sse(_) | Cut::Lines(_))
    }

    /// Takes the next bytes of the body and gives `into` the payload of each frame that they
    /// complete, in order.
    ///
    /// # Errors
    /// A frame is too long. The framer is then of no further use; `into` was given the frames
    /// before that one.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        into: &mut impl FnMut(&[u8]),
    ) -> Result<(), FrameTooLarge> {
        match &mut self.cut {
            Cut::Sse(events) => events.feed(bytes, self.limit, into),
            Cut::Lines(held) => feed_lines(held, bytes, self.limit, into),
            Cut::Whole(held) => append(held, bytes, self.limit),
            Cut::Sniffed(_) => self.sniff(bytes, into),
        }
    }

    /// Takes the next bytes of a body of which it is not known yet what it is.
    fn sniff(&mut self, bytes: &[u8], into: &mut impl FnMut(&[u8])) -> Result<(), FrameTooLarge> {
        let Cut::Sniffed(held) = &mut self.cut else { return Ok(()) };
        append(held, bytes, self.limit)?;
        let Some(events) = begins_as_events(held) else { return Ok(()) };
        let body = std::mem::take(held);
        if !events {
            self.cut = Cut::Whole(body);
            return Ok(());
        }
        let mut stream = Events::default();
        let fed = stream.feed(&body, self.limit, into);
        self.cut = Cut::Sse(stream);
        fed
    }

    /// Bytes of memory that the frame on its way holds.
    pub fn held(&self) -> usize {
        match &self.cut {
            Cut::Sse(events) => events.capacity(),
            Cut::Lines(held) | Cut::Whole(held) | Cut::Sniffed(held) => held.capacity(),
        }
    }

    /// Takes the end of the body: what was begun and holds data is a frame too. For a body that
    /// ended well; one that was cut has no last frame.
    pub fn finish(&mut self, into: &mut impl FnMut(&[u8])) {
        match &mut self.cut {
            Cut::Sse(events) => events.finish(into),
            Cut::Lines(held) => {
                push_line(held, into);
                held.clear();
            }
            Cut::Whole(held) | Cut::Sniffed(held) => {
                let body = held.strip_prefix(BOM).unwrap_or(held);
                if !body.is_empty() {
                    into(body);
                }
                held.clear();
            }
        }
    }
}

fn feed_lines(
    held: &mut Vec<u8>,
    mut bytes: &[u8],
    limit: usize,
    into: &mut impl FnMut(&[u8]),
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

/// Adds a line, of which its carriage return and a byte order mark are no part, unless it is empty.
fn push_line(line: &[u8], into: &mut impl FnMut(&[u8])) {
    let line = line.strip_prefix(BOM).unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.is_empty() {
        into(line);
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
