//! What the host lends a plugin. Off WebAssembly every call panics: plugins hand these functions to
//! their logic, and tests hand it others.

use crate::Fault;
use crate::bindings::dataset::loadwright::plugin as import;

pub use import::tokenizer::Synthesized;

/// A line in the run's log: what went wrong.
pub fn error(text: &str) {
    import::log::write(import::log::Level::Error, text);
}

/// A line in the run's log: what may surprise.
pub fn warn(text: &str) {
    import::log::write(import::log::Level::Warn, text);
}

/// A line in the run's log.
pub fn info(text: &str) {
    import::log::write(import::log::Level::Info, text);
}

/// A line in the run's log, for authors.
pub fn debug(text: &str) {
    import::log::write(import::log::Level::Debug, text);
}

/// What a dataset may ask of the host. [`Imports`] is the host itself.
pub trait Host: 'static {
    /// Random bytes that depend on the run's seed, the label and the index alone.
    fn random(&self, label: &str, index: u32, count: u32) -> Vec<u8>;

    /// What a server counts for `text` as a prompt: bare, or as one user message rendered by the
    /// chat template.
    ///
    /// # Errors
    /// No tokenizer was given, or it has no chat template.
    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault>;

    /// Seeded text made to length.
    ///
    /// # Errors
    /// No tokenizer was given, or the length is below what the prefix and the template count.
    fn synthesize(&self, ask: &Synthesis<'_>) -> Result<Synthesized, Fault>;

    /// Lines of a file that the user named, without their endings: as many of those asked as fit a
    /// part of the plugin's memory, but at least one; none: the end.
    ///
    /// # Errors
    /// The file was not given or cannot be read, or line `first` is too long.
    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault>;
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

/// The host that runs this component.
#[derive(Debug, Clone, Copy, Default)]
pub struct Imports;

impl Host for Imports {
    fn random(&self, label: &str, index: u32, count: u32) -> Vec<u8> {
        import::random::fill(label, index, count)
    }

    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        import::tokenizer::count(text, in_chat)
    }

    fn synthesize(&self, ask: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        import::tokenizer::synthesize(ask.label, ask.index, ask.prefix, ask.tokens, ask.in_chat)
    }

    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        import::files::lines(name, first, count)
    }
}
