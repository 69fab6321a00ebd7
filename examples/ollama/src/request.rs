//! Bodies of `/api/chat`. Sampling settings are in `options`, under Ollama's names; images are
//! base64 in a message's `images`, where the host puts them.

use loadwright_plugin::body::Body;
use loadwright_plugin::content::{FURTHER, Item, items, members};
use loadwright_plugin::settings::{Api, fault};
use loadwright_plugin::{Encoding, Fault, Message, Part, Prompt, PromptRequest, message};
use serde_json::{Map, Value};

/// What all bodies share.
#[derive(Debug)]
pub(crate) struct Bodies {
    members: Map<String, Value>,
    extra: Map<String, Value>,
}

impl Bodies {
    /// Reads the settings of a run.
    pub(crate) fn new(
        given: &Api,
        think: Option<bool>,
        keep_alive: Option<String>,
    ) -> Result<Self, Fault> {
        if given.template.as_ref().is_some_and(|template| !template.is_null()) {
            return Err(fault("template", "the ollama API takes none: leave out --query-template"));
        }
        let mut members = Map::new();
        let mut options = Map::new();
        for (name, value) in &given.generation {
            match option(name)? {
                Some(option) => options.insert(option.into(), value.clone()),
                None => members.insert(name.clone(), value.clone()),
            };
        }
        members.insert("options".into(), options.into());
        if let Some(think) = think {
            members.insert("think".into(), think.into());
        }
        if let Some(keep_alive) = keep_alive {
            members.insert("keep_alive".into(), keep_alive.into());
        }
        Ok(Self { members, extra: given.extra_args.clone().unwrap_or_default() })
    }

    /// The body of one request.
    pub(crate) fn write(&self, request: &PromptRequest) -> Result<Body, Fault> {
        let mut all = self.members.clone();
        if let Some(limit) = request.max_tokens {
            all["options"]["num_predict"] = limit.into();
        }
        let own = members(&request.extra, "the extra members of a request")?;
        for (name, value) in own.iter().chain(&self.extra) {
            match value {
                Value::Null => all.shift_remove(name),
                value => all.insert(name.clone(), value.clone()),
            };
        }
        let mut body = Body::default();
        let written = Value::Object(all).to_string();
        body.raw(&written.as_bytes()[..written.len() - 1]);
        body.comma();
        body.raw(b"\"messages\":[");
        for (index, message) in messages(request)?.iter().enumerate() {
            if index > 0 {
                body.raw(b",");
            }
            write_message(&mut body, message)?;
        }
        body.raw(b"]}");
        Ok(body)
    }
}

/// The option of a sampling setting; none: a member of the body.
fn option(name: &str) -> Result<Option<&str>, Fault> {
    Ok(match name {
        "model" | "stream" | "logprobs" => None,
        "max_tokens" => Some("num_predict"),
        "repetition_penalty" => Some("repeat_penalty"),
        "temperature" | "top_p" | "top_k" | "frequency_penalty" | "seed" | "stop" => Some(name),
        other => {
            return Err(fault(format!("generation.{other}"), "Ollama has no such setting"));
        }
    })
}

fn messages(request: &PromptRequest) -> Result<Vec<Message>, Fault> {
    let mut all = request.history.clone();
    match &request.prompt {
        Prompt::Messages(messages) => all.extend(messages.iter().cloned()),
        Prompt::Text(text) => {
            all.push(message("user", vec![Part::Text(text.clone())]));
        }
        _ => return Err(Fault::Unsupported("the ollama API takes messages or text".into())),
    }
    Ok(all)
}

fn write_message(body: &mut Body, message: &Message) -> Result<(), Fault> {
    let mut texts = Vec::new();
    let mut images = Vec::new();
    for item in items(message)? {
        match item {
            Item::Text(_) | Item::Held(_) => texts.push(item),
            Item::Media(media) => images.push(media),
            Item::Link(_) => return Err(not_taken("link")),
            Item::Other(kind) => return Err(not_taken(&kind)),
        }
    }
    body.raw(b"{\"role\":");
    body.string(&message.role);
    body.raw(b",\"content\":");
    body.texts(&texts);
    if !images.is_empty() {
        body.raw(b",\"images\":[");
        for (index, media) in images.into_iter().enumerate() {
            body.raw(if index == 0 { &b"\""[..] } else { b",\"" });
            body.media(media, Encoding::Base64);
            body.raw(b"\"");
        }
        body.raw(b"]");
    }
    for (name, value) in members(&message.extra, FURTHER)? {
        if name != "content" {
            body.raw(b",");
            body.string(&name);
            body.raw(format!(":{value}").as_bytes());
        }
    }
    body.raw(b"}");
    Ok(())
}

fn not_taken(what: &str) -> Fault {
    Fault::Unsupported(format!(
        "the ollama API takes no {what} in a message's content: write its text, or use --api openai"
    ))
}
