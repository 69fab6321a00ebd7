//! Bodies of `/api/chat`. Sampling settings are in `options`, under Ollama's names; images are base64
//! in a message's `images`, where the host puts them.

use crate::Own;
use loadwright_plugin::body::Body;
use loadwright_plugin::content::{FURTHER, Item, items, members};
use loadwright_plugin::json_body::JsonBody;
use loadwright_plugin::settings::{Api, fault};
use loadwright_plugin::{Encoding, Fault, Message, Part, Prompt, PromptRequest, message};
use serde_json::Map;

/// What the bodies of a run have in common.
pub(crate) fn bodies(mut given: Api, own: Own) -> Result<JsonBody, Fault> {
    let mut generation = Map::new();
    let mut options = Map::new();
    for (name, value) in given.generation {
        match option(&name)? {
            Some(option) => options.insert(option.into(), value),
            None => generation.insert(name, value),
        };
    }
    if let Some(think) = own.think {
        generation.insert("think".into(), think.into());
    }
    if let Some(keep_alive) = own.keep_alive {
        generation.insert("keep_alive".into(), keep_alive.into());
    }
    if !options.is_empty() {
        generation.insert("options".into(), options.into());
    }
    given.generation = generation;
    Ok(JsonBody::new(&given, &["messages"])?.limits("options/num_predict", None))
}

/// The option of a sampling setting; none: a member of the body.
fn option(name: &str) -> Result<Option<&str>, Fault> {
    Ok(match name {
        "model" | "stream" | "logprobs" => None,
        "max_tokens" => Some("num_predict"),
        "repetition_penalty" => Some("repeat_penalty"),
        "temperature" | "top_p" | "top_k" | "frequency_penalty" | "seed" | "stop" => Some(name),
        other => return Err(fault(format!("generation.{other}"), "Ollama has no such setting")),
    })
}

/// The conversation so far and the prompt, as Ollama has messages.
pub(crate) fn write_messages(body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
    let mut all = request.history.clone();
    match &request.prompt {
        Prompt::Messages(messages) => all.extend(messages.iter().cloned()),
        Prompt::Text(text) => all.push(message("user", vec![Part::Text(text.clone())])),
        _ => return Err(Fault::Unsupported("the ollama API takes messages or text".into())),
    }
    body.raw(b"[");
    for (index, message) in all.iter().enumerate() {
        body.raw(if index > 0 { b"," } else { b"" });
        write_message(body, message)?;
    }
    body.raw(b"]");
    Ok(())
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
