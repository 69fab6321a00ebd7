//! Bodies of `/api/chat`. Sampling settings stand in `options`, under Ollama's names; images are
//! base64 in a message's `images`, where the host puts them.

use loadwright_plugin::content::{Said, said};
use loadwright_plugin::settings::Protocol;
use loadwright_plugin::{Ask, Encoding, Fault, Message, Part, Prompt, Segment, Splice};
use serde_json::{Map, Value, json};

/// What all bodies share.
#[derive(Debug)]
pub(crate) struct Bodies {
    members: Map<String, Value>,
    extra: Map<String, Value>,
}

impl Bodies {
    /// Reads the settings of a run.
    pub(crate) fn new(
        given: &Protocol,
        think: Option<bool>,
        keep_alive: Option<String>,
    ) -> Result<Self, Fault> {
        if given.template.as_ref().is_some_and(|template| !template.is_null()) {
            return Err(Fault::Settings(
                "template: the ollama protocol takes none: leave --query-template".into(),
            ));
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

    /// The body of one ask.
    pub(crate) fn write(&self, ask: &Ask) -> Result<Vec<Segment>, Fault> {
        let mut members = self.members.clone();
        if let Some(limit) = ask.max_tokens {
            members["options"]["num_predict"] = limit.into();
        }
        for (name, value) in &self.extra {
            match value {
                Value::Null => members.shift_remove(name),
                value => members.insert(name.clone(), value.clone()),
            };
        }
        let mut body = Value::Object(members).to_string();
        body.pop();
        body += if body.len() == 1 { "\"messages\":[" } else { ",\"messages\":[" };
        let mut segments = Vec::new();
        for (index, message) in messages(ask)?.iter().enumerate() {
            body += if index == 0 { "" } else { "," };
            write_message(&mut body, &mut segments, message)?;
        }
        body += "]}";
        segments.push(Segment::Bytes(body.into_bytes()));
        Ok(segments)
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
            return Err(Fault::Settings(format!("generation.{other}: Ollama has no such setting")));
        }
    })
}

fn messages(ask: &Ask) -> Result<Vec<Message>, Fault> {
    let mut all = ask.history.clone();
    match &ask.prompt {
        Prompt::Messages(messages) => all.extend(messages.iter().cloned()),
        Prompt::Text(text) => {
            let parts = vec![Part::Text(text.clone())];
            all.push(Message { role: "user".into(), parts, extra: String::new() });
        }
        _ => return Err(Fault::Unsupported("the ollama protocol asks messages or text".into())),
    }
    Ok(all)
}

fn write_message(
    body: &mut String,
    segments: &mut Vec<Segment>,
    message: &Message,
) -> Result<(), Fault> {
    let mut texts = Vec::new();
    for said in said(message)? {
        match said {
            Said::Text(text) => texts.push(text),
            // Behind the text: see below.
            Said::Media(_) => {}
            Said::Other(kind) => {
                return Err(Fault::Unsupported(format!(
                    "the ollama protocol sends no {kind} of a message's content: write its text, or \
                     use --api openai"
                )));
            }
        }
    }
    let content = texts.join("\n");
    let mut members = Map::new();
    if !message.extra.is_empty() {
        members = serde_json::from_str(&message.extra)
            .map_err(|error| Fault::Input(format!("further members of a message: {error}")))?;
    }
    members.insert("role".into(), message.role.clone().into());
    members.insert("content".into(), content.into());
    *body += &json!(members).to_string();
    let mut separator = ",\"images\":[\"";
    for part in &message.parts {
        let Part::Media(media) = part else { continue };
        if separator.starts_with(",\"images") {
            body.pop();
        }
        *body += separator;
        segments.push(Segment::Bytes(std::mem::take(body).into_bytes()));
        segments.push(Segment::Media(Splice { slot: media.slot, encoding: Encoding::Base64 }));
        separator = "\",\"";
    }
    if separator == "\",\"" {
        *body += "\"]}";
    }
    Ok(())
}
