//! Reads a reply by the plan, and puts together the assistant's message for the next turn.

use loadwright_plugin::{Exchange, Message, Part, ReadingPlan, Reply, exchange, message, reading};
use serde_json::{Map, Value, json};

/// What an exchange carried. Frames that are not JSON carry nothing.
pub(crate) fn decode(plan: &ReadingPlan, exchange: &Exchange) -> Reply {
    let mut first = FirstChoice::default();
    for (_, payload) in exchange::frames(exchange) {
        if let Ok(frame) = serde_json::from_slice::<Value>(payload) {
            first.take(&frame);
        }
    }
    Reply { message: first.message(), ..reading::read(plan, exchange) }
}

/// The choice that a conversation continues with.
#[derive(Debug, Default)]
struct FirstChoice {
    content: String,
    tool_calls: Vec<Value>,
}

impl FirstChoice {
    fn take(&mut self, frame: &Value) {
        for (position, choice) in frame["choices"].as_array().into_iter().flatten().enumerate() {
            if choice["index"].as_u64().unwrap_or(position as u64) != 0 {
                continue;
            }
            for part in [&choice["delta"], &choice["message"]] {
                self.content += part["content"].as_str().unwrap_or_default();
                merge_calls(&mut self.tool_calls, &part["tool_calls"]);
            }
            self.content += choice["text"].as_str().unwrap_or_default();
        }
    }

    /// None where there is nothing to continue with.
    fn message(self) -> Option<Message> {
        let mut extra = Map::new();
        if self.content.is_empty() {
            extra.insert("content".into(), Value::Null);
        }
        if !self.tool_calls.is_empty() {
            extra.insert("tool_calls".into(), self.tool_calls.into());
        } else if self.content.is_empty() {
            return None;
        }
        let parts = match self.content.is_empty() {
            true => Vec::new(),
            false => vec![Part::Text(self.content)],
        };
        let extra = if extra.is_empty() { String::new() } else { Value::Object(extra).to_string() };
        Some(Message { extra, ..message("assistant", parts) })
    }
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

#[cfg(test)]
mod tests;
