//! Completion requests, parsed and validated from their JSON bodies.

use crate::http::error_response::ErrorResponse;
use crate::prompt::{PromptMessage, PromptText};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// The endpoint of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Chat,
    Completions,
}

/// A valid completion request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CompletionRequest {
    pub(crate) endpoint: Endpoint,
    pub(crate) model: Option<String>,
    pub(crate) prompt: PromptText,
    /// Number of choices, all prompts together.
    pub(crate) choices: u32,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) min_tokens: u32,
    pub(crate) ignore_eos: bool,
    pub(crate) stop: Vec<String>,
    pub(crate) tool_call: bool,
    /// Whether log probabilities are requested.
    pub(crate) logprobs: bool,
}

/// The body as the client sent it.
#[derive(Deserialize)]
struct RequestBody<'a> {
    model: Option<String>,
    #[serde(borrow)]
    messages: Option<Vec<ChatMessage<'a>>>,
    prompt: Option<Prompt>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    min_tokens: Option<u32>,
    n: Option<u32>,
    ignore_eos: Option<bool>,
    stop: Option<Stop>,
    tools: Option<Vec<IgnoredAny>>,
    tool_choice: Option<serde_json::Value>,
    /// A boolean for chat, a count for completions.
    logprobs: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct ChatMessage<'a> {
    role: String,
    #[serde(borrow)]
    content: Option<Content<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Parts(#[serde(borrow)] Vec<Part<'a>>),
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prompt {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u32>),
    TokenLists(Vec<Vec<u32>>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

/// Maximum number of choices, all prompts together: every token step produces one frame for each.
const MAX_CHOICES: usize = 1024;
/// Maximum number of chat messages.
const MAX_MESSAGES: usize = 10_000;
/// Maximum number of stop strings: each is searched for in the whole text.
const MAX_STOPS: usize = 64;
/// Maximum length of a model name in bytes: every frame repeats it.
const MAX_MODEL_NAME: usize = 4096;
/// Maximum length of a parse error in bytes: serde's error repeats its input.
const MAX_PARSE_ERROR: usize = 500;

impl CompletionRequest {
    /// Parses a body.
    ///
    /// # Errors
    /// It is not JSON, has no prompt, or a value is out of range; the message says which.
    pub(crate) fn parse(endpoint: Endpoint, json: &[u8]) -> Result<Self, ErrorResponse> {
        Self::parse_body(endpoint, json).map_err(ErrorResponse::bad_request)
    }

    fn parse_body(endpoint: Endpoint, json: &[u8]) -> Result<Self, String> {
        let body: RequestBody<'_> = serde_json::from_slice(json).map_err(|error| {
            let mut text = error.to_string();
            text.truncate(text.floor_char_boundary(MAX_PARSE_ERROR));
            text
        })?;
        let max_tokens = body.max_completion_tokens.or(body.max_tokens);
        let min_tokens = body.min_tokens.unwrap_or(0);
        let n = body.n.unwrap_or(1);
        if max_tokens == Some(0) {
            return Err("max_tokens must be at least 1".into());
        }
        if max_tokens.is_some_and(|max| min_tokens > max) {
            return Err("min_tokens must not be greater than max_tokens".into());
        }
        if !(1..=128).contains(&n) {
            return Err("n must be between 1 and 128".into());
        }
        let stop = match body.stop {
            None => Vec::new(),
            Some(Stop::One(stop)) => vec![stop],
            Some(Stop::Many(stops)) => stops,
        };
        at_most("stop", stop.len(), MAX_STOPS, "strings")?;
        at_most("model", body.model.as_ref().map_or(0, String::len), MAX_MODEL_NAME, "bytes")?;
        at_most("messages", body.messages.as_ref().map_or(0, Vec::len), MAX_MESSAGES, "messages")?;
        let tool_call_required =
            body.tool_choice.is_some_and(|choice| choice == "required" || choice.is_object());
        let prompt = parse_prompt(endpoint, body.messages, body.prompt)?;
        let choices = (n as usize).saturating_mul(prompt_count(&prompt));
        at_most("n times the number of prompts", choices, MAX_CHOICES, "choices")?;
        Ok(Self {
            endpoint,
            model: body.model,
            choices: u32::try_from(choices).expect("it is at most MAX_CHOICES"),
            prompt,
            stream: body.stream.unwrap_or(false),
            include_usage: body.stream_options.is_some_and(|options| options.include_usage),
            max_tokens,
            min_tokens,
            ignore_eos: body.ignore_eos.unwrap_or(false),
            stop,
            logprobs: body
                .logprobs
                .is_some_and(|logprobs| logprobs.is_number() || logprobs == true),
            tool_call: tool_call_required && body.tools.is_some_and(|tools| !tools.is_empty()),
        })
    }
}

fn parse_prompt(
    endpoint: Endpoint,
    messages: Option<Vec<ChatMessage<'_>>>,
    prompt: Option<Prompt>,
) -> Result<PromptText, String> {
    let prompt = match endpoint {
        Endpoint::Chat => {
            let messages = messages.ok_or("messages is required")?;
            PromptText::Chat(messages.into_iter().map(prompt_message).collect())
        }
        Endpoint::Completions => match prompt.ok_or("prompt is required")? {
            Prompt::Text(text) => PromptText::Text(vec![text]),
            Prompt::Texts(texts) => PromptText::Text(texts),
            Prompt::Tokens(tokens) => PromptText::Tokens(vec![tokens]),
            Prompt::TokenLists(lists) => PromptText::Tokens(lists),
        },
    };
    match &prompt {
        PromptText::Chat(messages) if messages.is_empty() => Err("messages is empty".into()),
        PromptText::Text(texts) if texts.is_empty() => Err("prompt is empty".into()),
        PromptText::Tokens(lists) if lists.iter().any(Vec::is_empty) => {
            Err("prompt is empty".into())
        }
        _ => Ok(prompt),
    }
}

fn prompt_message(message: ChatMessage<'_>) -> PromptMessage {
    let (text, images) = match message.content {
        None => (String::new(), 0),
        Some(Content::Text(text)) => (text.into_owned(), 0),
        Some(Content::Parts(parts)) => {
            let images = parts.iter().filter(|part| part.kind == "image_url").count();
            let texts: Vec<String> = parts.into_iter().filter_map(|part| part.text).collect();
            (texts.join("\n"), u32::try_from(images).unwrap_or(u32::MAX))
        }
    };
    PromptMessage { role: message.role, text, images }
}

fn prompt_count(prompt: &PromptText) -> usize {
    match prompt {
        PromptText::Chat(_) => 1,
        PromptText::Text(texts) => texts.len(),
        PromptText::Tokens(lists) => lists.len(),
    }
}

/// Checks a count against its limit.
///
/// # Errors
/// It exceeds the limit.
fn at_most(what: &str, count: usize, limit: usize, unit: &str) -> Result<(), String> {
    if count <= limit { Ok(()) } else { Err(format!("{what}: at most {limit} {unit}")) }
}
