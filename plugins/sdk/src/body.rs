//! A body as it is written: bytes, broken where the host inserts something.

use crate::content::Item;
use crate::{Encoding, Field, Insertion, Media, Request, Segment};

/// A body in the making.
#[derive(Debug, Default)]
pub struct Body {
    done: Vec<Segment>,
    bytes: Vec<u8>,
}

impl Body {
    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A JSON string.
    pub fn string(&mut self, text: &str) {
        serde_json::to_writer(&mut self.bytes, text).expect("a string is always JSON");
    }

    /// The inside of a JSON string, without its quotes.
    pub fn inside_string(&mut self, text: &str) {
        let quote = self.bytes.len();
        self.string(text);
        self.bytes.pop();
        self.bytes.remove(quote);
    }

    /// Text that stays in the host, inside of a JSON string.
    pub fn held(&mut self, index: u32) {
        self.insert(Segment::Text(Insertion { index, encoding: Encoding::JsonString }));
    }

    /// What the host knows of each request, inside of a JSON string: `conversation`, `index` or `turn`.
    pub fn placeholder(&mut self, name: &str) {
        self.insert(Segment::Placeholder(name.into()));
    }

    /// A JSON string of texts, those that stay in the host among them, joined by line ends.
    pub fn texts(&mut self, items: &[Item<'_>]) {
        self.raw(b"\"");
        self.inside_texts(items);
        self.raw(b"\"");
    }

    /// The inside of a JSON string of texts, joined by line ends. Items that are no text are left out.
    pub fn inside_texts(&mut self, items: &[Item<'_>]) {
        let mut first = true;
        for item in items {
            if !matches!(item, Item::Text(_) | Item::Held(_)) {
                continue;
            }
            if !std::mem::take(&mut first) {
                self.raw(br"\n");
            }
            match item {
                Item::Held(held) => self.held(held.index),
                Item::Text(text) => self.inside_string(text),
                _ => {}
            }
        }
    }

    /// A number.
    pub fn number(&mut self, number: u32) {
        serde_json::to_writer(&mut self.bytes, &number).expect("a number is always JSON");
    }

    /// What separates a member or element from one before it, where there is one.
    pub fn comma(&mut self) {
        if !matches!(self.bytes.last(), Some(b'{' | b'[')) {
            self.bytes.push(b',');
        }
    }

    /// Media: inside of a JSON string as base64 or a data URL, or the bytes as they are.
    pub fn media(&mut self, media: &Media, encoding: Encoding) {
        self.insert(Segment::Media(Insertion { index: media.index, encoding }));
    }

    fn insert(&mut self, segment: Segment) {
        if !self.bytes.is_empty() {
            self.done.push(Segment::Bytes(std::mem::take(&mut self.bytes)));
        }
        self.done.push(segment);
    }

    /// The pieces, in order.
    pub fn finish(mut self) -> Vec<Segment> {
        if !self.bytes.is_empty() {
            self.done.push(Segment::Bytes(self.bytes));
        }
        self.done
    }

    /// The whole request: POST, to the URL as it is, as JSON.
    pub fn post(self) -> Request {
        let headers = vec![Field { name: "content-type".into(), value: "application/json".into() }];
        let body = self.finish();
        Request { method: "POST".into(), path: None, headers, body, extra: String::new() }
    }
}

/// A body as text, for tests: media are shown as `<media 0 Encoding::DataUrl>`, held text as
/// `<text 0 Encoding::JsonString>`, placeholders as `<turn>`.
pub fn shown(body: &[Segment]) -> String {
    let segments = body.iter().map(|segment| match segment {
        Segment::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Segment::Media(Insertion { index, encoding }) => format!("<media {index} {encoding:?}>"),
        Segment::Text(Insertion { index, encoding }) => format!("<text {index} {encoding:?}>"),
        Segment::Placeholder(name) => format!("<{name}>"),
    });
    segments.collect()
}

#[cfg(test)]
mod tests;
