//! A body as it is written: bytes, broken where the host puts media.

use loadwright_plugin::{Encoding, Media, Segment, Splice};

/// A body in the making.
#[derive(Debug, Default)]
pub(crate) struct Body {
    done: Vec<Segment>,
    bytes: Vec<u8>,
}

impl Body {
    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A JSON string.
    pub(crate) fn string(&mut self, text: &str) {
        serde_json::to_writer(&mut self.bytes, text).expect("a string is always JSON");
    }

    /// The inside of a JSON string, without its quotes.
    pub(crate) fn inside_string(&mut self, text: &str) {
        let quote = self.bytes.len();
        self.string(text);
        self.bytes.pop();
        self.bytes.remove(quote);
    }

    /// A number.
    pub(crate) fn number(&mut self, number: u32) {
        serde_json::to_writer(&mut self.bytes, &number).expect("a number is always JSON");
    }

    /// What separates a member or element from one before it, where there is one.
    pub(crate) fn comma(&mut self) {
        if !matches!(self.bytes.last(), Some(b'{' | b'[')) {
            self.bytes.push(b',');
        }
    }

    /// Media as a data URL, inside of a JSON string.
    pub(crate) fn data_url(&mut self, media: &Media) {
        self.done.push(Segment::Bytes(std::mem::take(&mut self.bytes)));
        self.done.push(Segment::Media(Splice { slot: media.slot, encoding: Encoding::DataUrl }));
    }

    /// The pieces, in order.
    pub(crate) fn finish(mut self) -> Vec<Segment> {
        if !self.bytes.is_empty() {
            self.done.push(Segment::Bytes(self.bytes));
        }
        self.done
    }
}
