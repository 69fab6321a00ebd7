//! An oracle for the reader: a frame is parsed into a tree, and each rule is looked up in it on
//! its own, in the plan's order.

use loadwright_core::reading::{ReadingPlan, Rule, Usage};
use serde_json::Value;

/// What one frame says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) output: String,
    pub(crate) reasoning: String,
    pub(crate) tool_calls: String,
    pub(crate) is_tool_call: bool,
    pub(crate) tokens: Option<u32>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) error: Option<String>,
}

pub(crate) fn said(plan: &ReadingPlan, frame: &Value) -> Said {
    let texts = |rules: &[Rule]| {
        let of_rule = |found: Vec<&Value>| found.into_iter().filter_map(Value::as_str).collect();
        values(frame, rules).into_iter().map(of_rule).collect::<Vec<String>>()
    };
    let spelled = |rules: &[Rule]| texts(rules).into_iter().find(|text| !text.is_empty());
    let last =
        |rules: &[Rule]| values(frame, rules).into_iter().flatten().filter_map(count).next_back();
    Said {
        output: spelled(&plan.output).unwrap_or_default(),
        reasoning: spelled(&plan.reasoning).unwrap_or_default(),
        tool_calls: texts(&plan.tool_calls).concat(),
        is_tool_call: values(frame, &plan.tool_calls).into_iter().flatten().any(is_filled),
        tokens: values(frame, &plan.frame_tokens)
            .into_iter()
            .filter_map(|found| found.into_iter().filter_map(tokens).reduce(|a, b| a + b))
            .reduce(|first, next| if first > 0 { first } else { next }),
        finish_reason: values(frame, &plan.finish_reason)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .rfind(|text| !text.is_empty())
            .map(Into::into),
        usage: Usage {
            input_tokens: last(&plan.input_tokens),
            output_tokens: last(&plan.output_tokens),
            cached_tokens: last(&plan.cached_tokens),
            reasoning_tokens: last(&plan.reasoning_tokens),
            accepted_tokens: last(&plan.accepted_tokens),
            rejected_tokens: last(&plan.rejected_tokens),
        },
        error: values(frame, &plan.error).into_iter().flatten().find_map(error),
    }
}

/// What each rule finds, rule by rule.
fn values<'v>(frame: &'v Value, rules: &[Rule]) -> Vec<Vec<&'v Value>> {
    let holds = |rule: &Rule| match &rule.when {
        None => true,
        Some((at, text)) => lookup(frame, at).into_iter().any(|value| value == text.as_str()),
    };
    rules.iter().filter(|rule| holds(rule)).map(|rule| lookup(frame, &rule.at)).collect()
}

/// Breadth first: all that the first steps reach, then a step on from each.
fn lookup<'v>(frame: &'v Value, pointer: &str) -> Vec<&'v Value> {
    let mut reached = vec![frame];
    for step in pointer.split('/').skip(1) {
        let own = format!("/{step}");
        reached = reached
            .into_iter()
            .flat_map(|value| match (value, step) {
                (Value::Array(array), "*") => array.iter().collect(),
                (_, "*") => Vec::new(),
                _ => value.pointer(&own).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    reached
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(array) => !array.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => false,
    }
}

fn count(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|count| count.try_into().ok())
}

fn tokens(value: &Value) -> Option<u32> {
    count(value).or(value.as_array().map(|array| array.len() as u32))
}

fn error(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => match &other["message"] {
            Value::String(message) if !message.is_empty() => Some(message.clone()),
            _ => Some(other.to_string()),
        },
    }
}
