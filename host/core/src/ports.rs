//! The traits between the engine and plugins, tokenizers and sinks. Neither side owns them.

mod export;

pub use export::{
    Entry, EntryKind, Exporter, ExporterServices, Ledger, Progress, RunSource, StoredPoint,
};

use crate::conversation::{Conversation, Message};
use crate::reading::{Exchange, ReadingPlan, Reply};
use crate::record::Record;
use crate::request::{PromptRequest, Template};
use crate::sample::Sample;
use crate::setting::SettingFault;
use crate::stop::StopFlag;
use std::sync::Arc;

/// Why a plugin refused a call: a value, never a trap. Texts are lower-case
/// fragments that name what is wrong and what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A setting is missing, unknown or out of range.
    #[error("{0}")]
    Settings(SettingFault),
    /// It cannot read its data.
    #[error("{0}")]
    Input(String),
    /// It does not support what the call needs.
    #[error("{0}")]
    Unsupported(String),
    /// Worth another try.
    #[error("{0}")]
    Transient(String),
    /// Another try will not help.
    #[error("{0}")]
    Fatal(String),
}

/// A call into a plugin failed: which plugin, which call, why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("plugin `{plugin}` failed in {call}: {cause}")]
pub struct PluginFailure {
    /// The plugin's name.
    pub plugin: String,
    /// The function called, e.g. `format`.
    pub call: String,
    /// Why.
    pub cause: Cause,
}

/// Why a call into a plugin failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cause {
    /// It returned a fault.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// It trapped; the instance was thrown away.
    #[error("it trapped: {0}")]
    Trap(String),
    /// It ran longer than a call may.
    #[error("it ran for more than {0} s; raise --plugin-timeout or fix the plugin")]
    TimeLimit(f64),
    /// It needs more memory than it may use.
    #[error("it needs more than {0} MiB of memory; raise --plugin-memory or fix the plugin")]
    MemoryLimit(u64),
    /// The host worked for it longer than it may in one call.
    #[error(
        "the host worked on its calls for more than {0} s; raise --plugin-timeout or fix the plugin"
    )]
    HostTimeLimit(f64),
    /// It passed more to the host in one call than it may.
    #[error("it gave more than {0} MiB in one call; raise --plugin-output or fix the plugin")]
    OutputLimit(u64),
    /// The system refused it a resource.
    #[error(
        "the system refused memory for it: {0}; raise the limit (ulimit -v), or close programs"
    )]
    System(String),
    /// The user stopped the run, so its result is not needed.
    #[error("the run was stopped")]
    Stopped,
    /// What it returned breaks the contract.
    #[error("{0}")]
    Contract(String),
}

impl Cause {
    /// Whether a limit ended the call: for fewer items at once it may do.
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::TimeLimit(_)
                | Self::HostTimeLimit(_)
                | Self::MemoryLimit(_)
                | Self::OutputLimit(_)
        )
    }
}

/// Makes instances of a dataset; shared by threads, each of which takes one.
pub trait DatasetFactory: Send + Sync {
    /// A new instance, configured.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure>;

    /// Instances thrown away so far, after a trap or a limit.
    fn restarts(&self) -> u32 {
        0
    }

    /// Prompts so far whose length could not be made exact.
    fn inexact_prompts(&self) -> u64 {
        0
    }
}

/// One instance of a dataset, used by one thread. Item n depends on settings, seed and n alone.
pub trait Dataset: Send {
    /// What is known of the dataset as a whole.
    ///
    /// # Errors
    /// The plugin failed.
    fn properties(&mut self) -> Result<DatasetProperties, PluginFailure>;

    /// Conversations `first .. first + count`, one result each; fewer at the end.
    ///
    /// # Errors
    /// The plugin failed as a whole.
    fn generate(
        &mut self,
        first: u32,
        count: u32,
    ) -> Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure>;
}

/// What is known of a dataset as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DatasetProperties {
    /// Number of conversations; none: infinite, or unknown.
    pub items: Option<u32>,
    /// Turns of a conversation at most; none: unknown.
    pub turns: Option<u32>,
    /// Whether conversations have scheduled times, at which they are sent.
    pub timed: bool,
}

/// Makes instances of an API plugin; shared by threads, each of which takes one.
pub trait ApiFactory: Send + Sync {
    /// How replies are read natively; none: every exchange goes to [`Api::decode`].
    fn plan(&self) -> Option<&ReadingPlan>;

