//! Writes what differs from ask to ask: messages, text, token ids.

use crate::body::Body;
use crate::template::Place;
use loadwright_plugin::content::{Said, said, written};
use loadwright_plugin::{Ask, Fault, Media, Message, Part, Prompt};
use std::borrow::Cow;

/// Writes the ask's prompt as its place wants it.
pub(crate) fn write(body: &mut Body, place: Place, ask: &Ask) -> Result<(), Fault> {
    match (place, &ask.prompt) {
        (Place::Plain | Place::Whole, Prompt::Tokens(ids)) => write_ids(body, ids),
        (Place::Messages | Place::Content, Prompt::Tokens(_)) => return Err(no_place_for_ids()),
        (Place::Plain, _) | (Place::Whole, Prompt::Text(_)) => body.string(&text(ask)?),
        (Place::Content, Prompt::Text(text)) => body.string(text),
        (Place::Content, Prompt::Messages(messages)) => match messages.last() {
            Some(last) => write_last(body, last)?,
            None => return Err(nothing_said()),
        },
        _ => write_messages(body, ask)?,
    }
    Ok(())
}

fn no_place_for_ids() -> Fault {
    Fault::Unsupported(
        "the template puts the prompt where token ids cannot stand: write \"prompt\": \"%p\", or \
         leave --tokenize-prompt"
            .into(),
    )
}

fn write_ids(body: &mut Body, ids: &[u32]) {
    body.raw(b"[");
    for id in ids {
        body.comma();
        body.number(*id);
    }
    body.raw(b"]");
}

/// The prompt's text, what came before it included; line by line where it is in several messages.
pub(crate) fn text(ask: &Ask) -> Result<Cow<'_, str>, Fault> {
    let asked: &[Message] = match &ask.prompt {
        Prompt::Text(text) if ask.history.is_empty() => return Ok(text.into()),
        Prompt::Messages(messages) => messages,
        Prompt::Tokens(_) => return Err(no_place_for_ids()),
        _ => &[],
    };
    let mut texts = Vec::new();
    for message in ask.history.iter().chain(asked) {
        for said in said(message)? {
            match said {
                Said::Text(text) => texts.push(text),
                Said::Media(media) => return Err(not_in_text(&media.mime)),
                Said::Other(kind) => return Err(not_in_text(&kind)),
            }
        }
    }
    if let Prompt::Text(text) = &ask.prompt {
        texts.push(text.into());
    }
    match texts.len() {
        0 => Err(nothing_said()),
        1 => Ok(texts.remove(0)),
        _ => Ok(Cow::Owned(texts.join("\n"))),
    }
}

fn not_in_text(what: &str) -> Fault {
    Fault::Unsupported(format!(
        "a completions prompt holds no {what}: give a --url that ends in /chat/completions"
    ))
}

fn nothing_said() -> Fault {
    Fault::Input("its messages say nothing: give one a `content`".into())
}

/// The content of the last message, as its parts or as it was written.
fn write_last(body: &mut Body, last: &Message) -> Result<(), Fault> {
    if !last.parts.is_empty() {
        return write_content(body, last);
    }
    let written = written(last)?.ok_or_else(nothing_said)?;
    body.raw(written.to_string().as_bytes());
    Ok(())
}

fn write_messages(body: &mut Body, ask: &Ask) -> Result<(), Fault> {
    body.raw(b"[");
    for message in &ask.history {
        body.comma();
        write_message(body, message)?;
    }
    match &ask.prompt {
        Prompt::Messages(messages) => {
            for message in messages {
                body.comma();
                write_message(body, message)?;
            }
        }
        Prompt::Text(text) => {
            body.comma();
            body.raw(br#"{"role":"user","content":"#);
            body.string(text);
            body.raw(b"}");
        }
        _ => {}
    }
    body.raw(b"]");
    Ok(())
}

fn write_message(body: &mut Body, message: &Message) -> Result<(), Fault> {
    body.raw(br#"{"role":"#);
    body.string(&message.role);
    let extra = extra_members(&message.extra)?;
    // A message of tool calls alone, or one whose content stands in `extra`, has no parts.
    if !message.parts.is_empty() || extra.is_empty() {
        body.raw(br#","content":"#);
        write_content(body, message)?;
    }
    if !extra.is_empty() {
        body.raw(b",");
        body.raw(extra.as_bytes());
    }
    body.raw(b"}");
    Ok(())
}

/// What is between the braces.
fn extra_members(extra: &str) -> Result<&str, Fault> {
    let extra = extra.trim();
    if extra.is_empty() {
        return Ok("");
    }
    let inside = extra.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.map(str::trim).ok_or_else(|| {
        Fault::Input("the further members of a message are not a JSON object".into())
    })
}

fn write_content(body: &mut Body, message: &Message) -> Result<(), Fault> {
    if let [Part::Text(text)] = message.parts.as_slice() {
        body.string(text);
        return Ok(());
    }
    body.raw(b"[");
    for part in &message.parts {
        body.comma();
        match part {
            Part::Text(text) => {
                body.raw(br#"{"type":"text","text":"#);
                body.string(text);
                body.raw(b"}");
            }
            Part::Media(media) => write_image(body, media)?,
        }
    }
    body.raw(b"]");
    Ok(())
}

fn write_image(body: &mut Body, media: &Media) -> Result<(), Fault> {
    if !media.mime.starts_with("image/") {
        return Err(Fault::Unsupported(format!(
            "the openai protocol sends images, not {}: use another --api",
            media.mime
        )));
    }
    body.raw(br#"{"type":"image_url","image_url":{"url":""#);
    body.data_url(media);
    body.raw(br#""}}"#);
    Ok(())
}
