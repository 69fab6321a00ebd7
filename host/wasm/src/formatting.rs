//! How an API plugin wants to format, as its manifest says.

/// The options of an API plugin's `format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Formatting {
    /// Long texts stay in the host.
    pub(crate) held_text: bool,
    /// A formatted request is used again for requests of the same shape.
    pub(crate) reuse_by_shape: bool,
}
