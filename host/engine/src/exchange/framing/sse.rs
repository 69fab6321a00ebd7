//! Parses server-sent events as the HTML standard defines them (section 9.2.6, "Interpreting an event
//! stream"), on bytes: the payload of an event is its `data` lines joined by a line feed.
//!
//! Deviations: fields other than `data` and, where it is asked for, `event` are ignored, and `finish`
//! returns a last event whose blank line is missing.

use super::{BOM, Frame, FrameTooLarge, check};
use memchr::memchr2;

const DATA: &[u8] = b"data:";
const EVENT: &[u8] = b"event:";

/// Where in a line the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the start of the body, after this many bytes of a byte order mark.
    Bom(usize),
    /// After this many bytes of `data:`, which are all of the line so far.
    Field(usize),
    /// After this many bytes of `event:`, likewise.
    EventField(usize),
    /// After the colon, where one space is not part of the value.
    Space,
    /// In the value of a data line.
    Value,
    /// After the colon of an event's name.
    EventSpace,
    /// In the name of an event.
    EventValue,
    /// In a line that is ignored: a comment, or another field.
    Other,
}

/// An event stream between two reads.
#[derive(Debug)]
pub(super) struct Events {
    at: At,
    /// The last byte was a carriage return, which ended its line: a line feed that follows is part of
    /// it.
    after_cr: bool,
    /// Whether the current event has a data line, be it incomplete.
    has_data: bool,
    /// The data of the current event so far.
    data: Vec<u8>,
    /// Whether the names of events are kept; most are not.
    keeps_names: bool,
    /// The name of the current event so far, once an event has one.
    #[expect(clippy::box_collection, reason = "a pointer is all that a framer has room for")]
    name: Option<Box<Vec<u8>>>,
}

impl Events {
    /// An event stream from its start.
    pub(super) fn new(keeps_names: bool) -> Self {
        Self {
            at: At::Bom(0),
            after_cr: false,
            has_data: false,
            data: Vec::new(),
            keeps_names,
            name: None,
        }
    }

    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        limit: usize,
        into: &mut impl FnMut(Frame<'_>),
    ) -> Result<(), FrameTooLarge> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            if self.at == At::Field(0)
                && !self.has_data
                && let Some((value, taken, after_cr)) = whole_event(bytes)
            {
                check(value.len(), limit)?;
                self.give(value, into);
                self.after_cr = after_cr;
                bytes = &bytes[taken..];
                continue;
            }
            let taken = self.step(bytes, into);
            check(self.data.len() + self.name.as_ref().map_or(0, |name| name.len()), limit)?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Bytes of memory that the incomplete event holds.
    pub(super) fn capacity(&self) -> usize {
        self.data.capacity() + self.name.as_ref().map_or(0, |name| name.capacity())
    }

