//! What is sent, and how often it is tried.

use crate::service::ServiceMetric;
use crate::trace::Traceparent;
use serde::{Deserialize, Serialize};

/// What is sent, and how often it is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestSettings {
    /// Name of the API plugin.
    pub api: String,
    /// The model's name, as sent.
    pub model: String,
    /// Name of the dataset plugin.
    pub dataset: String,
    /// Whether requests ask for streamed replies.
    pub stream: bool,
    /// Choices that each request asks for: with more than one, a reply interleaves their frames.
    pub choices: u32,
    /// Bounds of the output length drawn for each request, where the user gave two; a single value
    /// is a generation setting that the API plugin already has.
    pub output_range: Option<(u32, u32)>,
    /// Prompts are turned into token ids before they are formatted.
    pub tokenize_prompt: bool,
    /// Whether prompts count as chat messages where the client counts their tokens.
    pub in_chat: bool,
    /// How often a failed request is tried again; every attempt is a record.
    pub retries: u32,
    /// Metrics that the service reports of itself, as the API plugin declares them, sorted by name.
    pub metrics: Vec<ServiceMetric>,
    /// Requests carry the header `traceparent`, from which servers continue the trace.
    pub traceparent: Option<Traceparent>,
}

impl Default for RequestSettings {
    fn default() -> Self {
        Self {
            api: "openai".into(),
            model: String::new(),
            dataset: String::new(),
            stream: true,
            choices: 1,
            output_range: None,
            tokenize_prompt: false,
            in_chat: true,
            retries: 0,
            metrics: Vec::new(),
            traceparent: None,
        }
    }
}
