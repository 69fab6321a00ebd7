//! The files of a tokenizer: their names and their maximum size.

/// The vocabulary and pipeline; required.
pub(crate) const TOKENIZER: &str = "tokenizer.json";
/// Special tokens and, in most models, the chat template.
pub(crate) const CONFIG: &str = "tokenizer_config.json";
/// The chat template of newer models; overrides the one in the configuration.
pub(crate) const TEMPLATE: &str = "chat_template.jinja";

/// Maximum size of a tokenizer.json in bytes: the largest have about 40 MB.
pub(crate) const MAX_TOKENIZER: u64 = 512 << 20;
