//! Converts prompts to token ids for `--tokenize-prompt`, as a completions endpoint would convert
//! their text. A prompt that is not only text is refused, so that none is sent in part.

use loadwright_core::conversation::{Message, Part, Prompt};
use loadwright_core::ports::{Fault, Tokenizer};

/// The ids of the history and `prompt`, one line per text part.
///
/// # Errors
/// There is no tokenizer, it cannot encode the text, or there is something other than text.
pub(super) fn of(
    tokenizer: Option<&dyn Tokenizer>,
    history: &[Message],
    prompt: Prompt,
) -> Result<Prompt, Fault> {
    let Some(tokenizer) = tokenizer else {
        let text = "--tokenize-prompt converts text to token ids; give --tokenizer-path";
        return Err(Fault::Settings(text.into()));
    };
    let mut lines = Vec::new();
    add(&mut lines, history)?;
    match &prompt {
        Prompt::Text(text) => lines.push(text.as_str()),
        Prompt::Messages(messages) => add(&mut lines, messages)?,
        Prompt::Tokens(_) if history.is_empty() => return Ok(prompt),
        Prompt::Tokens(_) => {
            return Err(refused("a later turn that consists of token ids already"));
        }
        Prompt::Inputs(_) => return Err(refused("a request of several inputs")),
        Prompt::Ranking { .. } => return Err(refused("a query with documents")),
        Prompt::Body(_) => return Err(refused("a recorded whole body")),
        Prompt::Custom { kind, .. } => return Err(refused(&format!("a prompt of kind `{kind}`"))),
    }
    tokenizer.encode_prompt(&lines.join("\n")).map(Prompt::Tokens)
}

/// Adds the text parts of `messages`.
fn add<'m>(lines: &mut Vec<&'m str>, messages: &'m [Message]) -> Result<(), Fault> {
    for message in messages {
        if !message.extra.is_empty() {
            return Err(refused("a message that is more than text"));
        }
        for part in &message.parts {
            match part {
                Part::Text(text) => lines.push(text),
                Part::Media(media) => {
                    return Err(refused(&format!("a prompt with {}", media.mime)));
                }
                Part::Link(_) => return Err(refused("a prompt with a link")),
            }
        }
    }
    Ok(())
}

fn refused(what: &str) -> Fault {
    Fault::Unsupported(format!(
        "{what} cannot be converted to token ids; leave out --tokenize-prompt"
    ))
}

#[cfg(test)]
mod tests;
