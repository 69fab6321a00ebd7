//! Messages and prompts of any bytes.

use super::given::Given;
use crate::bindings::bulk::loadwright::plugin::types;

pub(super) fn field(given: &mut Given<'_>) -> types::FieldResult {
    types::FieldResult { name: given.text(), value: given.text() }
}

pub(super) fn message(given: &mut Given<'_>) -> types::MessageResult {
    types::MessageResult { role: given.text(), parts: given.list(part), extra: given.text() }
}

fn part(given: &mut Given<'_>) -> types::PartResult {
    match given.byte() % 8 {
        0..=3 => types::PartResult::Text(given.text()),
        4 | 5 => types::PartResult::Media(types::MediaResult {
            index: given.count(),
            mime: given.text(),
            size: given.count(),
            extra: given.text(),
        }),
        6 => types::PartResult::Link(types::LinkResult { mime: given.text(), url: given.text() }),
        _ => types::PartResult::HeldText(types::HeldText {
            index: given.count(),
            size: given.count(),
        }),
    }
}

fn parts(given: &mut Given<'_>) -> Vec<types::PartResult> {
    given.list(part)
}

pub(super) fn prompt(given: &mut Given<'_>) -> types::PromptResult {
    match given.byte() % 7 {
        0 => types::PromptResult::Messages(given.list(message)),
        1 => types::PromptResult::Text(given.text()),
        2 => types::PromptResult::Tokens(given.list(Given::count)),
        3 => types::PromptResult::Inputs(given.list(parts)),
        4 => types::PromptResult::Ranking(types::RankingResult {
            query: parts(given),
            documents: given.list(parts),
        }),
        5 => types::PromptResult::Body(given.text()),
        _ => types::PromptResult::Custom(types::CustomResult {
            kind: given.text(),
            data: given.text(),
        }),
    }
}
