//! The reading plan that an API plugin returns. Its words are open: one that this host does not know
//! is an error that names it.

use super::inbound::no_members;
use crate::bindings::bulk::exports::loadwright::plugin::api;
use crate::invalid::Invalid;
use loadwright_core::reading::{
    Channel, Condition, CountKind, Fold, Guard, Modes, NextMessage, Payload, PlanFraming,
    ReadingPlan, Rule, RuleKind,
};
use loadwright_core::service::ServiceMetric;

/// A word of a plan that this host does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}`; choose from {known}")]
pub(crate) struct UnknownWord {
    what: &'static str,
    word: String,
    known: String,
}

/// The plan in the core's types.
///
/// # Errors
/// A word of it is unknown, or it reads a metric that the manifest has not `declared`.
pub(crate) fn reading_plan(
    plan: api::ReadingPlan,
    declared: &[ServiceMetric],
) -> Result<ReadingPlan, Invalid> {
    no_members(&plan.extra, "the reading plan")?;
    let plan = words(plan);
    let plan = plan.map_err(|error| Invalid(format!("its reading plan has the {error}")))?;
    let mut metrics = plan.rules.iter().filter_map(|rule| match &rule.kind {
        RuleKind::Metric(name) => Some(name),
        _ => None,
    });
    match metrics.find(|name| !declared.iter().any(|metric| metric.name == **name)) {
        None => Ok(plan),
        Some(name) => Err(Invalid(format!(
            "its reading plan has the metric `{name}`, which its manifest does not declare"
        ))),
    }
}

fn words(plan: api::ReadingPlan) -> Result<ReadingPlan, UnknownWord> {
    const FRAMINGS: [(&str, PlanFraming); 5] = [
        ("by-type", PlanFraming::ByType),
        ("sse", PlanFraming::Sse),
        ("lines", PlanFraming::Lines),
        ("json-array", PlanFraming::JsonArray),
        ("whole", PlanFraming::Whole),
    ];
    const PAYLOADS: [(&str, Payload); 3] =
        [("json", Payload::Json), ("text", Payload::Text), ("opaque", Payload::Opaque)];
    const NEXT: [(&str, NextMessage); 2] =
        [("text", NextMessage::Text), ("decode", NextMessage::Decode)];
    Ok(ReadingPlan {
        framing: word("framing", &plan.framing, &FRAMINGS)?,
        payload: word("payload", &plan.payload, &PAYLOADS)?,
        done: plan.done,
        rules: plan.rules.into_iter().map(rule).collect::<Result<_, _>>()?,
        next: word("next", &plan.next, &NEXT)?,
    })
}

fn rule(rule: api::Rule) -> Result<Rule, UnknownWord> {
    let mut modes = Modes::default();
    for mode in &rule.modes {
        match mode.as_str() {
            "so-far" => modes.so_far = true,
            "every" => modes.every = true,
            "one-each" => modes.one_each = true,
            "sum" => modes.sum = true,
            "sum-frames" => modes.fold = Fold::SumFrames,
            "largest" => modes.fold = Fold::Largest,
            _ => {
                const MODES: [&str; 6] =
                    ["so-far", "every", "sum", "sum-frames", "largest", "one-each"];
                return Err(unknown("mode", mode, &MODES));
            }
        }
    }
    let when = rule.when.into_iter().map(|guard| Guard {
        at: guard.at,
        condition: match guard.condition {
            api::Condition::Equals(text) => Condition::Equals(text),
            api::Condition::Present => Condition::Present,
            api::Condition::Absent => Condition::Absent,
        },
    });
    Ok(Rule { kind: kind(&rule.kind)?, at: rule.at, when: when.collect(), modes })
}

fn kind(text: &str) -> Result<RuleKind, UnknownWord> {
    if let Some(name) = text.strip_prefix("metric:") {
        return Ok(RuleKind::Metric(name.to_owned()));
    }
    if let Some(name) = text.strip_prefix("count:") {
        return word("count", name, &CountKind::ALL).map(RuleKind::Count);
    }
    const KINDS: [(&str, RuleKind); 8] = [
        ("output", RuleKind::Text(Channel::Output)),
        ("reasoning", RuleKind::Text(Channel::Reasoning)),
        ("tool-call", RuleKind::Text(Channel::ToolCall)),
        ("result", RuleKind::Text(Channel::Result)),
        ("tokens", RuleKind::Tokens),
        ("finish", RuleKind::Finish),
        ("end", RuleKind::End),
        ("error", RuleKind::Error),
    ];
    word("kind of rule", text, &KINDS)
}

/// The channel called `text`.
///
/// # Errors
/// There is none.
pub(super) fn channel(text: &str) -> Result<Channel, UnknownWord> {
    const CHANNELS: [(&str, Channel); 4] = [
        ("output", Channel::Output),
        ("reasoning", Channel::Reasoning),
        ("tool-call", Channel::ToolCall),
        ("result", Channel::Result),
    ];
    word("channel", text, &CHANNELS)
}

fn word<T: Clone>(what: &'static str, text: &str, known: &[(&str, T)]) -> Result<T, UnknownWord> {
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    found.ok_or_else(|| unknown(what, text, &names))
}

fn unknown(what: &'static str, text: &str, known: &[&str]) -> UnknownWord {
    let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    UnknownWord { what, word: text.to_owned(), known }
}

#[cfg(test)]
mod tests;
