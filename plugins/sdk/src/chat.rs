//! Chat messages as JSON: a list of objects with `role` and `content`, as OpenAI's API has them and
//! many others too.

use crate::body::Body;
use crate::content::{FURTHER, empty, item, written};
use crate::{Encoding, Fault, Link, Media, Message, Part, Prompt, PromptRequest};

/// Writes the conversation so far and the prompt, which is messages or text, as a list of messages.
///
/// # Errors
/// The prompt is neither, or a message contains something else than texts and images.
pub fn messages(body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
    body.raw(b"[");
    let mut first = true;
    let mut separate = |body: &mut Body| {
        let comma: &[u8] = if std::mem::take(&mut first) { b"" } else { b"," };
        body.raw(comma);
    };
    for message in &request.history {
        separate(body);
        write_message(body, message)?;
    }
    match &request.prompt {
        Prompt::Messages(messages) => {
            for message in messages {
                separate(body);
                write_message(body, message)?;
            }
        }
        Prompt::Text(text) => {
            separate(body);
            body.raw(br#"{"role":"user","content":"#);
            body.string(text);
            body.raw(b"}");
        }
        _ => {
            let text = "a chat takes messages or text: choose another --dataset";
            return Err(Fault::Unsupported(text.into()));
        }
    }
    body.raw(b"]");
    Ok(())
}

/// Writes the content of a message, as its parts or as it was written.
///
/// # Errors
/// It has none, or contains something else than texts and images.
pub fn content(body: &mut Body, message: &Message) -> Result<(), Fault> {
    if !message.parts.is_empty() {
        return write_parts(body, &message.parts);
    }
    let written = written(message)?.ok_or_else(empty)?;
    body.raw(written.to_string().as_bytes());
    Ok(())
}

fn write_message(body: &mut Body, message: &Message) -> Result<(), Fault> {
    body.raw(br#"{"role":"#);
    body.string(&message.role);
    let extra = extra_members(&message.extra, FURTHER)?;
    // A message of tool calls alone, or one whose content is in `extra`, has no parts.
    if !message.parts.is_empty() || extra.is_empty() {
        body.raw(br#","content":"#);
        write_parts(body, &message.parts)?;
    }
    if !extra.is_empty() {
        body.raw(b",");
        body.raw(extra.as_bytes());
    }
    body.raw(b"}");
    Ok(())
}

/// What is between the braces of an `extra`.
fn extra_members<'e>(extra: &'e str, what: &str) -> Result<&'e str, Fault> {
    let extra = extra.trim();
    if extra.is_empty() {
        return Ok("");
    }
    let inside = extra.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.map(str::trim).ok_or_else(|| Fault::Input(format!("{what}: not a JSON object")))
}

fn write_parts(body: &mut Body, parts: &[Part]) -> Result<(), Fault> {
    if let [part @ (Part::Text(_) | Part::HeldText(_))] = parts {
        body.texts(&[item(part)]);
        return Ok(());
    }
    body.raw(b"[");
    for (index, part) in parts.iter().enumerate() {
        body.raw(if index > 0 { b"," } else { b"" });
        match part {
            Part::Text(_) | Part::HeldText(_) => {
                body.raw(br#"{"type":"text","text":"#);
                body.texts(&[item(part)]);
                body.raw(b"}");
            }
            Part::Media(media) => write_media(body, media)?,
            Part::Link(link) => write_link(body, link)?,
        }
    }
    body.raw(b"]");
    Ok(())
}

fn write_media(body: &mut Body, media: &Media) -> Result<(), Fault> {
    only_images(&media.mime)?;
    body.raw(br#"{"type":"image_url","image_url":{"url":""#);
    body.media(media, Encoding::DataUrl);
    body.raw(b"\"");
    let extra = extra_members(&media.extra, "the further members of an image")?;
    if !extra.is_empty() {
        body.raw(b",");
        body.raw(extra.as_bytes());
    }
    body.raw(b"}}");
    Ok(())
}

/// A link of an unknown type is taken for an image.
fn write_link(body: &mut Body, link: &Link) -> Result<(), Fault> {
    if !link.mime.is_empty() {
        only_images(&link.mime)?;
    }
    body.raw(br#"{"type":"image_url","image_url":{"url":"#);
    body.string(&link.url);
    body.raw(b"}}");
    Ok(())
}

fn only_images(mime: &str) -> Result<(), Fault> {
    if mime.starts_with("image/") {
        return Ok(());
    }
    Err(Fault::Unsupported(format!("a chat message takes images, not {mime}: use another --api")))
}

#[cfg(test)]
mod tests;
