//! Messages and prompts that guests give. Strings and bytes are moved, not copied.

use crate::bindings::bulk::loadwright::plugin::types;
use crate::invalid::Invalid;
use loadwright_core::conversation::{Link, Media, Message, Part, Prompt};
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::HashMap;

pub(super) fn pairs(fields: Vec<types::FieldResult>) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}

/// Messages in the core's types.
///
/// # Errors
/// A part is text that only the host holds.
pub(crate) fn messages(messages: Vec<types::MessageResult>) -> Result<Vec<Message>, Invalid> {
    messages.into_iter().map(message).collect()
}

pub(super) fn message(message: types::MessageResult) -> Result<Message, Invalid> {
    object(&message.extra, "a message")?;
    Ok(Message { role: message.role, parts: parts(message.parts)?, extra: message.extra })
}

fn parts(parts: Vec<types::PartResult>) -> Result<Vec<Part>, Invalid> {
    parts.into_iter().map(part).collect()
}

fn part(part: types::PartResult) -> Result<Part, Invalid> {
    Ok(match part {
        types::PartResult::Text(text) => Part::Text(text),
        types::PartResult::Media(types::MediaResult { index, mime, size, extra }) => {
            Part::Media(Media { index, mime, size, extra })
        }
        types::PartResult::Link(types::LinkResult { mime, url }) => Part::Link(Link { mime, url }),
        types::PartResult::HeldText(_) => {
            return Err(Invalid::new("a part is held text, which only the host makes"));
        }
    })
}

pub(super) fn prompt(prompt: types::PromptResult) -> Result<Prompt, Invalid> {
    let lists = |lists: Vec<_>| lists.into_iter().map(parts).collect::<Result<Vec<_>, _>>();
    Ok(match prompt {
        types::PromptResult::Messages(list) => Prompt::Messages(messages(list)?),
        types::PromptResult::Text(text) => Prompt::Text(text),
        types::PromptResult::Tokens(tokens) => Prompt::Tokens(tokens),
        types::PromptResult::Inputs(inputs) => Prompt::Inputs(lists(inputs)?),
        types::PromptResult::Ranking(types::RankingResult { query, documents }) => {
            Prompt::Ranking { query: parts(query)?, documents: lists(documents)? }
        }
        types::PromptResult::Body(body) => {
            serde_json::from_str::<IgnoredAny>(&body)
                .map_err(|error| Invalid(format!("the body is not JSON: {error}")))?;
            Prompt::Body(body)
        }
        types::PromptResult::Custom(types::CustomResult { kind, data }) => {
            Prompt::Custom { kind, data }
        }
    })
}

/// Checks an open member that is passed on.
///
/// # Errors
/// It is not a JSON object.
pub(super) fn object(extra: &str, of: &str) -> Result<(), Invalid> {
    if extra.is_empty() {
        return Ok(());
    }
    serde_json::from_str::<HashMap<Cow<'_, str>, IgnoredAny>>(extra)
        .map(drop)
        .map_err(|error| Invalid(format!("`extra` of {of} is not a JSON object: {error}")))
}

/// Checks an open member, none of whose members is defined yet.
///
/// # Errors
/// It is not a JSON object, or has a member.
pub(crate) fn no_members(extra: &str, of: &str) -> Result<(), Invalid> {
    if extra.trim().is_empty() {
        return Ok(());
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(extra)
        .map_err(|error| Invalid(format!("`extra` of {of} is not a JSON object: {error}")))?;
    match object.keys().next() {
        None => Ok(()),
        Some(name) => Err(Invalid(format!("`extra` of {of} has the unknown member `{name}`"))),
    }
}
