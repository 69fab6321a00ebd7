//! Remembers the frame read last, where all but one text of it is likely to come again: in a
//! stream, most chunks differ from the one before in that text alone. Such a frame needs no
//! parsing; comparing costs a tenth of it.

use std::ops::Range;

/// Longer frames are not remembered: each exchange in flight has a memo.
const MAX_FRAME: usize = 2048;

/// A frame and the place of the one text in it.
#[derive(Debug, Default)]
pub(super) struct Memo {
    frame: Vec<u8>,
    /// Where the text is, between its quotes; none: nothing is remembered.
    text: Option<Range<usize>>,
}

impl Memo {
    /// Remembers `frame`, which is JSON, by the place of the one text that a rule found in it.
    pub(super) fn keep(&mut self, frame: &[u8], text: Option<Range<usize>>) {
        self.text = text.filter(|_| frame.len() <= MAX_FRAME);
        if self.text.is_some() {
            self.frame.clear();
            self.frame.extend_from_slice(frame);
        }
    }

    /// The text of `frame`, if it is the remembered one but for that text, and the text is one
    /// that stands for itself in JSON: then the frame is JSON, and everything else in it is as
    /// remembered. An empty text is none, as it is no finding.
    pub(super) fn text<'f>(&self, frame: &'f [u8]) -> Option<&'f str> {
        let Range { start, end } = self.text.clone()?;
        let (before, after) = (&self.frame[..start], &self.frame[end..]);
        let text = frame.strip_prefix(before)?.strip_suffix(after)?;
        let is_plain = |&byte: &u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        let stands_for_itself = !text.is_empty() && text.iter().all(is_plain);
        std::str::from_utf8(text).ok().filter(|_| stands_for_itself)
    }
}
