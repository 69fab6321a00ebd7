//! Guests' arguments, borrowed from the core's types: the only copy of a prompt is the one into the
//! guest's memory. Lists of borrowed values live in an arena that the next call reuses.

use crate::bindings::bulk::exports::loadwright::plugin::api::{Exchange, Frame, PromptRequest};
use crate::bindings::bulk::loadwright::plugin::types::{
    CustomParam, FieldParam, LinkParam, MediaParam, MessageParam, PartParam, PromptParam,
    RankingParam,
};
use bumpalo::Bump;
use loadwright_core::conversation::{Message, Part, Prompt};
use loadwright_core::{reading, request};

/// The argument of `format`.
pub(crate) fn prompt_requests<'a>(
    arena: &'a Bump,
    requests: &'a [request::PromptRequest],
) -> &'a [PromptRequest<'a>] {
    arena.alloc_slice_fill_iter(requests.iter().map(|request| PromptRequest {
        index: request.index,
        turn: request.turn,
        conversation: &request.conversation,
        history: messages(arena, &request.history),
        prompt: prompt(arena, &request.prompt),
        max_tokens: request.max_tokens,
        min_tokens: request.min_tokens,
        extra: &request.extra,
    }))
}

/// The argument of `decode`.
pub(crate) fn exchanges<'a>(
    arena: &'a Bump,
    exchanges: &'a [reading::Exchange],
) -> &'a [Exchange<'a>] {
    arena.alloc_slice_fill_iter(exchanges.iter().map(|exchange| {
        let headers = exchange.headers.iter().map(|(name, value)| FieldParam { name, value });
        let frames = exchange.frames.iter();
        let frames = frames.map(|frame| Frame { event: &frame.event, end: frame.end });
        Exchange {
            status: exchange.status,
            headers: arena.alloc_slice_fill_iter(headers),
            data: &exchange.data,
            frames: arena.alloc_slice_fill_iter(frames),
            extra: "",
        }
    }))
}

fn messages<'a>(arena: &'a Bump, messages: &'a [Message]) -> &'a [MessageParam<'a>] {
    arena.alloc_slice_fill_iter(messages.iter().map(|message| MessageParam {
        role: &message.role,
        parts: parts(arena, &message.parts),
        extra: &message.extra,
    }))
}

fn parts<'a>(arena: &'a Bump, parts: &'a [Part]) -> &'a [PartParam<'a>] {
    arena.alloc_slice_fill_iter(parts.iter().map(part))
}

fn part(part: &Part) -> PartParam<'_> {
    match part {
        Part::Text(text) => PartParam::Text(text),
        Part::Media(media) => PartParam::Media(MediaParam {
            index: media.index,
            mime: &media.mime,
            size: media.size,
            extra: &media.extra,
        }),
        Part::Link(link) => PartParam::Link(LinkParam { mime: &link.mime, url: &link.url }),
    }
}

fn prompt<'a>(arena: &'a Bump, prompt: &'a Prompt) -> PromptParam<'a> {
    let lists = |lists: &'a [Vec<Part>]| -> &'a [&'a [PartParam<'a>]] {
        arena.alloc_slice_fill_iter(lists.iter().map(|list| parts(arena, list)))
    };
    match prompt {
        Prompt::Messages(list) => PromptParam::Messages(messages(arena, list)),
        Prompt::Text(text) => PromptParam::Text(text),
        Prompt::Tokens(tokens) => PromptParam::Tokens(tokens),
        Prompt::Inputs(inputs) => PromptParam::Inputs(lists(inputs)),
        Prompt::Ranking { query, documents } => PromptParam::Ranking(RankingParam {
            query: parts(arena, query),
            documents: lists(documents),
        }),
        Prompt::Body(body) => PromptParam::Body(body),
        Prompt::Custom { kind, data } => PromptParam::Custom(CustomParam { kind, data }),
    }
}
