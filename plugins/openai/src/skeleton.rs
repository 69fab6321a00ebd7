//! What all bodies of a run share, written once: constant text, and the places that differ.

use crate::endpoint::Style;
use crate::prompt::{self, Place};
use loadwright_plugin::body::Body;
use loadwright_plugin::settings::Api;
use loadwright_plugin::template::{Node, merge, set};
use loadwright_plugin::{Fault, PromptRequest};
use serde_json::{Map, Value, json};

/// The members of a body, merged: the API's own < template < generation < extra.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members {
    pub(crate) nodes: Vec<(String, Node)>,
    /// Of an output's length, at most and at least.
    pub(crate) limits: Limits,
    /// Whether there is an output to limit.
    pub(crate) generates: bool,
}

/// Limits, each with the name that it is written under.
pub(crate) type Limits = [(&'static str, Limit); 2];

/// The two names of one limit: services refuse a body that has both.
pub(crate) const AT_MOST: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// A limit that a request may set for itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Limit {
    /// The extra members decide on it: this, or none at all.
    Settled(Option<u32>),
    /// The request's, or else this one where there is one.
    Open(Option<Value>),
}

impl Limit {
    fn or(self, other: Self) -> Self {
        if self == Self::Open(None) { other } else { self }
    }
}

/// Merges what the user gave into the members of a body. `extra` comes last, and null deletes.
pub(crate) fn members(
    given: &Api,
    extra: &Map<String, Value>,
    style: Style,
) -> Result<Members, Fault> {
    let model = given.generation.get("model");
    let template = Node::members(given.template.as_ref(), model.and_then(Value::as_str))?;
    let templated = template.iter().any(|(_, node)| node.has_prompt());
    let mut nodes = Vec::new();
    if let Some(model) = model {
        set(&mut nodes, "model", Node::Constant(model.clone()));
    }
    for key in places(style) {
        if !templated {
            set(&mut nodes, key, Node::Prompt((*key).into()));
        }
    }
    for (key, node) in template {
        set(&mut nodes, &key, node);
    }
    for (key, value) in &given.generation {
        if let Some(value) = sampling(style, key, value) {
            set(&mut nodes, key, Node::Constant(value));
        }
    }
    merge(&mut nodes, extra);
    let streamed = nodes.iter().any(|(key, node)| key == "stream" && *node == constant(true));
    let named = nodes.iter().any(|(key, _)| key == "stream_options");
    if streamed && style.generates() && !named && !extra.contains_key("stream_options") {
        // Without it a stream has no token counts.
        set(&mut nodes, "stream_options", Node::Constant(json!({"include_usage": true})));
    }
    let at_most = at_most(&mut nodes, given, extra);
    let at_least = ("min_tokens", limit(&mut nodes, extra, "min_tokens"));
    Ok(Members { nodes, limits: [at_most, at_least], generates: style.generates() })
}

/// The members in which an endpoint takes its prompt.
fn places(style: Style) -> &'static [&'static str] {
    match style {
        Style::Chat => &["messages"],
        Style::Completions => &["prompt"],
        Style::Embeddings => &["input"],
        Style::Rerank => &["query", "documents"],
    }
}

/// `logprobs` is a switch in chat and a count in completions. An endpoint that generates nothing takes
/// the model alone.
fn sampling(style: Style, key: &str, value: &Value) -> Option<Value> {
    match (style, key, value) {
        (_, "model", _) => Some(value.clone()),
        (Style::Embeddings | Style::Rerank, _, _) => None,
        (Style::Completions, "logprobs", Value::Bool(true)) => Some(1.into()),
        (Style::Completions, "logprobs", Value::Bool(false)) => None,
        _ => Some(value.clone()),
    }
}

fn constant(value: impl Into<Value>) -> Node {
    Node::Constant(value.into())
}

/// The limit of an output's length, under the newer of its names where the body has that. Names that
/// the extra members use settle it, and the other name goes.
fn at_most(
    nodes: &mut Vec<(String, Node)>,
    given: &Api,
    extra: &Map<String, Value>,
) -> (&'static str, Limit) {
    let [old, new] = AT_MOST;
    let extra_names = |key: &str| extra.get(key).is_some_and(|value| !value.is_null());
    if extra_names(old) || extra_names(new) {
        nodes.retain(|(key, _)| !AT_MOST.contains(&key.as_str()) || extra_names(key));
        return (old, settled(extra, old));
    }
    if extra.contains_key(old) || !nodes.iter().any(|(key, _)| key == new) {
        return (old, limit(nodes, extra, old));
    }
    let configured = given.generation.get(old).cloned();
    let (older, newer) = (limit(nodes, extra, old), limit(nodes, extra, new));
    (new, configured.map_or(newer.or(older), |value| Limit::Open(Some(value))))
}

