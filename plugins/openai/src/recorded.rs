//! Whole recorded bodies: what they lack is added, what is there is left alone, byte for byte.

use crate::skeleton::{AT_MOST, Limits, Members, write_limit};
use loadwright_plugin::body::Body;
use loadwright_plugin::template::Node;
use loadwright_plugin::{Fault, PromptRequest};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What a body is given where it lacks it.
#[derive(Debug)]
pub(crate) struct Filling {
    /// Name, and the member as JSON text.
    members: Vec<(String, String)>,
    stream: bool,
    stream_options: Option<String>,
    limits: Limits,
    generates: bool,
}

impl Filling {
    /// The constant members of all other bodies.
    pub(crate) fn new(members: &Members) -> Self {
        let mut filling = Self {
            members: Vec::new(),
            stream: false,
            stream_options: None,
            limits: members.limits.clone(),
            generates: members.generates,
        };
        for (key, node) in &members.nodes {
            let Node::Constant(value) = node else { continue };
            let text = format!("{}:{value}", json!(key));
            match key.as_str() {
                "messages" | "prompt" | "input" | "query" | "documents" => {}
                "stream_options" => filling.stream_options = Some(text),
                _ => filling.members.push((key.clone(), text)),
            }
            filling.stream |= key == "stream" && *value == Value::Bool(true);
        }
        filling
    }

    /// Writes `recorded` and what it lacks.
    pub(crate) fn write(
        &self,
        body: &mut Body,
        recorded: &str,
        request: &PromptRequest,
    ) -> Result<(), Fault> {
        let recorded = recorded.trim();
        let there: HashMap<String, &RawValue> = serde_json::from_str(recorded)
            .map_err(|error| Fault::Input(format!("the body is not a JSON object: {error}")))?;
        let open = recorded.strip_suffix('}').unwrap_or(recorded);
        body.raw(open.trim_end().as_bytes());
        let limited = AT_MOST.iter().any(|name| there.contains_key(*name));
        let has = |key: &str| there.contains_key(key) || (limited && AT_MOST.contains(&key));
        for (key, text) in &self.members {
            if !has(key) {
                body.comma();
                body.raw(text.as_bytes());
            }
        }
        // Services refuse the options of a stream in a body without one.
        let streamed = there.get("stream").map_or(self.stream, |value| value.get() == "true");
        if let Some(options) = self.stream_options.as_ref().filter(|_| streamed)
            && !there.contains_key("stream_options")
        {
            body.comma();
            body.raw(options.as_bytes());
        }
        let own = [request.max_tokens, request.min_tokens];
        for ((key, limit), own) in self.limits.iter().zip(own) {
            if self.generates && !has(key) {
                write_limit(body, key, limit, own);
            }
        }
        body.raw(b"}");
        Ok(())
    }
}
