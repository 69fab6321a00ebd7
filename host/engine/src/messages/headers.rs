//! The headers of a reply as they came, in one buffer, so that an engine thread allocates for all of
//! them and not for each. What they mean is decided elsewhere.

/// Headers in order, their names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// All names and values, one after another.
    text: String,
    /// Where each name and each value ends in it.
    ends: Vec<usize>,
}

impl Headers {
    /// No headers yet, with memory for as many as a reply usually has.
    pub(crate) fn new() -> Self {
        Self { text: String::with_capacity(512), ends: Vec::with_capacity(32) }
    }

    /// Adds a header.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        self.text[start..].make_ascii_lowercase();
        self.ends.push(self.text.len());
        self.text.push_str(value);
        self.ends.push(self.text.len());
    }

    /// The names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.chunks_exact(2).map(move |ends| {
            let header = (&self.text[start..ends[0]], &self.text[ends[0]..ends[1]]);
            start = ends[1];
            header
        })
    }
}

#[cfg(test)]
mod tests;
