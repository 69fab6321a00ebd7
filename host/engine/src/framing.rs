//! Cuts the body of a reply into frames, byte by byte as it arrives: server-sent events, JSON
//! lines, or the body as one frame. What a frame says is for `reading`; when it came is for the
//! connection that feeds this.

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

/// Payloads of frames, one after another in one buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frames {
    /// The payloads, without anything between them.
    pub bytes: Vec<u8>,
    /// Where each payload ends in `bytes`; it begins where the one before it ends.
    pub ends: Vec<usize>,
}

impl Frames {
    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The payload of frame `index`; panics where there is no such frame.
    pub fn payload(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    /// The payloads, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.payload(index))
    }

    /// Adds one frame.
    pub fn push(&mut self, payload: &[u8]) {
        self.bytes.extend_from_slice(payload);
        self.ends.push(self.bytes.len());
    }

    /// Forgets the frames and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
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

    /// Takes the next bytes of the body and adds the frames that they complete to `into`.
    ///
    /// After an error the framer is of no further use; the frames before the long one are in
    /// `into`.
    pub fn feed(&mut self, bytes: &[u8], into: &mut Frames) -> Result<(), FrameTooLarge> {
        match &mut self.cut {
            Cut::Sse(events) => events.feed(bytes, self.limit, into),
            Cut::Lines(held) => feed_lines(held, bytes, self.limit, into),
            Cut::Whole(held) => append(held, bytes, self.limit),
        }
    }

    /// Takes the end of the body: what was begun and holds data is a frame too. For a body that
    /// ended well; one that was cut has no last frame.
    pub fn finish(&mut self, into: &mut Frames) {
        match &mut self.cut {
            Cut::Sse(events) => events.finish(into),
            Cut::Lines(held) => {
                push_line(held, into);
                held.clear();
            }
            Cut::Whole(held) => {
                if !held.is_empty() {
                    into.push(held);
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
    into: &mut Frames,
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
fn push_line(line: &[u8], into: &mut Frames) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.is_empty() {
        into.push(line);
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
