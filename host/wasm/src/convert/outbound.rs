//! Guests' arguments, borrowed from the core's types: the only copy of a prompt is the one into the
//! guest's memory. Lists of borrowed values live in an arena that the next call reuses.

use crate::bindings::bulk::exports::loadwright::plugin::protocol::{Ask, Exchange};
use crate::bindings::bulk::loadwright::plugin::types::{
    FieldParam, MediaParam, MessageParam, PartParam, PromptParam, RankingParam,
};
use bumpalo::Bump;
use loadwright_core::conversation::{Message, Part, Prompt};
use loadwright_core::{reading, request};

/// The argument of `format`.
pub(crate) fn prompt_requests<'a>(
    arena: &'a Bump,
    requests: &'a [request::PromptRequest],
) -> &'a [Ask<'a>] {
    arena.alloc_slice_fill_iter(requests.iter().map(|request| Ask {
        history: messages(arena, &request.history),
        prompt: prompt(arena, &request.prompt),
        max_tokens: request.max_tokens,
        min_tokens: request.min_tokens,
    }))
}

/// The argument of `decode`.
pub(crate) fn exchanges<'a>(
    arena: &'a Bump,
    exchanges: &'a [reading::Exchange],
) -> &'a [Exchange<'a>] {
    arena.alloc_slice_fill_iter(exchanges.iter().map(|exchange| {
        let headers = exchange.headers.iter().map(|(name, value)| FieldParam { name, value });
        Exchange {
            status: exchange.status,
            headers: arena.alloc_slice_fill_iter(headers),
            frames: arena.alloc_slice_fill_iter(exchange.frames.iter().map(Vec::as_slice)),
        }
    }))
}

fn messages<'a>(arena: &'a Bump, messages: &'a [Message]) -> &'a [MessageParam<'a>] {
    arena.alloc_slice_fill_iter(messages.iter().map(|message| MessageParam {
        role: &message.role,
        parts: arena.alloc_slice_fill_iter(message.parts.iter().map(part)),
        extra: &message.extra,
    }))
}

fn part(part: &Part) -> PartParam<'_> {
    match part {
        Part::Text(text) => PartParam::Text(text),
        Part::Media(media) => {
            PartParam::Media(MediaParam { slot: media.slot, mime: &media.mime, size: media.size })
        }
    }
}

fn prompt<'a>(arena: &'a Bump, prompt: &'a Prompt) -> PromptParam<'a> {
    match prompt {
        Prompt::Messages(list) => PromptParam::Messages(messages(arena, list)),
        Prompt::Text(text) => PromptParam::Text(text),
        Prompt::Tokens(tokens) => PromptParam::Tokens(tokens),
        Prompt::Inputs(inputs) => PromptParam::Inputs(texts(arena, inputs)),
        Prompt::Ranking { query, documents } => {
            PromptParam::Ranking(RankingParam { query, documents: texts(arena, documents) })
        }
        Prompt::Body(body) => PromptParam::Body(body),
    }
}

fn texts<'a>(arena: &'a Bump, texts: &'a [String]) -> &'a [&'a str] {
    arena.alloc_slice_fill_iter(texts.iter().map(String::as_str))
}
