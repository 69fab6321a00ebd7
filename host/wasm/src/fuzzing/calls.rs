//! What an API plugin returns, of any bytes: plans, requests and replies.

use super::conversations;
use super::given::Given;
use super::prompts::{field, message};
use crate::bindings::bulk::exports::loadwright::plugin::api;
use crate::convert::{self, Outbound};
use crate::formatting::Formatting;
use bumpalo::Bump;
use loadwright_core::conversation::Content;
use loadwright_core::reading::{ReadingPlan, RuleKind};
use loadwright_core::request::{PromptRequest, Segment, Template};
use loadwright_core::service::{ServiceKind, ServiceMetric};

/// The reading plan that `bytes` make, if it is accepted.
pub fn plan(bytes: &[u8]) -> Option<ReadingPlan> {
    let given = &mut Given::new(bytes);
    let plan = api::ReadingPlan {
        framing: given.text(),
        payload: given.text(),
        next: given.text(),
        done: given.list(Given::text),
        rules: given.list(rule),
        extra: given.text(),
    };
    let rules = plan.rules.len();
    let declared = ServiceMetric {
        name: "queue".into(),
        unit: "s".into(),
        kind: ServiceKind::Time,
        label: "Queue".into(),
    };
    let plan = convert::reading_plan(plan, &[declared]).ok()?;
    assert_eq!(plan.rules.len(), rules);
    let metrics = plan.rules.iter().filter_map(|rule| match &rule.kind {
        RuleKind::Metric(name) => Some(name),
        _ => None,
    });
    assert!(metrics.into_iter().all(|name| name == "queue"));
    Some(plan)
}

fn rule(given: &mut Given<'_>) -> api::Rule {
    api::Rule {
        kind: given.text(),
        at: given.text(),
        when: given.list(guard),
        modes: given.list(Given::text),
    }
}

fn guard(given: &mut Given<'_>) -> api::Guard {
    let at = given.text();
    let condition = match given.byte() % 3 {
        0 => api::Condition::Equals(given.text()),
        1 => api::Condition::Present,
        _ => api::Condition::Absent,
    };
    api::Guard { at, condition }
}

/// Takes or refuses the reply that `bytes` make.
pub fn reply(bytes: &[u8]) {
    let given = &mut Given::new(bytes);
    let reply = api::Reply {
        pieces: given.list(piece),
        counts: given.list(quantity),
        metrics: given.list(quantity),
        finish_reason: given.option(Given::text),
        message: given.option(message),
        error: given.option(Given::text),
        extra: given.text(),
    };
    let counts = reply.counts.clone();
    let Ok(mut accepted) = convert::reply(reply) else { return };
    assert!(accepted.metrics.iter().all(|(_, value)| value.is_finite()));
    for (name, kind) in loadwright_core::reading::CountKind::ALL {
        let last = counts.iter().rfind(|count| count.name == name).map(|count| count.value);
        assert_eq!(accepted.usage.count_mut(kind).map(f64::from), last);
    }
}

fn piece(given: &mut Given<'_>) -> api::Piece {
    api::Piece {
        frame: given.count(),
        channel: given.text(),
        text: given.text(),
        tokens: given.option(Given::count),
    }
}

fn quantity(given: &mut Given<'_>) -> api::Quantity {
    api::Quantity { name: given.text(), value: given.number() }
}

/// Passes the prompts of the conversation that `bytes` make to a guest, in each way of formatting, and
/// fills what it could return.
pub fn request(bytes: &[u8]) {
    let given = &mut Given::new(bytes);
    let returned = api::Request {
        method: given.text(),
        path: given.option(Given::text),
        headers: given.list(field),
        body: given.list(segment),
        extra: given.text(),
    };
    let choice = given.byte();
    let formatting = Formatting { held_text: choice & 1 == 1, reuse_by_shape: choice & 2 == 2 };
    let (index, turn) = (given.count(), given.count());
    let Ok(formatted) = convert::formatted(returned) else { return };
    let Some(conversation) = conversations::accepted(given) else { return };
    for from in conversation.turns {
        let mut request = PromptRequest::new(from.prompt);
        request.index = index;
        request.turn = turn;
        request.conversation.clone_from(&conversation.id);
        request.history.extend(from.reply);
        request.extra = from.extra;
        let arena = Bump::new();
        let (_, held) = Outbound { arena: &arena, formatting }.request(&request);
        if let Ok(template) = formatted.fill(&request, &held) {
            check(template, &from.media);
        }
    }
}

fn segment(given: &mut Given<'_>) -> api::Segment {
    match given.byte() % 4 {
        0 => api::Segment::Bytes(given.bytes().to_vec()),
        1 => api::Segment::Media(insertion(given)),
        2 => api::Segment::Text(insertion(given)),
        _ => api::Segment::Placeholder(given.text()),
    }
}

fn insertion(given: &mut Given<'_>) -> api::Insertion {
    let encoding = match given.byte() % 4 {
        0 => api::Encoding::Raw,
        1 => api::Encoding::Base64,
        2 => api::Encoding::DataUrl,
        _ => api::Encoding::JsonString,
    };
    api::Insertion { index: given.count(), encoding }
}

/// Bytes are joined; media that are not there are refused.
fn check(template: Template, media: &[Content]) {
    let bytes = |segment: &Segment| matches!(segment, Segment::Bytes(_));
    assert!(!template.body.windows(2).any(|two| two.iter().all(bytes)));
    let known = |segment: &Segment| match segment {
        Segment::Bytes(bytes) => !bytes.is_empty(),
        Segment::Media { index, .. } => (*index as usize) < media.len(),
    };
    let all_known = template.body.iter().all(known);
    assert_eq!(template.fill(media).is_ok(), all_known);
}
