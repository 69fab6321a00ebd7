//! Conversations that a dataset generates. Media that it names in files are read here, so that the
//! rest of the host sees bytes alone.

use super::inbound::{message, no_members, object, pairs, prompt};
use crate::bindings::bulk::exports::loadwright::plugin::dataset;
use crate::files::{CellAt, FileSet, Range};
use crate::invalid::Invalid;
use loadwright_core::conversation::{Content, Conversation, Media, Message, Part, Turn};
use loadwright_core::labels::Labels;

/// The longest pause or scheduled time, in seconds: ten years, which whole nanoseconds hold.
const MAX_SECONDS: f64 = 315_360_000.0;

/// Bytes of a conversation's name at most: it is in every record of it.
const MAX_NAME: usize = 1024;

/// Turns of a conversation at most.
const MAX_TURNS: usize = 100_000;

/// The conversation in the core's types.
///
/// # Errors
/// Its name is too long, a time is not one, a turn follows one that is not before it or names media that it does not have,
/// a label is not one, or a file cannot be read.
pub(crate) fn conversation(
    conversation: dataset::Conversation,
    files: &FileSet,
) -> Result<Conversation, Invalid> {
    let dataset::Conversation { id, scheduled, turns, labels, extra } = conversation;
    no_members(&extra, "the conversation")?;
    if id.len() > MAX_NAME {
        let text = format!("a name of {} bytes; {MAX_NAME} are allowed", id.len());
        return Err(Invalid(text));
    }
    if turns.len() > MAX_TURNS {
        let text = format!("a conversation of {} turns; {MAX_TURNS} are allowed", turns.len());
        return Err(Invalid(text));
    }
    let scheduled = scheduled.map(|at| seconds(at, "its scheduled time")).transpose()?;
    let labels = Labels::parse(&labels).map_err(|bad| Invalid(bad.to_string()))?;
    let turns = turns.into_iter().enumerate().map(|(number, turn)| self::turn(number, turn, files));
    Ok(Conversation { id, scheduled, turns: turns.collect::<Result<_, _>>()?, labels })
}

fn turn(number: usize, turn: dataset::Turn, files: &FileSet) -> Result<Turn, Invalid> {
    let time = |at: f64, what: &str| seconds(at, &format!("{what} of turn {number}"));
    if let Some(bad) = turn.after.iter().find(|before| **before as usize >= number) {
        let text = format!("turn {number} follows turn {bad}, which is not before it");
        return Err(Invalid(text));
    }
    object(&turn.extra, "a turn")?;
    let media: Vec<_> =
        turn.media.into_iter().map(|it| content(it, files)).collect::<Result<_, _>>()?;
    let prompt = prompt(turn.prompt)?;
    let reply = turn.reply.map(message).transpose()?;
    let mut named = prompt.media().chain(reply.iter().flat_map(media_of));
    if let Some(bad) = named.find(|part| part.index as usize >= media.len()) {
        let text =
            format!("turn {number} names media {}, but has {} of them", bad.index, media.len());
        return Err(Invalid(text));
    }
    drop(named);
    Ok(Turn {
        prompt,
        media,
        input_tokens: turn.input_tokens,
        max_tokens: turn.max_tokens,
        min_tokens: turn.min_tokens,
        pause: time(turn.pause, "the pause")?,
        scheduled: turn.scheduled.map(|at| time(at, "the scheduled time")).transpose()?,
        after: turn.after,
        reply,
        headers: pairs(turn.headers),
        extra: turn.extra,
    })
}

fn media_of<'a>(message: &'a Message) -> impl Iterator<Item = &'a Media> {
    let media = |part: &'a Part| if let Part::Media(media) = part { Some(media) } else { None };
    message.parts.iter().filter_map(media)
}

fn seconds(value: f64, what: &str) -> Result<f64, Invalid> {
    if (0.0..=MAX_SECONDS).contains(&value) {
        return Ok(value);
    }
    let text = format!("{what} is {value:?} s; it must be from 0 to {MAX_SECONDS} s");
    Err(Invalid(text))
}

fn content(content: dataset::Content, files: &FileSet) -> Result<Content, Invalid> {
    let dataset::Content { mime, source, extra } = content;
    object(&extra, "media")?;
    let bytes = match source {
        dataset::Source::Bytes(bytes) => bytes,
        dataset::Source::File(dataset::FileRange { name, offset, length }) => {
            files.range(&Range { name: &name, offset, length }).map_err(Invalid)?
        }
        dataset::Source::Cell(dataset::Cell { name, at, row, column }) => {
            let cell = CellAt { name: &name, at: &at, row, column: &column };
            files.cell(&cell).map_err(Invalid)?
        }
    };
    Ok(Content { mime, bytes: bytes.into(), extra })
}

#[cfg(test)]
mod tests;
