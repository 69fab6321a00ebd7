//! The lines of a file that the user named, one after the other.

use crate::Fault;
use crate::host::Host;
use std::vec::IntoIter;

/// Lines taken from the host in one call.
const BATCH: u32 = 256;

/// Lines with their numbers, from 0. A line that is too long by itself is a fault, and the next one
/// follows; after any other fault there are no more.
#[derive(Debug)]
pub struct Lines<'h, H> {
    host: &'h H,
    name: &'h str,
    next: u32,
    batch: IntoIter<Vec<u8>>,
    ended: bool,
}

impl<'h, H: Host> Lines<'h, H> {
    /// Lines of the file that the setting `name` names, from number `first` on.
    pub fn new(host: &'h H, name: &'h str, first: u32) -> Self {
        Self { host, name, next: first, batch: Vec::new().into_iter(), ended: false }
    }
}

impl<H: Host> Iterator for Lines<'_, H> {
    type Item = (u32, Result<Vec<u8>, Fault>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let number = self.next;
        if let Some(line) = self.batch.next() {
            self.next += 1;
            return Some((number, Ok(line)));
        }
        // Freed first: two batches at once may be more than there is memory for.
        self.batch = Vec::new().into_iter();
        match self.host.lines(self.name, number, BATCH) {
            Ok(lines) => {
                self.ended = lines.is_empty();
                self.batch = lines.into_iter();
                self.next()
            }
            Err(fault) => {
                self.ended = !matches!(fault, Fault::Input(_));
                self.next += 1;
                Some((number, Err(fault)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
