//! Reads a reply by itself: what the plan finds, and the assistant's message for the next turn.

use crate::reading::DONE;
use loadwright_plugin::reading::{error_text, pieces};
use loadwright_plugin::{Channel, Exchange, Message, Part, Piece, Reply, Usage};
use serde_json::{Map, Value, json};

/// What an exchange carried. Frames that are not JSON carry nothing.
pub(crate) fn decode(exchange: &Exchange) -> Reply {
    let mut decoding = Decoding::default();
    for (index, frame) in exchange.frames.iter().enumerate() {
        let frame = frame.trim_ascii();
        if frame == DONE.as_bytes() {
            continue;
        }
        if let Ok(frame) = serde_json::from_slice(frame) {
            decoding.frame(index as u32, &frame);
        }
    }
    decoding.reply()
}

#[derive(Debug, Default)]
struct Decoding {
    pieces: Vec<Piece>,
    /// The last usage of each kind.
    counts: [Option<u32>; 6],
    finish_reason: Option<String>,
    error: Option<String>,
    /// Of the first choice, which a conversation goes on with.
    content: String,
    tool_calls: Vec<Value>,
}

/// Where each is in `usage`; the last that is found counts.
const COUNTS: [&[&str]; 6] = [
    &["/prompt_tokens"],
    &["/completion_tokens"],
    &["/prompt_cache_hit_tokens", "/prompt_tokens_details/cached_tokens"],
    &["/reasoning_tokens", "/completion_tokens_details/reasoning_tokens"],
    &["/completion_tokens_details/accepted_prediction_tokens"],
    &["/completion_tokens_details/rejected_prediction_tokens"],
];

impl Decoding {
    fn frame(&mut self, index: u32, frame: &Value) {
        let choices = frame["choices"].as_array().map_or(&[][..], Vec::as_slice);
        let mut texts = Texts::default();
        for (position, choice) in choices.iter().enumerate() {
            let first = choice["index"].as_u64().unwrap_or(position as u64) == 0;
            for said in [&choice["delta"], &choice["message"]] {
                texts.take(said);
                if first {
                    self.content += said["content"].as_str().unwrap_or_default();
                    merge_calls(&mut self.tool_calls, &said["tool_calls"]);
                }
            }
            let text = choice["text"].as_str().unwrap_or_default();
            texts.whole += text;
            self.content += if first { text } else { "" };
            if let Some(reason) = choice["finish_reason"].as_str().filter(|text| !text.is_empty()) {
                self.finish_reason = Some(reason.into());
            }
        }
        self.pieces.extend(texts.pieces(index, tokens(choices)));
        for (count, places) in self.counts.iter_mut().zip(COUNTS) {
            let mut found =
                places.iter().rev().filter_map(|at| frame["usage"].pointer(at)?.as_u64());
            let found = found.next();
            *count = found.and_then(|found| u32::try_from(found).ok()).or(*count);
        }
        if self.error.is_none() {
            self.error = error(frame);
        }
    }

    fn reply(self) -> Reply {
        let [input, output, cached, reasoning, accepted, rejected] = self.counts;
        Reply {
            message: message(self.content, self.tool_calls),
            pieces: self.pieces,
            usage: Usage {
                input_tokens: input,
                output_tokens: output,
                cached_tokens: cached,
                reasoning_tokens: reasoning,
                accepted_tokens: accepted,
                rejected_tokens: rejected,
            },
            finish_reason: self.finish_reason,
            error: self.error,
        }
    }
}

/// Texts of one frame. Each spelling is kept apart: a plan takes them rule by rule.
#[derive(Debug, Default)]
struct Texts {
    content: String,
    refusal: String,
    whole: String,
    reasoning_content: String,
    reasoning: String,
    details: String,
    summaries: String,
    call_names: String,
    call_arguments: String,
}

impl Texts {
    fn take(&mut self, said: &Value) {
        let text = |name: &str| said[name].as_str().unwrap_or_default();
        self.content += text("content");
        self.refusal += text("refusal");
        self.reasoning_content += text("reasoning_content");
        self.reasoning += text("reasoning");
        for detail in said["reasoning_details"].as_array().into_iter().flatten() {
            self.details += detail["text"].as_str().unwrap_or_default();
            self.summaries += detail["summary"].as_str().unwrap_or_default();
        }
        for call in said["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            self.call_names += function["name"].as_str().unwrap_or_default();
            self.call_arguments += function["arguments"].as_str().unwrap_or_default();
        }
    }

    fn pieces(self, frame: u32, tokens: Option<u32>) -> Vec<Piece> {
        let channels = [
            (
                Channel::Reasoning,
                spelled([self.reasoning_content, self.reasoning, self.details, self.summaries]),
            ),
            (Channel::Output, spelled([self.content, self.refusal, self.whole])),
            (Channel::ToolCall, self.call_names + &self.call_arguments),
        ];
        pieces(frame, channels, false, tokens)
    }
}

/// The first spelling that is used: some servers send a text under two names at once.
fn spelled<const N: usize>(spellings: [String; N]) -> String {
    spellings.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

/// Tokens of a frame, over all choices: by token ids, else by log probabilities; 0 where they are
/// there and hold none.
fn tokens(choices: &[Value]) -> Option<u32> {
    let counts = ["/token_ids", "/logprobs/content", "/logprobs/tokens"].into_iter();
    let counts = counts.filter_map(|at| {
        let lists = choices.iter().filter_map(|choice| choice.pointer(at)?.as_array());
        lists.map(|list| list.len() as u32).reduce(u32::saturating_add)
    });
    counts.reduce(|first, next| if first > 0 { first } else { next })
}

fn error(frame: &Value) -> Option<String> {
    let old_style = || (frame["object"] == "error").then(|| error_text(&frame["message"]))?;
    error_text(&frame["error"]).or_else(old_style)
}

/// Adds the parts of tool calls in one delta to the calls so far, each to the one of its index.
fn merge_calls(calls: &mut Vec<Value>, parts: &Value) {
    for part in parts.as_array().into_iter().flatten() {
        let index = part["index"].as_u64().map_or(calls.len(), |index| index as usize);
        // A service that skips indices must not make us build what it skipped.
        let index = index.min(calls.len());
        if index == calls.len() {
            calls.push(json!({"type": "function", "function": {"name": "", "arguments": ""}}));
        }
        let call = &mut calls[index];
        if let Some(id) = part["id"].as_str() {
            call["id"] = id.into();
        }
        for name in ["name", "arguments"] {
            let so_far = call["function"][name].as_str().unwrap_or_default();
            let more = part["function"][name].as_str().unwrap_or_default();
            call["function"][name] = format!("{so_far}{more}").into();
        }
    }
}

fn message(content: String, tool_calls: Vec<Value>) -> Option<Message> {
    if content.is_empty() && tool_calls.is_empty() {
        return None;
    }
    let mut extra = Map::new();
    if content.is_empty() {
        extra.insert("content".into(), Value::Null);
    }
    if !tool_calls.is_empty() {
        extra.insert("tool_calls".into(), tool_calls.into());
    }
    let parts = if content.is_empty() { vec![] } else { vec![Part::Text(content)] };
    let extra = if extra.is_empty() { String::new() } else { Value::Object(extra).to_string() };
    Some(Message { role: "assistant".into(), parts, extra })
}

#[cfg(test)]
mod tests;