fn settled(extra: &Map<String, Value>, key: &str) -> Limit {
    Limit::Settled(extra.get(key).and_then(number))
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

fn limit(nodes: &mut Vec<(String, Node)>, extra: &Map<String, Value>, key: &str) -> Limit {
    if extra.contains_key(key) {
        return settled(extra, key);
    }
    let at = nodes.iter().position(|(name, _)| name == key);
    Limit::Open(at.and_then(|at| match nodes.remove(at).1 {
        Node::Constant(value) => Some(value),
        _ => None,
    }))
}

/// Bodies of one endpoint, ready for their prompts.
#[derive(Debug)]
pub(crate) struct Skeleton {
    pieces: Vec<Piece>,
    limits: Limits,
    generates: bool,
}

#[derive(Debug)]
enum Piece {
    Constant(Vec<u8>),
    Prompt(Place),
    /// The prompt's text, inside of a string.
    Text,
}

impl Skeleton {
    pub(crate) fn new(members: Members) -> Self {
        let mut pieces = Pieces::default();
        pieces.object(&members.nodes);
        // Left open: limits are those of the request.
        pieces.text.pop();
        let pieces = pieces.finish();
        Self { pieces, limits: members.limits, generates: members.generates }
    }

    /// The whole body of a request.
    pub(crate) fn write(&self, body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
        for piece in &self.pieces {
            match piece {
                Piece::Constant(bytes) => body.raw(bytes),
                Piece::Prompt(place) => prompt::write(body, *place, request)?,
                Piece::Text => prompt::write_inside(body, request)?,
            }
        }
        let own = self.own_limits(request);
        for ((key, limit), own) in self.limits.iter().zip(own) {
            write_limit(body, key, limit, own);
        }
        body.raw(b"}");
        Ok(())
    }

    /// The limits of a request. A maximum below the configured minimum takes that down with it, but
    /// does not go below what the extra members settle.
    fn own_limits(&self, request: &PromptRequest) -> [Option<u32>; 2] {
        if !self.generates {
            return [None; 2];
        }
        let own = [request.max_tokens, request.min_tokens];
        let [Some(most), None] = own else { return own };
        match &self.limits[1].1 {
            Limit::Open(Some(least)) if number(least).is_some_and(|least| least > most) => {
                [Some(most), Some(most)]
            }
            &Limit::Settled(Some(least)) if least > most => [Some(least), None],
            _ => own,
        }
    }
}

/// Writes a limit as a member, where there is one.
pub(crate) fn write_limit(body: &mut Body, key: &str, limit: &Limit, own: Option<u32>) {
    let Limit::Open(default) = limit else { return };
    if own.is_none() && default.is_none() {
        return;
    }
    body.comma();
    body.string(key);
    body.raw(b":");
    match (own, default) {
        (Some(own), _) => body.number(own),
        (None, default) => body.raw(json!(default).to_string().as_bytes()),
    }
}

/// Pieces in the making: constant text grows until a place breaks it.
#[derive(Debug, Default)]
struct Pieces {
    done: Vec<Piece>,
    text: String,
}

impl Pieces {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Constant(value) => self.text += &value.to_string(),
            Node::Prompt(key) => self.place(Piece::Prompt(Place::of(key))),
            Node::Object(members) => self.object(members),
            Node::Array(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.text += if index == 0 { "" } else { "," };
                    self.node(item);
                }
                self.text.push(']');
            }
            Node::Text(parts) => {
                self.text.push('"');
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        self.place(Piece::Text);
                    }
                    let quoted = json!(part).to_string();
                    self.text += &quoted[1..quoted.len() - 1];
                }
                self.text.push('"');
            }
        }
    }

    fn object(&mut self, members: &[(String, Node)]) {
        self.text.push('{');
        for (index, (key, node)) in members.iter().enumerate() {
            self.text += if index == 0 { "" } else { "," };
            self.text += &json!(key).to_string();
            self.text.push(':');
            self.node(node);
        }
        self.text.push('}');
    }

    fn place(&mut self, piece: Piece) {
        self.done.push(Piece::Constant(std::mem::take(&mut self.text).into_bytes()));
        self.done.push(piece);
    }

    fn finish(mut self) -> Vec<Piece> {
        self.done.push(Piece::Constant(self.text.into_bytes()));
        self.done
    }
}
