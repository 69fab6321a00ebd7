//! A request as it is written to an HTTP/1.1 connection: in one buffer, or in two.

use std::io::IoSlice;

/// A request as it is written.
#[derive(Clone, Copy)]
pub(crate) struct RequestBytes<'m> {
    /// The head, and the body if that is small.
    front: &'m [u8],
    /// The length of the head.
    head: usize,
    /// The body if it is not.
    rest: &'m [u8],
}

/// The largest body that is copied after its head: writing one buffer is cheaper than writing two,
/// and copying this many bytes costs less than the difference.
const SMALL: usize = 4 * 1024;

impl<'m> RequestBytes<'m> {
    /// A request whose head is in `front`, where its body may be put as well.
    pub(crate) fn new(front: &'m mut Vec<u8>, body: &'m [u8]) -> Self {
        let head = front.len();
        if body.len() > SMALL {
            return Self { front, head, rest: body };
        }
        front.extend_from_slice(body);
        Self { front, head, rest: &[] }
    }

    /// The length of all of it.
    pub(crate) fn len(self) -> usize {
        self.front.len() + self.rest.len()
    }

    /// The length of the head.
    pub(crate) fn head_len(self) -> usize {
        self.head
    }

    /// What follows the first `written` bytes.
    pub(crate) fn after(self, written: usize) -> [IoSlice<'m>; 2] {
        let rest = written.saturating_sub(self.front.len());
        let front = written.min(self.front.len());
        [IoSlice::new(&self.front[front..]), IoSlice::new(&self.rest[rest..])]
    }
}

#[cfg(test)]
mod tests;