    /// Completes the event as if its missing lines had come.
    pub(super) fn finish(&mut self, into: &mut impl FnMut(Frame<'_>)) {
        self.end_line(into);
        self.dispatch(into);
        *self = Self::new(self.keeps_names);
    }

    /// Takes a part of one line, up to its end if that is in `bytes`, which has at least one byte.
    /// Returns the number of bytes taken; 0 if only the state changed.
    fn step(&mut self, bytes: &[u8], into: &mut impl FnMut(Frame<'_>)) -> usize {
        let first = bytes[0];
        match self.at {
            At::Bom(seen) => {
                let goes_on = first == BOM[seen];
                self.at = match (goes_on, seen) {
                    (true, 2) => At::Field(0),
                    (true, _) => At::Bom(seen + 1),
                    (false, 0) => At::Field(0),
                    (false, _) => At::Other,
                };
                usize::from(goes_on)
            }
            At::Field(seen) => self.field(seen, first, into),
            At::EventField(seen) => self.event_field(seen, first, into),
            At::Space => {
                self.at = At::Value;
                usize::from(first == b' ')
            }
            At::EventSpace => {
                self.at = At::EventValue;
                usize::from(first == b' ')
            }
            At::Value => {
                let end = memchr2(b'\n', b'\r', bytes);
                self.data.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
                self.leave_line(bytes, end, into)
            }
            At::EventValue => {
                let end = memchr2(b'\n', b'\r', bytes);
                let part = &bytes[..end.unwrap_or(bytes.len())];
                self.name.get_or_insert_default().extend_from_slice(part);
                self.leave_line(bytes, end, into)
            }
            At::Other => {
                let end = memchr2(b'\n', b'\r', bytes);
                self.leave_line(bytes, end, into)
            }
        }
    }

    /// Takes the next byte of a line that is the beginning of `data:` so far.
    fn field(&mut self, seen: usize, byte: u8, into: &mut impl FnMut(Frame<'_>)) -> usize {
        if matches!(byte, b'\n' | b'\r') {
            self.after_cr = byte == b'\r';
            self.end_line(into);
        } else if byte != DATA[seen] {
            let is_event = seen == 0 && byte == EVENT[0] && self.keeps_names;
            self.at = if is_event { At::EventField(1) } else { At::Other };
        } else if seen + 1 < DATA.len() {
            self.at = At::Field(seen + 1);
        } else {
            self.begin_value();
            self.at = At::Space;
        }
        1
    }

    /// Takes the next byte of a line that is the beginning of `event:` so far.
    fn event_field(&mut self, seen: usize, byte: u8, into: &mut impl FnMut(Frame<'_>)) -> usize {
        if matches!(byte, b'\n' | b'\r') {
            self.after_cr = byte == b'\r';
            self.end_line(into);
        } else if byte != EVENT[seen] {
            self.at = At::Other;
        } else if seen + 1 < EVENT.len() {
            self.at = At::EventField(seen + 1);
        } else {
            self.forget_name();
            self.at = At::EventSpace;
        }
        1
    }

    fn begin_value(&mut self) {
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
    }

    /// Ends the line at `end`, or takes all of `bytes` as part of it.
    fn leave_line(
        &mut self,
        bytes: &[u8],
        end: Option<usize>,
        into: &mut impl FnMut(Frame<'_>),
    ) -> usize {
        let Some(end) = end else { return bytes.len() };
        self.after_cr = bytes[end] == b'\r';
        self.end_line(into);
        end + 1
    }

    /// A blank line completes the event; a line that is `data` alone is an empty data line.
    fn end_line(&mut self, into: &mut impl FnMut(Frame<'_>)) {
        match std::mem::replace(&mut self.at, At::Field(0)) {
            At::Field(0) => self.dispatch(into),
            At::Field(seen) if seen + 1 == DATA.len() => self.begin_value(),
            At::EventField(seen) if seen + 1 == EVENT.len() => self.forget_name(),
            _ => {}
        }
    }

    fn dispatch(&mut self, into: &mut impl FnMut(Frame<'_>)) {
        if std::mem::take(&mut self.has_data) {
            let data = std::mem::take(&mut self.data);
            self.give(&data, into);
            self.data = data;
            self.data.clear();
        }
        self.forget_name();
    }

    /// Gives the current event.
    #[inline]
    fn give(&mut self, payload: &[u8], into: &mut impl FnMut(Frame<'_>)) {
        into(Frame { event: self.name.as_deref().map_or(b"", |name| name), payload });
        self.forget_name();
    }

    fn forget_name(&mut self) {
        if let Some(name) = &mut self.name {
            name.clear();
        }
    }
}

/// The common case, an event of one data line that is in `bytes` from `data:` to its blank line:
/// its value, the bytes it takes, and whether the last of them is a carriage return.
fn whole_event(bytes: &[u8]) -> Option<(&[u8], usize, bool)> {
    let line = bytes.strip_prefix(DATA)?;
    let value = line.strip_prefix(b" ").unwrap_or(line);
    let start = bytes.len() - value.len();
    let end = memchr2(b'\n', b'\r', value)?;
    let crlf = value[end..].starts_with(b"\r\n");
    let blank = end + 1 + usize::from(crlf);
    let last = *value.get(blank)?;
    matches!(last, b'\n' | b'\r').then_some((&value[..end], start + blank + 1, last == b'\r'))
}
