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
}

impl Framing {
    /// The framing that a content type stands for; without one, or with any other, the body is
    /// one frame. Parameters (`; charset=utf-8`) and case do not matter.
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
        } else {
            Self::Whole
        }
    }
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
}

impl Framer {
    /// A framer at the start of a body. `max_frame` is in bytes of payload.
    pub fn new(framing: Framing, max_frame: usize) -> Self {
        let cut = match framing {
            Framing::Sse => Cut::Sse(Events::default()),
            Framing::Lines => Cut::Lines(Vec::new()),
            Framing::Whole => Cut::Whole(Vec::new()),
        };
        Self { cut, limit: max_frame }
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
            Cut::Whole(held) => {
                if !held.is_empty() {
                    into(held);
                    held.clear();
                }
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

/// Adds a line, of which its carriage return is no part, unless it is empty.
fn push_line(line: &[u8], into: &mut impl FnMut(&[u8])) {
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
