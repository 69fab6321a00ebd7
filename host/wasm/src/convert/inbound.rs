//! Guests' results as the core's types. Strings and bytes are moved, not copied.

use crate::bindings::bulk::exports::loadwright::plugin::{dataset, protocol};
use crate::bindings::bulk::loadwright::plugin::types;
use crate::bindings::identity::loadwright::plugin::types as plain;
use loadwright_core::conversation::{Content, Conversation, Media, Message, Part, Prompt, Turn};
use loadwright_core::ports::Fault;
use loadwright_core::reading::{Channel, Piece, ReadingPlan, Reply, Rule, Usage};
use loadwright_core::request::{Encoding, Head, Segment, Template};

macro_rules! fault {
    ($module:ident) => {
        impl From<$module::Fault> for Fault {
            fn from(fault: $module::Fault) -> Self {
                match fault {
                    $module::Fault::Settings(text) => Self::Settings(text.into()),
                    $module::Fault::Input(text) => Self::Input(text),
                    $module::Fault::Unsupported(text) => Self::Unsupported(text),
                    $module::Fault::Transient(text) => Self::Transient(text),
                    $module::Fault::Fatal(text) => Self::Fatal(text),
                }
            }
        }
    };
}

fault!(types);
fault!(plain);

fn pairs(fields: Vec<types::FieldResult>) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}

fn all<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(U::from).collect()
}

impl From<protocol::Request> for Template {
    fn from(request: protocol::Request) -> Self {
        let protocol::Request { method, path, headers, body } = request;
        Self { head: Head { method, path, headers: pairs(headers) }, body: all(body) }
    }
}

impl From<protocol::Segment> for Segment {
    fn from(segment: protocol::Segment) -> Self {
        match segment {
            protocol::Segment::Bytes(bytes) => Self::Bytes(bytes),
            protocol::Segment::Media(protocol::Splice { slot, encoding }) => {
                let encoding = match encoding {
                    protocol::Encoding::Raw => Encoding::Raw,
                    protocol::Encoding::Base64 => Encoding::Base64,
                    protocol::Encoding::DataUrl => Encoding::DataUrl,
                };
                Self::Media { slot, encoding }
            }
        }
    }
}

impl From<protocol::Rule> for Rule {
    fn from(rule: protocol::Rule) -> Self {
        Self { at: rule.at, when: rule.when.map(|field| (field.name, field.value)) }
    }
}

impl From<protocol::ReadingPlan> for ReadingPlan {
    fn from(plan: protocol::ReadingPlan) -> Self {
        Self {
            done: plan.done,
            output: all(plan.output),
            reasoning: all(plan.reasoning),
            tool_calls: all(plan.tool_calls),
            frame_tokens: all(plan.frame_tokens),
            finish_reason: all(plan.finish_reason),
            input_tokens: all(plan.input_tokens),
            output_tokens: all(plan.output_tokens),
            cached_tokens: all(plan.cached_tokens),
            reasoning_tokens: all(plan.reasoning_tokens),
            accepted_tokens: all(plan.accepted_tokens),
            rejected_tokens: all(plan.rejected_tokens),
            error: all(plan.error),
        }
    }
}

impl From<protocol::Piece> for Piece {
    fn from(piece: protocol::Piece) -> Self {
        let channel = match piece.channel {
            protocol::Channel::Output => Channel::Output,
            protocol::Channel::Reasoning => Channel::Reasoning,
            protocol::Channel::ToolCall => Channel::ToolCall,
        };
        Self { frame: piece.frame, channel, text: piece.text, tokens: piece.tokens }
    }
}

impl From<protocol::Usage> for Usage {
    fn from(usage: protocol::Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cached_tokens: usage.cached_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            accepted_tokens: usage.accepted_tokens,
            rejected_tokens: usage.rejected_tokens,
        }
    }
}

impl From<protocol::Reply> for Reply {
    fn from(reply: protocol::Reply) -> Self {
        Self {
            pieces: all(reply.pieces),
            usage: reply.usage.into(),
            finish_reason: reply.finish_reason,
            message: reply.message.map(Message::from),
            error: reply.error,
        }
    }
}

impl From<types::MessageResult> for Message {
    fn from(message: types::MessageResult) -> Self {
        Self { role: message.role, parts: all(message.parts), extra: message.extra }
    }
}

impl From<types::PartResult> for Part {
    fn from(part: types::PartResult) -> Self {
        match part {
            types::PartResult::Text(text) => Self::Text(text),
            types::PartResult::Media(types::MediaResult { slot, mime, size }) => {
                Self::Media(Media { slot, mime, size })
            }
        }
    }
}

impl From<types::PromptResult> for Prompt {
    fn from(prompt: types::PromptResult) -> Self {
        match prompt {
            types::PromptResult::Messages(messages) => Self::Messages(all(messages)),
            types::PromptResult::Text(text) => Self::Text(text),
            types::PromptResult::Tokens(tokens) => Self::Tokens(tokens),
            types::PromptResult::Inputs(inputs) => Self::Inputs(inputs),
            types::PromptResult::Ranking(types::RankingResult { query, documents }) => {
                Self::Ranking { query, documents }
            }
            types::PromptResult::Body(body) => Self::Body(body),
        }
    }
}

impl From<dataset::Content> for Content {
    fn from(content: dataset::Content) -> Self {
        Self { mime: content.mime, bytes: content.bytes.into() }
    }
}

impl From<dataset::Turn> for Turn {
    fn from(turn: dataset::Turn) -> Self {
        Self {
            prompt: turn.prompt.into(),
            media: all(turn.media),
            input_tokens: turn.input_tokens,
            max_tokens: turn.max_tokens,
            min_tokens: turn.min_tokens,
            pause: turn.pause,
            headers: pairs(turn.headers),
        }
    }
}

impl From<dataset::Conversation> for Conversation {
    fn from(conversation: dataset::Conversation) -> Self {
        let dataset::Conversation { id, due, turns } = conversation;
        Self { id, scheduled: due, turns: all(turns) }
    }
}
