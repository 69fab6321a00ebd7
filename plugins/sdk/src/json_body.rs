//! Writes JSON bodies whose members are merged in the contract's order: template, the user's settings
//! and the limits of the request, the request's own members, extra arguments; null deletes.

use crate::body::Body;
use crate::content::{members, texts};
use crate::settings::Api;
use crate::template::{Members, Node, merge, set};
use crate::{Fault, PromptRequest};
use serde_json::{Map, Value};

/// What the bodies of a run have in common.
#[derive(Debug, Clone)]
pub struct JsonBody {
    template: Members,
    /// Members with the prompt, unless the template has a place for it.
    prompts: Vec<&'static str>,
    generation: Map<String, Value>,
    /// Paths of the members that limit the output, at most and at least.
    limits: [Option<&'static str>; 2],
    extra_args: Map<String, Value>,
}

impl JsonBody {
    /// Bodies with the prompt in the members `prompts`.
    ///
    /// # Errors
    /// The template is not one.
    pub fn new(given: &Api, prompts: &[&'static str]) -> Result<Self, Fault> {
        let model = given.generation.get("model").and_then(Value::as_str);
        Ok(Self {
            template: Node::members(given.template.as_ref(), model)?,
            prompts: prompts.into(),
            generation: given.generation.clone(),
            limits: [None, None],
            extra_args: given.extra_args.clone().unwrap_or_default(),
        })
    }

    /// Names the members that limit the output's tokens: `max_tokens`, or `options/num_predict` where
    /// it is in an object of its own. They take the limits of a request.
    pub fn limits(mut self, most: &'static str, least: Option<&'static str>) -> Self {
        self.limits = [Some(most), least];
        self
    }

    /// The body of one request; `prompt` writes the value of a member that has the prompt.
    ///
    /// # Errors
    /// Those of `prompt`, or the request's own members are not a JSON object.
    pub fn write(
        &self,
        request: &PromptRequest,
        mut prompt: impl FnMut(&mut Body, &str) -> Result<(), Fault>,
    ) -> Result<Body, Fault> {
        let mut all = self.template.clone();
        if !all.iter().any(|(_, node)| node.has_prompt()) {
            for key in &self.prompts {
                set(&mut all, key, Node::Prompt((*key).into()));
            }
        }
        merge(&mut all, &self.limited(request));
        merge(&mut all, &members(&request.extra, "the extra members of a request")?);
        merge(&mut all, &self.extra_args);
        let mut body = Body::default();
        Writing { body: &mut body, request, prompt: &mut prompt }.object(&all)?;
        Ok(body)
    }

    /// The user's settings with the limits of the request; a configured minimum above its maximum gives
    /// way.
    fn limited(&self, request: &PromptRequest) -> Map<String, Value> {
        let mut all = self.generation.clone();
        let [most, least] = self.limits;
        if let (Some(path), Some(tokens)) = (most, request.max_tokens) {
            put(&mut all, path, tokens);
        }
        if let Some(path) = least {
            let configured = get(&all, path).and_then(Value::as_u64);
            let too_high = request.max_tokens.filter(|most| configured > Some((*most).into()));
            if let Some(tokens) = request.min_tokens.or(too_high) {
                put(&mut all, path, tokens);
            }
        }
        all
    }
}

fn get<'v>(members: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    match path.split_once('/') {
        None => members.get(path),
        Some((first, rest)) => get(members.get(first)?.as_object()?, rest),
    }
}

fn put(members: &mut Map<String, Value>, path: &str, tokens: u32) {
    let Some((first, rest)) = path.split_once('/') else {
        members.insert(path.into(), tokens.into());
        return;
    };
    let inner = members.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if let Some(inner) = inner.as_object_mut() {
        put(inner, rest, tokens);
    }
}

struct Writing<'w> {
    body: &'w mut Body,
    request: &'w PromptRequest,
    prompt: &'w mut dyn FnMut(&mut Body, &str) -> Result<(), Fault>,
}

impl Writing<'_> {
    fn object(&mut self, members: &Members) -> Result<(), Fault> {
        self.body.raw(b"{");
        for (index, (key, node)) in members.iter().enumerate() {
            self.body.raw(if index > 0 { b"," } else { b"" });
            self.body.string(key);
            self.body.raw(b":");
            self.node(node)?;
        }
        self.body.raw(b"}");
        Ok(())
    }

    fn node(&mut self, node: &Node) -> Result<(), Fault> {
        match node {
            Node::Constant(value) => self.body.raw(value.to_string().as_bytes()),
            Node::Prompt(key) => (self.prompt)(self.body, key)?,
            Node::Object(members) => self.object(members)?,
            Node::Array(items) => {
                self.body.raw(b"[");
                for (index, item) in items.iter().enumerate() {
                    self.body.raw(if index > 0 { b"," } else { b"" });
                    self.node(item)?;
                }
                self.body.raw(b"]");
            }
            Node::Text(parts) => self.text(parts)?,
        }
        Ok(())
    }

    fn text(&mut self, parts: &[String]) -> Result<(), Fault> {
        let texts = texts(self.request)?;
        self.body.raw(b"\"");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.body.inside_texts(&texts);
            }
            self.body.inside_string(part);
        }
        self.body.raw(b"\"");
        Ok(())
    }
}

#[cfg(test)]
mod tests;
