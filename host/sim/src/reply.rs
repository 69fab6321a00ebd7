//! What a reply says: its choices, lengths and usage, and its body where it is not streamed. When its
//! tokens are produced is decided by the model.

pub(crate) mod frames;
mod length;
pub(crate) mod request;
pub(crate) mod vocabulary;

use crate::config::Config;
use crate::fault::plan::FaultPlan;
use crate::http::error_response::ErrorResponse;
use crate::seed::mix;
use length::{Choice, choice_length, cut_at_stop};
use request::{CompletionRequest, Endpoint};
use serde_json::{Value, json};
use std::io::Write;
use std::ops::Range;
use vocabulary::Vocabulary;

/// The log probability of every token: texts are drawn uniformly from 64 words.
const LOGPROB: f64 = -4.158_883_083_359_671;

/// A reply, decided before its first token.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) endpoint: Endpoint,
    pub(crate) identity: ReplyIdentity,
    pub(crate) model: String,
    /// Share of the prompt that is reported as cached.
    cache_hit_ratio: f64,
    /// Number of reasoning tokens at the start of each choice.
    pub(crate) reasoning: u32,
    pub(crate) tool_call: bool,
    /// Whether log probabilities are listed.
    pub(crate) logprobs: bool,
    choices: Vec<Choice>,
    seed: u64,
    memory: usize,
}

/// What distinguishes a reply from the others of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyIdentity {
    /// The index of its request.
    pub(crate) index: u64,
    /// Seconds since the Unix epoch.
    pub(crate) created: u64,
}

/// Maximum number of tokens, all choices together, of a reply that is composed as a whole.
const MAX_WHOLE_TOKENS: u64 = 1 << 18;
/// How many times the memory of a token it takes to list its log probability.
const LOGPROBS_WEIGHT: u64 = 8;
/// Approximate size of a token of such a reply in bytes.
const TOKEN_SIZE: usize = 16;

impl Reply {
    /// Decides the reply to request `index`.
    ///
    /// # Errors
    /// It would need too many tokens in memory; the message says what to do.
    pub(crate) fn new(
        config: &Config,
        vocabulary: &Vocabulary,
        identity: ReplyIdentity,
        request: &CompletionRequest,
        faults: &FaultPlan,
    ) -> Result<Self, ErrorResponse> {
        let chat = request.endpoint == Endpoint::Chat;
        let reasoning = faults.reasoning.unwrap_or(config.replies.reasoning_tokens);
        let tool_call = faults.tool_call || request.tool_call || config.replies.tool_call;
        let mut reply = Self {
            endpoint: request.endpoint,
            identity,
            model: request.model.clone().unwrap_or_else(|| config.model_name.clone()),
            cache_hit_ratio: config.replies.cache_hit_ratio,
            memory: 0,
            reasoning: if chat { reasoning } else { 0 },
            tool_call: chat && tool_call,
            logprobs: request.logprobs,
            choices: Vec::new(),
            seed: mix(config.seed, identity.index),
        };
        let full = if faults.empty {
            Choice { tokens: 0, finish_reason: "stop" }
        } else {
            choice_length(&config.replies, request, reply.seed)
        };
        reply.memory = memory(request, faults, full)?;
        reply.choices = (0..request.choices)
            .map(|choice| cut_at_stop(full, request, vocabulary, reply.text_seed(choice)))
            .collect();
        if reply.tool_call {
            reply.choices.iter_mut().for_each(|choice| choice.finish_reason = "tool_calls");
        }
        Ok(reply)
    }

    /// Approximate memory it needs in bytes; 0: it is composed frame by frame.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// Number of tokens of a prompt that are reported as cached.
    pub(crate) fn cached_tokens(&self, prompt: u32) -> u32 {
        (f64::from(prompt) * self.cache_hit_ratio) as u32
    }

    pub(crate) fn choices(&self) -> u32 {
        u32::try_from(self.choices.len()).expect("the number of choices is a u32")
    }

    /// Output tokens of a choice.
    pub(crate) fn output_tokens(&self, choice: u32) -> u32 {
        self.choices[choice as usize].tokens
    }

    /// Output tokens of the longest choice.
    pub(crate) fn longest(&self) -> u32 {
        self.choices.iter().map(|choice| choice.tokens).max().unwrap_or(0)
    }

