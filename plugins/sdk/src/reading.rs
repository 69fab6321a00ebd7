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
    let mut tokens = tokens(&plan.frame_tokens, frame);
    for (channel, rules) in [
        (Channel::Output, &plan.output),
        (Channel::Reasoning, &plan.reasoning),
        (Channel::ToolCall, &plan.tool_calls),
    ] {
        let found = found(rules, frame);
        let text: String = found.iter().filter_map(|value| value.as_str()).collect();
        if !text.is_empty() {
            reply.pieces.push(Piece { frame: index, channel, text, tokens: tokens.take() });
        }
    }
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
    if let Some(reason) = reasons.into_iter().rev().find_map(Value::as_str) {
        reply.finish_reason = Some(reason.into());
    }
    if reply.error.is_none() {
        reply.error = found(&plan.error, frame).first().map(|error| error_text(error));
    }
}

/// The error's message where it is an object that has one, its JSON text where not.
fn error_text(error: &Value) -> String {
    match error.get("message").unwrap_or(error) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Tokens of a frame: what the first rule that finds anything finds, added up.
fn tokens(rules: &[Rule], frame: &Value) -> Option<u32> {
    rules.iter().find_map(|rule| {
        let counts: Vec<u64> = matches(rule, frame).into_iter().filter_map(count).collect();
        let sum = counts.iter().sum::<u64>();
        (!counts.is_empty()).then(|| u32::try_from(sum).unwrap_or(u32::MAX))
    })
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
#[path = "reading_tests.rs"]
mod tests;
