//! Writes what differs from request to request: messages, text, token ids, inputs, a ranking.

use crate::template::Place;
use loadwright_plugin::body::Body;
use loadwright_plugin::content::{FURTHER, Item, item, items, written};
use loadwright_plugin::{
    Encoding, Fault, Link, Media, Message, Part, Prompt, PromptRequest, Ranking,
};

/// Writes the request's prompt as its place needs it.
pub(crate) fn write(body: &mut Body, place: Place, request: &PromptRequest) -> Result<(), Fault> {
    match (place, &request.prompt) {
        (Place::Plain | Place::Whole, Prompt::Tokens(ids)) => write_ids(body, ids),
        (Place::Plain | Place::Whole, Prompt::Inputs(inputs)) => write_inputs(body, inputs)?,
        (Place::Query, Prompt::Ranking(it)) => body.texts(&of_parts(&it.query)?),
        (Place::Documents, Prompt::Ranking(it)) => write_inputs(body, &it.documents)?,
        (_, Prompt::Tokens(_)) => return Err(no_place_for_ids()),
        (_, Prompt::Inputs(_)) => return Err(elsewhere("several inputs", "/embeddings")),
        (_, Prompt::Ranking(_)) => return Err(elsewhere("a ranking", "/rerank")),
        (Place::Documents, _) => {
            return Err(Fault::Unsupported(
                "a rerank endpoint takes a query and documents: choose a --dataset of rankings"
                    .into(),
            ));
        }
        (Place::Plain | Place::Query, _) | (Place::Whole, Prompt::Text(_)) => {
            body.texts(&texts(request)?)
        }
        (Place::Content, Prompt::Text(text)) => body.string(text),
        (Place::Content, Prompt::Messages(messages)) => match messages.last() {
            Some(last) => write_last(body, last)?,
            None => return Err(empty()),
        },
        _ => write_messages(body, request)?,
    }
    Ok(())
}

fn elsewhere(what: &str, end: &str) -> Fault {
    Fault::Unsupported(format!("{what}: give a --url that ends in {end}"))
}

fn no_place_for_ids() -> Fault {
    Fault::Unsupported(
        "the template has no place for token ids: write \"prompt\": \"%p\", or leave out \
         --tokenize-prompt"
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

/// Texts as an array.
fn write_inputs(body: &mut Body, inputs: &[Vec<Part>]) -> Result<(), Fault> {
    body.raw(b"[");
    for (index, parts) in inputs.iter().enumerate() {
        if index > 0 {
            body.raw(b",");
        }
        body.texts(&of_parts(parts)?);
    }
    body.raw(b"]");
    Ok(())
}

fn of_parts(parts: &[Part]) -> Result<Vec<Item<'_>>, Fault> {
    let mut texts = Vec::new();
    for part in parts {
        texts.push(only_text(item(part))?);
    }
    if texts.is_empty() { Err(empty()) } else { Ok(texts) }
}

/// The texts of the prompt, what came before it included.
pub(crate) fn texts(request: &PromptRequest) -> Result<Vec<Item<'_>>, Fault> {
    let asked: &[Message] = match &request.prompt {
        Prompt::Messages(messages) => messages,
        Prompt::Tokens(_) => return Err(no_place_for_ids()),
        _ => &[],
    };
    let mut texts = Vec::new();
    for message in request.history.iter().chain(asked) {
        for item in items(message)? {
            texts.push(only_text(item)?);
        }
    }
    match &request.prompt {
        Prompt::Text(text) => texts.push(Item::Text(text.into())),
        Prompt::Inputs(inputs) => {
            for parts in inputs {
                texts.extend(of_parts(parts)?);
            }
        }
        Prompt::Ranking(Ranking { query, .. }) => texts.extend(of_parts(query)?),
        _ => {}
    }
    if texts.is_empty() { Err(empty()) } else { Ok(texts) }
}

fn only_text(item: Item<'_>) -> Result<Item<'_>, Fault> {
    let what = match &item {
        Item::Text(_) | Item::Held(_) => return Ok(item),
        Item::Media(media) => &media.mime,
        Item::Link(link) => &link.url,
        Item::Other(kind) => kind,
    };
    Err(Fault::Unsupported(format!(
        "a text prompt holds no {what}: give a --url that ends in /chat/completions"
    )))
}

fn empty() -> Fault {
    Fault::Input("its messages are empty: give one of them a `content`".into())
}

/// The content of the last message, as its parts or as it was written.
fn write_last(body: &mut Body, last: &Message) -> Result<(), Fault> {
    if !last.parts.is_empty() {
        return write_content(body, last);
    }
    let written = written(last)?.ok_or_else(empty)?;
    body.raw(written.to_string().as_bytes());
    Ok(())
}

fn write_messages(body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
    body.raw(b"[");
    for message in &request.history {
        body.comma();
        write_message(body, message)?;
    }
    match &request.prompt {
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
    let extra = extra_members(&message.extra, FURTHER)?;
    // A message of tool calls alone, or one whose content is in `extra`, has no parts.
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

/// What is between the braces of an `extra`.
fn extra_members<'e>(extra: &'e str, what: &str) -> Result<&'e str, Fault> {
    let extra = extra.trim();
    if extra.is_empty() {
        return Ok("");
    }
    let inside = extra.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.map(str::trim).ok_or_else(|| Fault::Input(format!("{what}: not a JSON object")))
}

fn write_content(body: &mut Body, message: &Message) -> Result<(), Fault> {
    if let [part @ (Part::Text(_) | Part::HeldText(_))] = message.parts.as_slice() {
        body.texts(&[item(part)]);
        return Ok(());
    }
    body.raw(b"[");
    for (index, part) in message.parts.iter().enumerate() {
        if index > 0 {
            body.raw(b",");
        }
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
    Err(Fault::Unsupported(format!("the openai API takes images, not {mime}: use another --api")))
}
