//! Splits the JSON array that a body is into its elements as they come. An element is complete with its
//! last byte; numbers and names, which have none of their own, with the comma or bracket after them.
//!
//! What is in an element is not checked here. A body that is no array is one frame, and so is what
//! follows the array.

use super::{BOM, Frame, FrameTooLarge, check};
use memchr::memchr2;

/// Where the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// Before the array.
    #[default]
    Start,
    /// In the array, before an element or a comma.
    Between,
    /// In an element.
    Element,
    /// After the array.
    After,
    /// In what is no array.
    Other,
}

/// An array between two reads.
#[derive(Debug, Default)]
pub(super) struct Elements {
    at: At,
    /// Brackets that are open in the element.
    depth: usize,
    in_string: bool,
    /// After a backslash.
    escaped: bool,
    /// The element so far.
    held: Vec<u8>,
}

impl Elements {
    /// Whether the body is an array, as far as is known.
    pub(super) fn is_array(&self) -> bool {
        !matches!(self.at, At::Start | At::Other)
    }

    /// Bytes of memory that the incomplete element holds.
    pub(super) fn capacity(&self) -> usize {
        self.held.capacity()
    }

    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        limit: usize,
        into: &mut impl FnMut(Frame<'_>),
    ) -> Result<(), FrameTooLarge> {
        while let Some(&first) = bytes.first() {
            match (self.at, first) {
                (At::Start, b'[') => self.skip(&mut bytes, At::Between),
                (At::Between, b']') => self.skip(&mut bytes, At::After),
                (At::Between, b',') => self.skip(&mut bytes, At::Between),
                (At::Start | At::Between | At::After, _) if first.is_ascii_whitespace() => {
                    self.skip(&mut bytes, self.at);
                }
                (At::Start, _) if BOM.contains(&first) => self.skip(&mut bytes, At::Start),
                (At::Between, _) => self.at = At::Element,
                (At::Start | At::After, _) => self.at = At::Other,
                (At::Element, _) => {
                    let end = self.scan(bytes);
                    let (element, behind) = bytes.split_at(end.unwrap_or(bytes.len()));
                    check(self.held.len() + element.len(), limit)?;
                    self.take(element, end.is_some(), into);
                    bytes = behind;
                }
                (At::Other, _) => {
                    check(self.held.len() + bytes.len(), limit)?;
                    self.held.extend_from_slice(bytes);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Takes the end of the body.
    pub(super) fn finish(&mut self, into: &mut impl FnMut(Frame<'_>)) {
        let element = std::mem::take(&mut self.held);
        let element = element.trim_ascii_end();
        if !element.is_empty() {
            into(Frame::unnamed(element));
        }
        let at = if self.is_array() { At::After } else { self.at };
        *self = Self { at, ..Self::default() };
    }

    fn skip(&mut self, bytes: &mut &[u8], at: At) {
        *bytes = &bytes[1..];
        self.at = at;
    }

    /// Takes a part of an element, its last if it is `complete`. It is copied only where it comes in
    /// several parts.
    fn take(&mut self, part: &[u8], complete: bool, into: &mut impl FnMut(Frame<'_>)) {
        if !complete {
            self.held.extend_from_slice(part);
            return;
        }
        self.at = At::Between;
        let mut element = part;
        if !self.held.is_empty() {
            self.held.extend_from_slice(part);
            element = &self.held;
        }
        into(Frame::unnamed(element.trim_ascii_end()));
        self.held.clear();
    }

    /// How many of these bytes belong to the element, if it ends in them.
    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if std::mem::take(&mut self.escaped) {
                    at += 1;
                    continue;
                }
                let special = memchr2(b'"', b'\\', &bytes[at..])?;
                at += special + 1;
                self.escaped = bytes[at - 1] == b'\\';
                self.in_string = self.escaped;
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b',' | b']' if self.depth == 0 => return Some(at),
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}
