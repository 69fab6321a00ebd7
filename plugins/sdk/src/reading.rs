//! Reads an exchange by a reading plan, plainly: what a plugin's tests hold its `decode` against.
//! The host has a faster reader of its own; this one is for native tests.

use crate::{Channel, Exchange, Piece, ReadingPlan, Reply, Rule, Usage};
use serde_json::Value;

/// What `plan` finds in the frames of `exchange`. Frames that are not JSON carry nothing.
pub fn read(plan: &ReadingPlan, exchange: &Exchange) -> Reply {
    let mut reply = Reply {
        pieces: Vec::new(),
        usage: Usage {
            input_tokens: None,
            output_tokens: None,
            cached_tokens: None,
            reasoning_tokens: None,
            accepted_tokens: None,
            rejected_tokens: None,
        },
        finish_reason: None,
        message: None,
        error: None,
    };
    for (index, frame) in exchange.frames.iter().enumerate() {
        if plan.done.iter().any(|mark| mark.as_bytes() == frame.as_slice()) {
            break;
        }
        if let Ok(frame) = serde_json::from_slice(frame) {
            read_frame(plan, index as u32, &frame, &mut reply);
        }
    }
    reply
}

fn read_frame(plan: &ReadingPlan, index: u32, frame: &Value, reply: &mut Reply) {
    let channels = [
        (Channel::Reasoning, spelled(&plan.reasoning, frame)),
        (Channel::Output, spelled(&plan.output, frame)),
        (Channel::ToolCall, text(&plan.tool_calls, frame)),
    ];
    let present = found(&plan.tool_calls, frame).into_iter().any(is_filled);
    reply.pieces.extend(pieces(index, channels, present, tokens(&plan.frame_tokens, frame)));
    let usage = &mut reply.usage;
    for (field, rules) in [
        (&mut usage.input_tokens, &plan.input_tokens),
        (&mut usage.output_tokens, &plan.output_tokens),
        (&mut usage.cached_tokens, &plan.cached_tokens),
        (&mut usage.reasoning_tokens, &plan.reasoning_tokens),
        (&mut usage.accepted_tokens, &plan.accepted_tokens),
        (&mut usage.rejected_tokens, &plan.rejected_tokens),
    ] {
        let last = found(rules, frame).into_iter().rev().find_map(Value::as_u64);
        *field = last.and_then(|count| u32::try_from(count).ok()).or(*field);
    }
    let reasons = found(&plan.finish_reason, frame);
    let mut reasons = reasons.into_iter().rev().filter_map(Value::as_str);
    if let Some(reason) = reasons.find(|reason| !reason.is_empty()) {
        reply.finish_reason = Some(reason.into());
    }
    if reply.error.is_none() {
        reply.error = found(&plan.error, frame).into_iter().find_map(error_text);
    }
}

/// The pieces of one frame: one for each channel that has text, reasoning first. A tool call may be
/// there without text. The frame's tokens stand with the channel that is furthest on: the answer,
/// then a tool call, then reasoning.
pub fn pieces(
    frame: u32,
    channels: [(Channel, String); 3],
    tool_call: bool,
    tokens: Option<u32>,
) -> Vec<Piece> {
    let carried = |(channel, text): &(Channel, String)| {
        !text.is_empty() || (*channel == Channel::ToolCall && tool_call)
    };
    let carrying: Vec<_> = channels.into_iter().filter(carried).collect();
    let has = |wanted| carrying.iter().any(|(channel, _)| *channel == wanted);
    let counts =
        [Channel::Output, Channel::ToolCall, Channel::Reasoning].into_iter().find(|c| has(*c));
    let piece = |(channel, text)| {
        let tokens = tokens.filter(|_| counts == Some(channel));
        Piece { frame, channel, text, tokens }
    };
    carrying.into_iter().map(piece).collect()
}

fn text(rules: &[Rule], frame: &Value) -> String {
    found(rules, frame).into_iter().filter_map(Value::as_str).collect()
}

/// What the first rule that finds any text finds.
fn spelled(rules: &[Rule], frame: &Value) -> String {
    let mut texts = rules.iter().map(|rule| text(std::slice::from_ref(rule), frame));
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => false,
    }
}

/// The text of an error: its message where it is an object that has one, its JSON text where not.
/// `false` and the empty text are no error.
pub fn error_text(error: &Value) -> Option<String> {
    match error {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => match other.get("message").and_then(Value::as_str) {
            Some(message) if !message.is_empty() => Some(message.into()),
            _ => Some(other.to_string()),
        },
    }
}

/// Tokens of a frame: what the first rule that finds any finds, added up; 0 where rules find that
/// there are none.
fn tokens(rules: &[Rule], frame: &Value) -> Option<u32> {
    let counts = rules.iter().filter_map(|rule| {
        matches(rule, frame).into_iter().filter_map(count).reduce(u64::saturating_add)
    });
    let sum = counts.reduce(|first, next| if first > 0 { first } else { next })?;
    Some(u32::try_from(sum).unwrap_or(u32::MAX))
}

fn count(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64).or_else(|| value.as_u64())
}

fn found<'a>(rules: &[Rule], frame: &'a Value) -> Vec<&'a Value> {
    rules.iter().flat_map(|rule| matches(rule, frame)).collect()
}

/// What is at the rule's pointer and not null; nothing where the guard does not hold.
fn matches<'a>(rule: &Rule, frame: &'a Value) -> Vec<&'a Value> {
    if let Some(guard) = &rule.when {
        let holds = |value: &&Value| value.as_str() == Some(&guard.value);
        if !at(&guard.name, frame).iter().any(holds) {
            return Vec::new();
        }
    }
    at(&rule.at, frame)
}

fn at<'a>(pointer: &str, frame: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![frame];
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        found = found.into_iter().flat_map(|value| children(value, &name)).collect();
    }
    found.retain(|value| !value.is_null());
    found
}

fn children<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) if name == "*" => items.iter().collect(),
        Value::Array(items) => {
            name.parse().ok().and_then(|index: usize| items.get(index)).into_iter().collect()
        }
        Value::Object(members) => members.get(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
