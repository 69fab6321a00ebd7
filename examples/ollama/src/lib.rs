//! A protocol plugin for Ollama's own chat API: `POST /api/chat`, whose streams are JSON lines.
//!
//! [`request`] writes bodies; the reading plan below is all that the host needs to read replies.

mod request;

use loadwright_plugin::reading::read;
use loadwright_plugin::{
    Ask, Channel, Exchange, Fault, Field, Message, Part, Protocol, ReadingPlan, Reply, Request,
    Rule, settings,
};
use request::Bodies;
use serde::Deserialize;

/// The configured protocol.
#[derive(Debug)]
pub struct Ollama {
    bodies: Bodies,
}

/// What `--api-args` may hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Own {
    think: Option<bool>,
    keep_alive: Option<String>,
}

impl Protocol for Ollama {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: settings::Protocol = settings::parse(json)?;
        let own: Own = settings::own(given.settings.as_ref())?;
        Ok(Self { bodies: Bodies::new(&given, own.think, own.keep_alive)? })
    }

    fn plan(&self) -> Option<ReadingPlan> {
        Some(plan())
    }

    fn format(&self, ask: Ask) -> Result<Request, Fault> {
        let headers = vec![Field { name: "content-type".into(), value: "application/json".into() }];
        let body = self.bodies.write(&ask)?;
        Ok(Request { method: "POST".into(), path: None, headers, body })
    }

    /// The plan finds everything; the next turn needs the answer without the thinking.
    fn decode(&self, exchange: Exchange) -> Result<Reply, Fault> {
        let mut reply = read(&plan(), &exchange);
        let answer = reply.pieces.iter().filter(|piece| piece.channel == Channel::Output);
        let answer: String = answer.map(|piece| piece.text.as_str()).collect();
        let parts = vec![Part::Text(answer)];
        reply.message = Some(Message { role: "assistant".into(), parts, extra: String::new() });
        Ok(reply)
    }
}

/// A line of a stream and a whole reply have the same members.
fn plan() -> ReadingPlan {
    let rule = |at: &str| vec![Rule { at: at.into(), when: None }];
    ReadingPlan {
        // The last line says why it ended; there is no mark behind it.
        done: vec![],
        output: rule("/message/content"),
        reasoning: rule("/message/thinking"),
        tool_calls: rule("/message/tool_calls"),
        frame_tokens: vec![],
        finish_reason: rule("/done_reason"),
        input_tokens: rule("/prompt_eval_count"),
        output_tokens: rule("/eval_count"),
        cached_tokens: vec![],
        reasoning_tokens: vec![],
        accepted_tokens: vec![],
        rejected_tokens: vec![],
        error: rule("/error"),
    }
}

loadwright_plugin::protocol!(Ollama, "manifest.json");

#[cfg(test)]
mod tests;
