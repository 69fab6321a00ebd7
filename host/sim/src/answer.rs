//! What a reply says: its choices, lengths and usage, and its body where it is not streamed.

use crate::ask::{Ask, Endpoint};
use crate::config::Config;
use crate::refusal::Refusal;
use crate::treatment::Treatment;
use crate::words::{Vocabulary, mix};
use serde_json::{Value, json};
use std::io::Write;
use std::ops::Range;

/// The logarithm of every token's probability: the text is drawn from 64 words alike.
const LOGPROB: f64 = -4.158_883_083_359_671;

/// A reply, decided before its first token.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) endpoint: Endpoint,
    pub(crate) index: u64,
    pub(crate) created: u64,
    pub(crate) model: String,
    /// Share of the prompt reported as cached.
    cached_share: f64,
    /// So many tokens at the start of each choice are reasoning.
    pub(crate) reasoning: u32,
    pub(crate) tool_call: bool,
    /// Whether tokens are listed one by one.
    pub(crate) lists_tokens: bool,
    choices: Vec<Choice>,
    seed: u64,
    room: usize,
}

#[derive(Debug, Clone, Copy)]
struct Choice {
    tokens: u32,
    finish: &'static str,
}

/// Tokens of all choices at most where a reply has to be there at once, or is looked at in advance.
const AT_ONCE: u64 = 1 << 18;
/// A token listed with its probability takes so many times the room.
const LISTED: u64 = 8;
/// Bytes that a token of such a reply holds, about.
const TOKEN: usize = 16;

impl Reply {
    /// Decides the reply to request `index`.
    ///
    /// # Errors
    /// It would hold too many tokens at once; the text says what to do.
    pub(crate) fn new(
        config: &Config,
        vocabulary: &Vocabulary,
        (index, created): (u64, u64),
        ask: &Ask,
        treatment: &Treatment,
    ) -> Result<Self, Refusal> {
        let chat = ask.endpoint == Endpoint::Chat;
        let reasoning = treatment.reasoning.unwrap_or(config.replies.reasoning_tokens);
        let tool_call = treatment.tool_call || ask.tool_call || config.replies.tool_call;
        let mut reply = Self {
            endpoint: ask.endpoint,
            index,
            created,
            model: ask.model.clone().unwrap_or_else(|| config.model_name.clone()),
            cached_share: config.replies.cached_share,
            room: 0,
            reasoning: if chat { reasoning } else { 0 },
            tool_call: chat && tool_call,
            lists_tokens: ask.logprobs,
            choices: Vec::new(),
            seed: mix(config.seed, index),
        };
        let whole = if treatment.empty {
            Choice { tokens: 0, finish: "stop" }
        } else {
            reply.length(config, ask)
        };
        reply.room = room(ask, treatment, whole)?;
        reply.choices = (0..ask.choices)
            .map(|choice| stopped(ask, vocabulary, reply.voice(choice), whole))
            .collect();
        if reply.tool_call {
            reply.choices.iter_mut().for_each(|choice| choice.finish = "tool_calls");
        }
        Ok(reply)
    }

    /// Bytes that it holds at once, about; 0: it is made frame by frame.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// How many tokens of a prompt are reported as cached.
    pub(crate) fn cached(&self, prompt: u32) -> u32 {
        (f64::from(prompt) * self.cached_share) as u32
    }

    /// How long each choice is, stop strings aside.
    fn length(&self, config: &Config, ask: &Ask) -> Choice {
        let replies = &config.replies;
        let natural = replies.natural_output.filter(|_| !ask.ignore_eos);
        let natural = natural.map(|(least, most)| {
            let span = u64::from(most.saturating_sub(least)) + 1;
            let drawn = u64::from(least) + mix(self.seed, u64::MAX) % span;
            u32::try_from(drawn).unwrap_or(u32::MAX).max(ask.min_tokens).max(1)
        });
        match (natural, ask.max_tokens) {
            (Some(tokens), Some(limit)) if tokens >= limit => {
                Choice { tokens: limit, finish: "length" }
            }
            (Some(tokens), _) => Choice { tokens, finish: "stop" },
            (None, Some(limit)) => Choice { tokens: limit, finish: "length" },
            (None, None) => {
                Choice { tokens: replies.default_output.max(ask.min_tokens).max(1), finish: "stop" }
            }
        }
    }

    pub(crate) fn choices(&self) -> u32 {
        u32::try_from(self.choices.len()).expect("choices were counted in u32")
    }

    /// Output tokens of a choice.
    pub(crate) fn outputs(&self, choice: u32) -> u32 {
        self.choices[choice as usize].tokens
    }

    /// Output tokens of the longest choice.
    pub(crate) fn longest(&self) -> u32 {
        self.choices.iter().map(|choice| choice.tokens).max().unwrap_or(0)
    }

