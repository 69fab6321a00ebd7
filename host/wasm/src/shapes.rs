//! Formatted requests by the shape of what they were formatted from, so that a slow guest formats
//! each shape once. Two requests have one shape if the guest would get the same arguments for both.

use crate::bindings::bulk::exports::loadwright::plugin::api::PromptRequest;
use crate::formatted::Formatted;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Shapes that are kept at most; one too many begins the cache anew.
const SHAPES: usize = 1024;

/// The longest shape in bytes: one with long texts of its own is hardly met again.
const LONGEST: usize = 64 << 10;

/// The arguments of `format` as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape(String);

impl Shape {
    /// The shape of `request`; `None`: it is too long to be kept.
    pub(crate) fn of(request: &PromptRequest<'_>) -> Option<Self> {
        let mut text = Bounded(String::new());
        write!(text, "{request:?}").ok()?;
        Some(Self(text.0))
    }
}

/// A text that takes no more than [`LONGEST`] bytes.
struct Bounded(String);

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Bytes of shapes and formatted requests that are kept; a request of more than half is not.
const MOST: usize = 16 << 20;

/// The requests formatted so far.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    formatted: HashMap<Shape, Arc<Formatted>>,
    /// Of all that is kept.
    bytes: usize,
}

impl Shapes {
    pub(crate) fn get(&self, shape: &Shape) -> Option<Arc<Formatted>> {
        self.formatted.get(shape).cloned()
    }

    pub(crate) fn keep(&mut self, shape: Shape, formatted: Arc<Formatted>) {
        let bytes = shape.0.len() + formatted.len();
        if bytes > MOST / 2 {
            return;
        }
        if self.formatted.len() >= SHAPES || self.bytes + bytes > MOST {
            self.formatted.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.formatted.insert(shape, formatted);
    }
}

#[cfg(test)]
mod tests;
