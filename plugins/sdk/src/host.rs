//! What the host lends a plugin. Off WebAssembly every call panics: plugins hand [`Imports`] to their
//! logic as a [`Host`], and tests hand it another.

use crate::bindings::dataset::loadwright::plugin as import;
use crate::bindings::plugin::loadwright::plugin::log;
use crate::{Fault, Message};

pub use import::files::Entry;
pub use import::tokenizer::Synthesized;

/// A line in the run's log: what went wrong.
pub fn error(text: &str) {
    log::write(log::Level::Error, text);
}

/// A line in the run's log: what may surprise.
pub fn warn(text: &str) {
    log::write(log::Level::Warn, text);
}

/// A line in the run's log.
pub fn info(text: &str) {
    log::write(log::Level::Info, text);
}

/// A line in the run's log, for authors.
pub fn debug(text: &str) {
    log::write(log::Level::Debug, text);
}

/// What a dataset gets from the host. [`Imports`] is the host itself. A test's host has the calls that
/// its plugin makes; any other panics.
pub trait Host: 'static {
    /// Random bytes that depend on the run's seed, the label and the index alone.
    fn random(&self, label: &str, index: u32, count: u32) -> Vec<u8> {
        missing(&(label, index, count))
    }

    /// Ids of a bare text, without special tokens.
    ///
    /// # Errors
    /// No tokenizer was given.
    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        missing(&text)
    }

    /// The text of ids.
    ///
    /// # Errors
    /// No tokenizer was given, or it has no such id.
    fn decode(&self, tokens: &[u32]) -> Result<String, Fault> {
        missing(&tokens)
    }

    /// What a server counts for `text` as a prompt: bare, or as one user message rendered by the
    /// chat template.
    ///
    /// # Errors
    /// No tokenizer was given, or it has no chat template.
    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        missing(&(text, in_chat))
    }

    /// What a server counts for messages of text rendered by the chat template.
    ///
    /// # Errors
    /// No tokenizer was given, or it has no chat template.
    fn count_messages(&self, messages: &[Message]) -> Result<u32, Fault> {
        missing(&messages)
    }

    /// The longest beginning of `text` that counts at most `tokens` tokens as a bare text.
    ///
    /// # Errors
    /// No tokenizer was given.
    fn truncate(&self, text: &str, tokens: u32) -> Result<String, Fault> {
        missing(&(text, tokens))
    }

    /// Seeded text made to length.
    ///
    /// # Errors
    /// No tokenizer was given, or the length is below what the prefix and the template count.
    fn synthesize(&self, synthesis: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        missing(synthesis)
    }

    /// Bytes of a file that the user named.
    ///
    /// # Errors
    /// The file was not given or cannot be read.
    fn size(&self, name: &str) -> Result<f64, Fault> {
        missing(&name)
    }

    /// Bytes of a file from `offset` on; fewer than `count` at the end.
    ///
    /// # Errors
    /// The file was not given or cannot be read.
    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        missing(&(name, offset, count))
    }

    /// Lines `first .. first + count` of a file without their line ends: as many as fit a part of the
    /// plugin's memory, but at least one; none: the end.
    ///
    /// # Errors
    /// The file was not given or cannot be read, or line `first` is too long.
    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        missing(&(name, first, count))
    }

    /// Entries of a folder, sorted by name, from number `first` on; none: the end.
    ///
    /// # Errors
    /// The folder was not given or cannot be read.
    fn entries(&self, name: &str, first: u32, count: u32) -> Result<Vec<Entry>, Fault> {
        missing(&(name, first, count))
    }

    /// Rows of a table, or elements of the array at the JSON pointer `at`.
    ///
    /// # Errors
    /// The file was not given or cannot be read.
    fn row_count(&self, name: &str, at: &str) -> Result<u32, Fault> {
        missing(&(name, at))
    }

    /// Rows `first .. first + count` of a table, each as JSON. There may be fewer, as of
    /// [`lines`](Self::lines).
    ///
    /// # Errors
    /// The file was not given or cannot be read.
    fn rows(&self, table: &Table<'_>, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        missing(&(table, first, count))
    }
}

/// Ends a test whose host has no such call.
pub(crate) fn missing<T>(call: &dyn std::fmt::Debug) -> T {
    panic!("this host does not have the call that was made with {call:?}")
}

/// A text to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synthesis<'a> {
    /// Names the stream of randomness.
    pub label: &'a str,
    /// Which text of that stream.
    pub index: u32,
    /// Text that it begins with.
    pub prefix: &'a str,
    /// Tokens in all.
    pub tokens: u32,
    /// Counted as one user message rendered by the chat template.
    pub in_chat: bool,
}

/// A table to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table<'a> {
    /// The file's name.
    pub name: &'a str,
    /// JSON pointer to the array of a .json file; empty for the top level, and for every other file.
    pub at: &'a str,
    /// Members of each row that are wanted; none: all.
    pub columns: &'a [String],
}

/// The host that runs this component.
#[derive(Debug, Clone, Copy, Default)]
pub struct Imports;

impl Host for Imports {
    fn random(&self, label: &str, index: u32, count: u32) -> Vec<u8> {
        import::random::fill(label, index, count)
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        import::tokenizer::encode(text)
    }

    fn decode(&self, tokens: &[u32]) -> Result<String, Fault> {
        import::tokenizer::decode(tokens)
    }

    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        import::tokenizer::count(text, in_chat)
    }

    fn count_messages(&self, messages: &[Message]) -> Result<u32, Fault> {
        import::tokenizer::count_messages(messages)
    }

    fn truncate(&self, text: &str, tokens: u32) -> Result<String, Fault> {
        import::tokenizer::truncate(text, tokens)
    }

    fn synthesize(&self, it: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        import::tokenizer::synthesize(it.label, it.index, it.prefix, it.tokens, it.in_chat)
    }

    fn size(&self, name: &str) -> Result<f64, Fault> {
        import::files::size(name)
    }

    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        import::files::read(name, offset, count)
    }

    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        import::files::lines(name, first, count)
    }

    fn entries(&self, name: &str, first: u32, count: u32) -> Result<Vec<Entry>, Fault> {
        import::files::entries(name, first, count)
    }

    fn row_count(&self, name: &str, at: &str) -> Result<u32, Fault> {
        import::rows::count(name, at)
    }

    fn rows(&self, table: &Table<'_>, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        import::rows::read(table.name, table.at, table.columns, first, count)
    }
}
