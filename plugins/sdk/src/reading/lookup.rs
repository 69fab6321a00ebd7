//! JSON pointers with `*`, and conditions.

use crate::{Condition, Guard, Rule};
use serde_json::Value;

/// A value that a pointer finds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place<'f> {
    /// The index that each `*` stands for.
    pub(super) path: Vec<usize>,
    pub(super) value: &'f Value,
}

/// What is at the rule's pointer where its conditions hold.
pub(super) fn matches<'f>(rule: &Rule, event: &str, frame: &'f Value) -> Vec<Place<'f>> {
    let mut places = find(&steps(&rule.at), frame);
    places.retain(|place| rule.when.iter().all(|guard| holds(guard, rule, place, event, frame)));
    places
}

fn holds(guard: &Guard, rule: &Rule, place: &Place<'_>, event: &str, frame: &Value) -> bool {
    if guard.at == "@event" {
        return match &guard.condition {
            Condition::Equals(text) => event == text,
            Condition::Present => !event.is_empty(),
            Condition::Absent => event.is_empty(),
        };
    }
    let found = find(&within(&guard.at, &rule.at, &place.path), frame);
    let mut values = found.iter().map(|place| place.value).filter(|value| !value.is_null());
    match &guard.condition {
        Condition::Equals(text) => values.any(|value| equals(value, text)),
        Condition::Present => values.next().is_some(),
        Condition::Absent => values.next().is_none(),
    }
}

fn equals(value: &Value, text: &str) -> bool {
    match value {
        Value::String(is) => is == text,
        Value::Bool(_) | Value::Number(_) => format!("{value}") == text,
        _ => false,
    }
}

/// The guard's steps, in which each `*` that it shares with the rule is the element of this match.
fn within(guard: &str, rule: &str, path: &[usize]) -> Vec<String> {
    let (mut guard, rule) = (steps(guard), steps(rule));
    let mut path = path.iter();
    for (step, of_rule) in guard.iter_mut().zip(rule) {
        if *step != of_rule {
            break;
        }
        if step == "*"
            && let Some(index) = path.next()
        {
            *step = index.to_string();
        }
    }
    guard
}

fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(String::from).collect()
}

fn find<'f>(steps: &[String], frame: &'f Value) -> Vec<Place<'f>> {
    let mut places = vec![Place { path: Vec::new(), value: frame }];
    for step in steps {
        places = places.into_iter().flat_map(|place| children(place, step)).collect();
    }
    places
}

fn children<'f>(place: Place<'f>, step: &str) -> Vec<Place<'f>> {
    let Place { path, value } = place;
    match value {
        Value::Array(items) if step == "*" => {
            let element = |(index, value)| {
                let path = path.iter().copied().chain([index]).collect();
                Place { path, value }
            };
            items.iter().enumerate().map(element).collect()
        }
        Value::Array(items) => {
            let canonical = step == "0" || !step.starts_with(['0', '+']);
            let index = step.parse::<usize>().ok().filter(|_| canonical);
            let item = index.and_then(|index| items.get(index));
            item.map(|value| Place { path, value }).into_iter().collect()
        }
        Value::Object(members) if step != "*" => {
            let name = step.replace("~1", "/").replace("~0", "~");
            members.get(&name).map(|value| Place { path, value }).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
