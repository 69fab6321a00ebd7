//! Guests' arguments, borrowed from the core's types: the only copy of a prompt is the one into the
//! guest's memory. Lists of borrowed values live in an arena that the next call reuses.

use crate::bindings::bulk::exports::loadwright::plugin::api::{Exchange, Frame, PromptRequest};
use crate::bindings::bulk::loadwright::plugin::types::{
    CustomParam, FieldParam, LinkParam, MediaParam, MessageParam, PartParam, PromptParam,
    RankingParam,
};
use crate::formatting::Formatting;
use crate::held::HeldTexts;
use bumpalo::Bump;
use loadwright_core::conversation::{Message, Part, Prompt};
use loadwright_core::{reading, request};

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

/// Builds the arguments of `format`.
#[derive(Clone, Copy)]
pub(crate) struct Outbound<'a> {
    pub(crate) arena: &'a Bump,
    pub(crate) formatting: Formatting,
}

impl<'a> Outbound<'a> {
    /// One request, and its texts that stay in the host.
    pub(crate) fn request(
        self,
        request: &'a request::PromptRequest,
    ) -> (PromptRequest<'a>, HeldTexts<'a>) {
        let mut held = HeldTexts::new(self.formatting);
        let shared = self.formatting.reuse_by_shape;
        let param = PromptRequest {
            index: if shared { 0 } else { request.index },
            turn: if shared { 0 } else { request.turn },
            conversation: if shared { "{{conversation}}" } else { &request.conversation },
            history: self.messages(&request.history, &mut held),
            prompt: self.prompt(&request.prompt, &mut held),
            max_tokens: request.max_tokens,
            min_tokens: request.min_tokens,
            extra: &request.extra,
        };
        (param, held)
    }

    fn messages(self, messages: &'a [Message], held: &mut HeldTexts<'a>) -> &'a [MessageParam<'a>] {
        self.arena.alloc_slice_fill_iter(messages.iter().map(|message| MessageParam {
            role: &message.role,
            parts: self.parts(&message.parts, held),
            extra: &message.extra,
        }))
    }

    fn parts(self, parts: &'a [Part], held: &mut HeldTexts<'a>) -> &'a [PartParam<'a>] {
        self.arena.alloc_slice_fill_iter(parts.iter().map(|part| self.part(part, held)))
    }

    fn lists(self, lists: &'a [Vec<Part>], held: &mut HeldTexts<'a>) -> &'a [&'a [PartParam<'a>]] {
        self.arena.alloc_slice_fill_iter(lists.iter().map(|list| self.parts(list, held)))
    }

    fn part(self, part: &'a Part, held: &mut HeldTexts<'a>) -> PartParam<'a> {
        match part {
            Part::Text(text) => match held.hold(text) {
                Some(text) => PartParam::HeldText(text),
                None => PartParam::Text(text),
            },
            Part::Media(media) => PartParam::Media(MediaParam {
                index: media.index,
                mime: &media.mime,
                size: if self.formatting.reuse_by_shape { 0 } else { media.size },
                extra: &media.extra,
            }),
            Part::Link(link) => PartParam::Link(LinkParam { mime: &link.mime, url: &link.url }),
        }
    }

    fn prompt(self, prompt: &'a Prompt, held: &mut HeldTexts<'a>) -> PromptParam<'a> {
        match prompt {
            Prompt::Messages(list) => PromptParam::Messages(self.messages(list, held)),
            Prompt::Text(text) => PromptParam::Text(text),
            Prompt::Tokens(tokens) => PromptParam::Tokens(tokens),
            Prompt::Inputs(inputs) => PromptParam::Inputs(self.lists(inputs, held)),
            Prompt::Ranking { query, documents } => PromptParam::Ranking(RankingParam {
                query: self.parts(query, held),
                documents: self.lists(documents, held),
            }),
            Prompt::Body(body) => PromptParam::Body(body),
            Prompt::Custom { kind, data } => PromptParam::Custom(CustomParam { kind, data }),
        }
    }
}
