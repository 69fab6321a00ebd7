//! A request body as typed: what is asked, or why it cannot be.

use crate::prompt::{PromptMessage, PromptText};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Which endpoint was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Chat,
    Completions,
}

/// A completion request, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) endpoint: Endpoint,
    pub(crate) model: Option<String>,
    pub(crate) prompt: PromptText,
    /// Choices in all: those of each prompt, for every prompt.
    pub(crate) choices: u32,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) min_tokens: u32,
    pub(crate) ignore_eos: bool,
    pub(crate) stop: Vec<String>,
    pub(crate) tool_call: bool,
    /// Whether tokens are listed with their probabilities.
    pub(crate) logprobs: bool,
}

#[derive(Deserialize)]
struct Typed<'a> {
    model: Option<String>,
    #[serde(borrow)]
    messages: Option<Vec<Message<'a>>>,
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
    /// A switch for chat, a count for completions.
    logprobs: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct Message<'a> {
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

/// Choices of a reply at most, those of all prompts together: each frame's time is one for each.
const CHOICES: usize = 1024;
/// Messages of a chat at most.
const MESSAGES: usize = 10_000;
/// Stop strings at most: each is looked for in the whole text.
const STOPS: usize = 64;
/// Bytes of a model's name at most: every frame repeats it.
const NAME: usize = 4096;
/// Bytes of an error's text at most: serde's repeats what it was given.
const ERROR: usize = 500;

impl Ask {
    /// Reads a body.
    ///
    /// # Errors
    /// It is not JSON, lacks its prompt, or a value is out of range; the text says which.
    pub(crate) fn read(endpoint: Endpoint, body: &[u8]) -> Result<Self, String> {
        let typed: Typed<'_> = serde_json::from_slice(body).map_err(|error| {
            let mut text = error.to_string();
            text.truncate(text.floor_char_boundary(ERROR));
            text
        })?;
        let max_tokens = typed.max_completion_tokens.or(typed.max_tokens);
        let min_tokens = typed.min_tokens.unwrap_or(0);
        let n = typed.n.unwrap_or(1);
        if max_tokens == Some(0) {
            return Err("max_tokens must be at least 1".into());
        }
        if max_tokens.is_some_and(|max| min_tokens > max) {
            return Err("min_tokens must not be greater than max_tokens".into());
        }
        if !(1..=128).contains(&n) {
            return Err("n must lie between 1 and 128".into());
        }
        let stop = match typed.stop {
            None => Vec::new(),
            Some(Stop::One(stop)) => vec![stop],
            Some(Stop::Many(stops)) => stops,
        };
        at_most("stop", stop.len(), STOPS, "strings")?;
        at_most("model", typed.model.as_ref().map_or(0, String::len), NAME, "bytes")?;
        at_most("messages", typed.messages.as_ref().map_or(0, Vec::len), MESSAGES, "messages")?;
        let forced =
            typed.tool_choice.is_some_and(|choice| choice == "required" || choice.is_object());
        let prompt = read_prompt(endpoint, typed.messages, typed.prompt)?;
        let choices = (n as usize).saturating_mul(prompts(&prompt));
        at_most("n times the number of prompts", choices, CHOICES, "choices")?;
        Ok(Self {
            endpoint,
            model: typed.model,
            choices: u32::try_from(choices).expect("there are not that many"),
            prompt,
            stream: typed.stream.unwrap_or(false),
            include_usage: typed.stream_options.is_some_and(|options| options.include_usage),
            max_tokens,
            min_tokens,
            ignore_eos: typed.ignore_eos.unwrap_or(false),
            stop,
            logprobs: typed.logprobs.is_some_and(|asked| asked.is_number() || asked == true),
            tool_call: forced && typed.tools.is_some_and(|tools| !tools.is_empty()),
        })
    }
}

fn read_prompt(
    endpoint: Endpoint,
    messages: Option<Vec<Message<'_>>>,
    prompt: Option<Prompt>,
) -> Result<PromptText, String> {
    let prompt = match endpoint {
        Endpoint::Chat => {
            let messages = messages.ok_or("messages is required")?;
            PromptText::Chat(messages.into_iter().map(read_message).collect())
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

fn read_message(message: Message<'_>) -> PromptMessage {
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

fn prompts(prompt: &PromptText) -> usize {
    match prompt {
        PromptText::Chat(_) => 1,
        PromptText::Text(texts) => texts.len(),
        PromptText::Tokens(lists) => lists.len(),
    }
}

/// # Errors
/// There are more than the server takes.
fn at_most(what: &str, count: usize, limit: usize, unit: &str) -> Result<(), String> {
    if count <= limit { Ok(()) } else { Err(format!("{what}: at most {limit} {unit}")) }
}
