//! Remembers the last frame, since most frames of a stream differ from the one before in one text
//! alone. Such a frame need not be parsed; comparing it costs a tenth of that.

use std::ops::Range;

/// Longer frames are not remembered, as each exchange in flight has a memo.
const MAX_FRAME: usize = 2048;

/// A frame and the place of the one text in it.
#[derive(Debug, Default)]
pub(super) struct Memo {
    frame: Vec<u8>,
    /// Where the text is, between its quotes; `None`: nothing is remembered.
    text: Option<Range<usize>>,
}

impl Memo {
    /// Remembers `frame`, which is JSON, and where the only text is that a rule matched in it.
    pub(super) fn keep(&mut self, frame: &[u8], text: Option<Range<usize>>) {
        self.text = text.filter(|_| frame.len() <= MAX_FRAME);
        if self.text.is_some() {
            self.frame.clear();
            self.frame.extend_from_slice(frame);
        }
    }

    /// The text of `frame`, if the frame differs from the remembered one in that text alone, and the
    /// text needs no escapes: then the frame is JSON, with the same other matches. An empty text does
    /// not match a rule, so it is not one.
    pub(super) fn text<'f>(&self, frame: &'f [u8]) -> Option<&'f str> {
        let Range { start, end } = self.text.clone()?;
        let (before, after) = (&self.frame[..start], &self.frame[end..]);
        let text = frame.strip_prefix(before)?.strip_suffix(after)?;
        let is_plain = |&byte: &u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        let is_unescaped = !text.is_empty() && text.iter().all(is_plain);
        std::str::from_utf8(text).ok().filter(|_| is_unescaped)
    }
}