    /// Why a choice ended.
    pub(crate) fn finish(&self, choice: u32) -> &'static str {
        self.choices[choice as usize].finish
    }

    /// The seed of a choice's text.
    pub(crate) fn voice(&self, choice: u32) -> u64 {
        mix(self.seed, u64::from(choice))
    }

    /// Output tokens of all choices.
    pub(crate) fn completion_tokens(&self) -> u32 {
        self.choices.iter().fold(0, |sum: u32, choice| sum.saturating_add(choice.tokens))
    }

    fn id(&self) -> String {
        let kind = if self.endpoint == Endpoint::Chat { "chatcmpl" } else { "cmpl" };
        format!("{kind}-sim-{}", self.index)
    }

    /// The fields that every chunk opens with.
    pub(crate) fn write_open(&self, object: &str, to: &mut Vec<u8>) {
        let (id, created, model) = (self.id(), self.created, Value::from(self.model.as_str()));
        write!(to, r#"{{"id":"{id}","object":"{object}","created":{created},"model":{model},"#)
            .expect("a Vec takes all bytes");
    }

    /// `"usage":{…}` for a prompt of so many tokens.
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
            "prompt_tokens_details": {"cached_tokens": self.cached(prompt)},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        })
    }

    /// The body of a reply that is not streamed, with the usage of a prompt of so many tokens.
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
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if let Some(prompt) = usage {
            body["usage"] = self.usage(prompt);
        }
        body.to_string().into_bytes()
    }

    /// The tokens one by one, where they were asked for; else null.
    pub(crate) fn logprobs(
        &self,
        choice: u32,
        tokens: Range<u32>,
        vocabulary: &Vocabulary,
    ) -> Value {
        if !self.lists_tokens {
            return Value::Null;
        }
        let texts: Vec<String> =
            tokens.map(|token| text(vocabulary, self.voice(choice), token..token + 1)).collect();
        if self.endpoint == Endpoint::Completions {
            let likely = vec![LOGPROB; texts.len()];
            return json!({"tokens": texts, "token_logprobs": likely, "top_logprobs": null});
        }
        let content = texts.iter().map(|text| {
            json!({"token": text, "logprob": LOGPROB, "bytes": text.as_bytes(), "top_logprobs": []})
        });
        json!({"content": content.collect::<Vec<Value>>()})
    }

    fn choice(&self, choice: u32, vocabulary: &Vocabulary) -> Value {
        let (index, finish) = (choice, self.finish(choice));
        let tokens = self.outputs(choice);
        let reasoning = self.reasoning.min(tokens);
        let say = |tokens| text(vocabulary, self.voice(choice), tokens);
        let content = say(reasoning..tokens);
        let logprobs = self.logprobs(choice, 0..tokens, vocabulary);
        if self.endpoint == Endpoint::Completions {
            return json!({
                "index": index, "text": content, "logprobs": logprobs, "finish_reason": finish,
            });
        }
        let mut message = if self.tool_call {
            let arguments = json!({"query": content}).to_string();
            let call = json!({
                "id": format!("call_{}_{choice}", self.index),
                "type": "function",
                "function": {"name": "look_up", "arguments": arguments},
            });
            json!({"role": "assistant", "content": null, "tool_calls": [call]})
        } else {
            json!({"role": "assistant", "content": content})
        };
        if reasoning > 0 {
            message["reasoning_content"] = Value::from(say(0..reasoning));
        }
        json!({"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish})
    }
}

/// Bytes that a reply holds at once, about; 0: it is made frame by frame.
///
/// # Errors
/// They are too many.
fn room(ask: &Ask, treatment: &Treatment, whole: Choice) -> Result<usize, Refusal> {
    if ask.stream && ask.stop.is_empty() && !treatment.gathers() {
        return Ok(0);
    }
    let weight = if ask.logprobs { LISTED } else { 1 };
    let tokens = u64::from(whole.tokens) * u64::from(ask.choices) * weight;
    if tokens > AT_ONCE {
        let most = AT_ONCE / weight;
        let stop = if ask.stop.is_empty() { "" } else { ", without stop" };
        return Err(Refusal::bad(format!(
            "max_tokens times n: at most {most} in a reply that is made as a whole; ask for less, \
             or stream it{stop}"
        )));
    }
    Ok(TOKEN * usize::try_from(tokens).expect("no more than AT_ONCE"))
}

fn text(vocabulary: &Vocabulary, voice: u64, tokens: Range<u32>) -> String {
    let mut text = String::new();
    tokens.for_each(|token| vocabulary.text(voice, token, &mut text));
    text
}

/// A choice's length once its stop strings are heeded: it keeps the tokens before the first of
/// them, at least one, and never fewer than the request's least.
fn stopped(ask: &Ask, vocabulary: &Vocabulary, voice: u64, whole: Choice) -> Choice {
    if ask.stop.iter().all(String::is_empty) {
        return whole;
    }
    let mut said = String::new();
    let mut ends = Vec::new();
    for token in 0..whole.tokens {
        vocabulary.text(voice, token, &mut said);
        ends.push(said.len());
    }
    let least = ask.min_tokens.clamp(1, whole.tokens.max(1)) as usize;
    let Some(&from) = ends.get(least - 1) else { return whole };
    let stops = ask.stop.iter().filter(|stop| !stop.is_empty());
    let Some(at) = stops.filter_map(|stop| said[from..].find(stop.as_str())).min() else {
        return whole;
    };
    let kept = ends.partition_point(|&end| end <= from + at);
    Choice { tokens: u32::try_from(kept).expect("no more than there were"), finish: "stop" }
}