    /// Why a choice ends.
    pub(crate) fn finish_reason(&self, choice: u32) -> &'static str {
        self.choices[choice as usize].finish_reason
    }

    /// The seed of the text of a choice.
    pub(crate) fn text_seed(&self, choice: u32) -> u64 {
        mix(self.seed, u64::from(choice))
    }

    /// Output tokens of all choices.
    pub(crate) fn completion_tokens(&self) -> u32 {
        self.choices.iter().fold(0, |sum: u32, choice| sum.saturating_add(choice.tokens))
    }

    fn id(&self) -> String {
        let kind = if self.endpoint == Endpoint::Chat { "chatcmpl" } else { "cmpl" };
        format!("{kind}-sim-{}", self.identity.index)
    }

    /// Appends the members that every chunk starts with.
    pub(crate) fn write_common_members(&self, object: &str, to: &mut Vec<u8>) {
        let (id, created, model) =
            (self.id(), self.identity.created, Value::from(self.model.as_str()));
        write!(to, r#"{{"id":"{id}","object":"{object}","created":{created},"model":{model},"#)
            .expect("a Vec takes all bytes");
    }

    /// Appends `"usage":{…}` for a prompt of `prompt` tokens.
    pub(crate) fn write_usage(&self, prompt: u32, to: &mut Vec<u8>) {
        write!(to, r#""usage":{}"#, self.usage(prompt)).expect("a Vec takes all bytes");
    }

    fn usage(&self, prompt: u32) -> Value {
        let completion = self.completion_tokens();
        let reasoning: u32 =
            self.choices.iter().map(|choice| choice.tokens.min(self.reasoning)).sum();
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt.saturating_add(completion),
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens(prompt)},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        })
    }

    /// The body of a reply that is not streamed; `usage` is the number of prompt tokens to report.
    pub(crate) fn body(&self, vocabulary: &Vocabulary, usage: Option<u32>) -> Vec<u8> {
        let object = match self.endpoint {
            Endpoint::Chat => "chat.completion",
            Endpoint::Completions => "text_completion",
        };
        let choices: Vec<Value> =
            (0..self.choices()).map(|choice| self.choice(choice, vocabulary)).collect();
        let mut body = json!({
            "id": self.id(),
            "object": object,
            "created": self.identity.created,
            "model": self.model,
            "choices": choices,
        });
        if let Some(prompt) = usage {
            body["usage"] = self.usage(prompt);
        }
        body.to_string().into_bytes()
    }

    /// The log probabilities of tokens, if requested; else null.
    pub(crate) fn token_logprobs(
        &self,
        choice: u32,
        tokens: Range<u32>,
        vocabulary: &Vocabulary,
    ) -> Value {
        if !self.logprobs {
            return Value::Null;
        }
        let texts: Vec<String> = tokens
            .map(|token| text(vocabulary, self.text_seed(choice), token..token + 1))
            .collect();
        if self.endpoint == Endpoint::Completions {
            let logprobs = vec![LOGPROB; texts.len()];
            return json!({"tokens": texts, "token_logprobs": logprobs, "top_logprobs": null});
        }
        let content = texts.iter().map(|text| {
            json!({"token": text, "logprob": LOGPROB, "bytes": text.as_bytes(), "top_logprobs": []})
        });
        json!({"content": content.collect::<Vec<Value>>()})
    }

    fn choice(&self, choice: u32, vocabulary: &Vocabulary) -> Value {
        let (index, finish) = (choice, self.finish_reason(choice));
        let tokens = self.output_tokens(choice);
        let reasoning = self.reasoning.min(tokens);
        let text_of = |tokens| text(vocabulary, self.text_seed(choice), tokens);
        let content = text_of(reasoning..tokens);
        let logprobs = self.token_logprobs(choice, 0..tokens, vocabulary);
        if self.endpoint == Endpoint::Completions {
            return json!({
                "index": index, "text": content, "logprobs": logprobs, "finish_reason": finish,
            });
        }
        let mut message = if self.tool_call {
            let arguments = json!({"query": content}).to_string();
            let call = json!({
                "id": format!("call_{}_{choice}", self.identity.index),
                "type": "function",
                "function": {"name": "look_up", "arguments": arguments},
            });
            json!({"role": "assistant", "content": null, "tool_calls": [call]})
        } else {
            json!({"role": "assistant", "content": content})
        };
        if reasoning > 0 {
            message["reasoning_content"] = Value::from(text_of(0..reasoning));
        }
        json!({"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish})
    }
}

/// Approximate memory that a reply needs in bytes; 0: it is composed frame by frame.
///
/// # Errors
/// It exceeds the limit.
fn memory(
    request: &CompletionRequest,
    faults: &FaultPlan,
    choice: Choice,
) -> Result<usize, ErrorResponse> {
    if request.stream && request.stop.is_empty() && !faults.merges_frames() {
        return Ok(0);
    }
    let weight = if request.logprobs { LOGPROBS_WEIGHT } else { 1 };
    let tokens = u64::from(choice.tokens) * u64::from(request.choices) * weight;
    if tokens > MAX_WHOLE_TOKENS {
        let limit = MAX_WHOLE_TOKENS / weight;
        let stop = if request.stop.is_empty() { "" } else { ", without stop" };
        return Err(ErrorResponse::bad_request(format!(
            "max_tokens times n: at most {limit} in a reply that is composed as a whole; request \
             less, or stream it{stop}"
        )));
    }
    Ok(TOKEN_SIZE * usize::try_from(tokens).expect("no more than MAX_WHOLE_TOKENS"))
}

fn text(vocabulary: &Vocabulary, text_seed: u64, tokens: Range<u32>) -> String {
    let mut text = String::new();
    tokens.for_each(|token| vocabulary.text(text_seed, token, &mut text));
    text
}
