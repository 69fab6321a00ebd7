//! Writes what differs from request to request: messages, text, token ids, inputs, a ranking.

use loadwright_plugin::body::Body;
use loadwright_plugin::content::{empty, texts, texts_of};
use loadwright_plugin::{Fault, Part, Prompt, PromptRequest, chat};

/// What a place takes of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The chat messages.
    Messages,
    /// The content of the last message.
    Content,
    /// Text, several texts, or token ids.
    Plain,
    /// Messages, text, several texts or token ids, as the prompt is.
    Whole,
    /// The query of a ranking.
    Query,
    /// The documents of a ranking.
    Documents,
}

impl Place {
    /// The place that the member `key` is.
    pub(crate) fn of(key: &str) -> Self {
        match key {
            "messages" => Self::Messages,
            "content" => Self::Content,
            "prompt" | "input" => Self::Plain,
            "query" => Self::Query,
            "documents" | "texts" => Self::Documents,
            _ => Self::Whole,
        }
    }
}

/// Writes the request's prompt as its place needs it.
pub(crate) fn write(body: &mut Body, place: Place, request: &PromptRequest) -> Result<(), Fault> {
    match (place, &request.prompt) {
        (Place::Plain | Place::Whole, Prompt::Tokens(ids)) => write_ids(body, ids),
        (Place::Plain | Place::Whole, Prompt::Inputs(inputs)) => write_inputs(body, inputs)?,
        (Place::Query, Prompt::Ranking(it)) => body.texts(&texts_of(&it.query)?),
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
            Some(last) => chat::content(body, last)?,
            None => return Err(empty()),
        },
        _ => chat::messages(body, request)?,
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
        body.texts(&texts_of(parts)?);
    }
    body.raw(b"]");
    Ok(())
}

/// The texts of a prompt, for a string that contains it.
pub(crate) fn write_inside(body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
    if matches!(request.prompt, Prompt::Tokens(_)) {
        return Err(no_place_for_ids());
    }
    body.inside_texts(&texts(request)?);
    Ok(())
}