    /// A new instance, configured.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    fn instance(&self) -> Result<Box<dyn Api>, PluginFailure>;

    /// Instances thrown away so far, after a trap or a limit.
    fn restarts(&self) -> u32 {
        0
    }
}

/// One instance of an API plugin, used by one thread.
pub trait Api: Send {
    /// One result a request, in order. After a trap, each is tried once more, alone and on a new
    /// instance.
    fn format(&mut self, requests: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>>;

    /// One result an exchange, in order.
    fn decode(&mut self, exchanges: &[Exchange]) -> Vec<Result<Reply, PluginFailure>>;
}

/// Tokens of the longest synthesized prompt: beyond the context of any model, and within memory.
pub const MAX_PROMPT_TOKENS: u32 = 1 << 24;

/// The tokenizer that the user chose.
pub trait Tokenizer: Send + Sync {
    /// Ids of `text`, without special tokens.
    ///
    /// # Errors
    /// The tokenizer cannot encode it.
    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault>;

    /// Ids of `text` as a server makes them of a completions prompt, with special tokens: as many as
    /// [`count_text`](Self::count_text) counts.
    ///
    /// # Errors
    /// The tokenizer cannot encode it.
    fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, Fault>;

    /// Text of `tokens`.
    ///
    /// # Errors
    /// An id is not in the vocabulary.
    fn decode(&self, tokens: &[u32]) -> Result<String, Fault>;

    /// What a server counts for `text` sent to a completions endpoint.
    ///
    /// # Errors
    /// The tokenizer cannot encode it.
    fn count_text(&self, text: &str) -> Result<u32, Fault>;

    /// What a server counts for `messages` sent to a chat endpoint.
    ///
    /// # Errors
    /// There is no chat template, or it cannot render them.
    fn count_chat(&self, messages: &[Message]) -> Result<u32, Fault>;

    /// The longest beginning of `text` that [`count_text`](Self::count_text) counts as at most
    /// `tokens` tokens.
    ///
    /// # Errors
    /// The tokenizer cannot encode it.
    fn truncate(&self, text: &str, tokens: u32) -> Result<String, Fault>;

    /// Seeded text that, behind `prefix`, counts exactly `request.tokens` tokens in all: as a bare
    /// prompt, or as one user message rendered by the chat template. The text returned includes
    /// the prefix.
    ///
    /// # Errors
    /// The length is below what prefix and template alone count, or above [`MAX_PROMPT_TOKENS`]; the
    /// request was stopped.
    fn synthesize(&self, request: &Synthesis<'_>) -> Result<Synthesized, Fault>;
}

/// What [`Tokenizer::synthesize`] makes.
#[derive(Debug, Clone, Copy)]
pub struct Synthesis<'a> {
    /// Seed of the run.
    pub seed: u64,
    /// Names the stream of randomness.
    pub label: &'a str,
    /// Which text of that stream.
    pub index: u32,
    /// Text that it begins with.
    pub prefix: &'a str,
    /// Tokens in all, prefix and template included.
    pub tokens: u32,
    /// Counted as one user message rendered by the chat template.
    pub in_chat: bool,
    /// Stops it early; none: it cannot be stopped. Long texts take seconds.
    pub stop: Option<&'a StopFlag>,
}

/// A synthesized text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synthesized {
    /// The text, prefix included.
    pub text: String,
    /// What it counts.
    pub tokens: u32,
}

/// Takes records as they are made.
///
/// The engine calls sinks on the thread that called it, never on one that sends or reads. A sink
/// therefore may wait for a slow destination, and must rather wait than lose a record: meanwhile
/// records fill the engine's bounded queues, and once these are full, interpreters and then dispatch
/// wait too, which samples count as `stalls`. It must not wait for a destination that is gone, but
/// fail. Slow destinations buffer, on a thread of their own, so that short waits reach nobody.
pub trait Sink {
    /// One record, in the order of completion.
    ///
    /// # Errors
    /// The destination is lost; the run stops dispatching.
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure>;

    /// The engine's own state, about once a second.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    fn sample(&mut self, sample: &Sample) -> Result<(), SinkFailure>;
}

/// A sink lost its destination.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkFailure(pub String);
