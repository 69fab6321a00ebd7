//! An oracle for the reader: each frame is parsed into a tree, and each rule looks up its pointer and
//! its guards in it by itself. Slow and simple on purpose.

use loadwright_core::reading::{
    Channel, Condition, Fold, Guard, Payload, ReadingPlan, Rule, RuleKind, Usage,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// What the frames so far say.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// Frame, channel and tokens of each output.
    pub(crate) outputs: Vec<(u32, Channel, Option<u32>)>,
    pub(crate) output: String,
    pub(crate) reasoning: String,
    pub(crate) tool_calls: String,
    pub(crate) results: String,
    pub(crate) frame_tokens: Option<u32>,
    pub(crate) usage: Usage,
    pub(crate) metrics: BTreeMap<String, f64>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) done: bool,
    frames: u32,
    texts: HashMap<Key, String>,
    counts: HashMap<Key, u32>,
}

/// The elements on the way to a place: their indices, and whether a `*` stands for them.
type Elements = Vec<(usize, bool)>;

/// A rule, and the elements in which it found something.
type Key = (usize, Elements);

/// What a rule finds in a frame.
struct Found<'f> {
    number: usize,
    rule: Rule,
    places: Vec<(Elements, &'f Value)>,
}

impl Oracle {
    pub(crate) fn read(&mut self, plan: &ReadingPlan, event: &str, frame: &[u8]) {
        let index = self.frames;
        self.frames += 1;
        let trimmed = frame.trim_ascii();
        let is_mark = plan.done.iter().any(|mark| mark.as_bytes() == trimmed);
        if self.done || is_mark || frame.is_empty() {
            self.done |= is_mark;
            return;
        }
        let value = match plan.payload {
            Payload::Opaque => {
                self.outputs.push((index, Channel::Result, None));
                return;
            }
            Payload::Text => Value::String(String::from_utf8_lossy(frame).into_owned()),
            Payload::Json => match serde_json::from_slice(trimmed) {
                Ok(value) => value,
                Err(_) => return,
            },
        };
        self.frame(plan, index, event, &value);
    }

    fn frame(&mut self, plan: &ReadingPlan, index: u32, event: &str, frame: &Value) {
        let mut carried = None;
        for channel in [Channel::Reasoning, Channel::ToolCall, Channel::Output, Channel::Result] {
            let found = found(plan, &RuleKind::Text(channel), event, frame);
            for (found, path, value) in used(&found, channel == Channel::ToolCall) {
                let text = value.as_str().unwrap_or_default();
                let new = if found.rule.modes.so_far && value.is_string() {
                    let before = self.texts.insert((found.number, path), text.into());
                    before.and_then(|it| text.strip_prefix(&*it)).unwrap_or(text)
                } else {
                    text
                };
                if !(value.is_string() && new.is_empty()) {
                    carried = Some(channel);
                }
                match channel {
                    Channel::Output => self.output += new,
                    Channel::Reasoning => self.reasoning += new,
                    Channel::ToolCall => self.tool_calls += new,
                    Channel::Result => self.results += new,
                }
            }
        }
        let tokens = self.tokens(&found(plan, &RuleKind::Tokens, event, frame));
        let above_none = tokens.filter(|&tokens| tokens > 0);
        self.frame_tokens = match (self.frame_tokens, above_none) {
            (Some(before), Some(tokens)) => Some(before.saturating_add(tokens)),
            (before, tokens) => before.or(tokens),
        };
        self.outputs.extend(carried.map(|channel| (index, channel, tokens)));
        self.numbers(plan, event, frame);
        let finish = found(plan, &RuleKind::Finish, event, frame);
        if let Some((_, _, Value::String(reason))) = used(&finish, false).pop() {
            self.finish_reason = Some(reason.clone());
        }
        let errors = found(plan, &RuleKind::Error, event, frame);
        let error = used(&errors, false).into_iter().next().and_then(|(_, _, value)| told(value));
        self.error = self.error.take().or(error);
        self.done |= !found(plan, &RuleKind::End, event, frame).is_empty();
    }

    fn tokens(&mut self, found: &[Found<'_>]) -> Option<u32> {
        let mut sums: Vec<u32> = Vec::new();
        for Found { number, rule, places } in found {
            let mut sum = 0_u32;
            for (path, value) in places {
                let tokens = count(rule, value).unwrap();
                let before = rule.modes.so_far.then(|| {
                    self.counts.insert((*number, path.clone()), tokens).unwrap_or_default()
                });
                sum = sum.saturating_add(tokens.saturating_sub(before.unwrap_or_default()));
            }
            sums.push(sum);
        }
        let every = found.iter().any(|found| found.rule.modes.every);
        let first = sums.iter().copied().find(|&sum| sum > 0).unwrap_or(0);
        let all = sums.iter().fold(0_u32, |sum, &tokens| sum.saturating_add(tokens));
        (!sums.is_empty()).then_some(if every { all } else { first })
    }

    fn numbers(&mut self, plan: &ReadingPlan, event: &str, frame: &Value) {
        for (index, Rule { kind, .. }) in plan.rules.iter().enumerate() {
            if plan.rules[..index].iter().any(|other| other.kind == *kind) {
                continue;
            }
            let found = found(plan, kind, event, frame);
            let used = used(&found, false);
            let Some(modes) = used.first().map(|(found, ..)| found.rule.modes) else { continue };
            let values = || used.iter().filter_map(|(found, _, value)| number(&found.rule, value));
            let sum = || values().sum::<f64>();
            let largest = || values().fold(f64::NEG_INFINITY, f64::max);
            let fold = |before: Option<f64>| match (modes.fold, modes.sum) {
                (Fold::SumFrames, _) => before.unwrap_or(0.0) + sum(),
                (Fold::Largest, true) => before.map_or(sum(), |it| it.max(sum())),
                (Fold::Largest, false) => before.map_or(largest(), |it| it.max(largest())),
                (Fold::Last, true) => sum(),
                (Fold::Last, false) => values().next_back().unwrap(),
            };
            match kind {
                RuleKind::Count(count) => {
                    let count = self.usage.count_mut(*count);
                    *count = Some(fold(count.map(f64::from)).min(f64::from(u32::MAX)) as u32);
                }
                RuleKind::Metric(name) => {
                    let value = fold(self.metrics.get(name).copied());
                    self.metrics.insert(name.clone(), value);
                }
                _ => {}
            }
        }
    }
}

/// The rules of a kind that find something.
fn found<'f>(plan: &ReadingPlan, kind: &RuleKind, event: &str, frame: &'f Value) -> Vec<Found<'f>> {
    let every = plan.rules.iter().any(|rule| rule.kind == *kind && rule.modes.every);
    let of_kind = plan.rules.iter().enumerate().filter(|(_, rule)| rule.kind == *kind);
    let found = of_kind.map(|(number, rule)| {
        let mut rule = rule.clone();
        rule.modes.every = every;
        let mut places = lookup(frame, &rule.at);
        places.retain(|(path, value)| {
            let guards = rule.when.iter().all(|guard| holds(guard, &rule.at, path, event, frame));
            guards && takes(&rule, value)
        });
        Found { number, rule, places }
    });
    found.filter(|found| !found.places.is_empty()).collect()
}

/// What is used of it, in order.
fn used<'a, 'f>(found: &'a [Found<'f>], all: bool) -> Vec<(&'a Found<'f>, Elements, &'f Value)> {
    let is_every = |found: &Found<'_>| all || found.rule.modes.every;
    let rules = found.iter().enumerate().filter(|(at, it)| *at == 0 || is_every(it));
    let rules = rules.map(|(_, found)| found);
    let of_rule = |found: &'a Found<'f>| {
        found.places.iter().map(move |(path, value)| (found, path.clone(), *value))
    };
    rules.flat_map(of_rule).collect()
}

fn takes(rule: &Rule, value: &Value) -> bool {
    match &rule.kind {
        RuleKind::Text(channel) => match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(array) => !array.is_empty() && may_lack_text(*channel),
            Value::Object(object) => !object.is_empty() && may_lack_text(*channel),
            Value::Bool(_) | Value::Number(_) => *channel == Channel::Result,
            Value::Null => false,
        },
        RuleKind::Tokens => count(rule, value).is_some(),
        RuleKind::Count(_) | RuleKind::Metric(_) => number(rule, value).is_some(),
        RuleKind::Finish => value.as_str().is_some_and(|text| !text.is_empty()),
        RuleKind::End => !matches!(value, Value::Null | Value::Bool(false)),
        RuleKind::Error => told(value).is_some(),
    }
}

fn may_lack_text(channel: Channel) -> bool {
    matches!(channel, Channel::ToolCall | Channel::Result)
}

fn whole(value: &Value) -> Option<u32> {
    value
        .as_f64()
        .filter(|it| it.fract() == 0.0 && *it >= 0.0 && *it < 4294967296.0)
        .map(|it| it as u32)
}

fn count(rule: &Rule, value: &Value) -> Option<u32> {
    if rule.modes.one_each {
        return (!value.is_null()).then_some(1);
    }
    whole(value).or(value.as_array().map(|array| array.len() as u32))
}

fn number(rule: &Rule, value: &Value) -> Option<f64> {
    if rule.modes.one_each {
        return (!value.is_null()).then_some(1.0);
    }
    match &rule.kind {
        RuleKind::Metric(_) => value.as_f64(),
        _ => whole(value).map(f64::from),
    }
}

fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => match &other["message"] {
            Value::String(message) if !message.is_empty() => Some(message.clone()),
            _ => Some(other.to_string()),
        },
    }
}

/// Whether a guard holds for what its rule, which points to `at`, found in the elements `path`.
fn holds(guard: &Guard, at: &str, path: &Elements, event: &str, frame: &Value) -> bool {
    let name = Value::String(event.into());
    let values: Vec<&Value> = if guard.at == "@event" {
        vec![&name].into_iter().filter(|_| !event.is_empty()).collect()
    } else {
        // The `*` that the pointers share stand for the elements of the match.
        let mut elements = path.iter().filter(|(_, is_any)| *is_any).map(|(index, _)| index);
        let mut shares = true;
        let mut steps = Vec::new();
        for (index, step) in guard.at.split('/').enumerate() {
            shares &= at.split('/').nth(index) == Some(step);
            match (step, shares) {
                ("*", true) => steps.push(elements.next().unwrap().to_string()),
                _ => steps.push(step.to_owned()),
            }
        }
        lookup(frame, &steps.join("/")).into_iter().map(|(_, value)| value).collect()
    };
    match &guard.condition {
        Condition::Present => values.iter().any(|value| !value.is_null()),
        Condition::Absent => values.iter().all(|value| value.is_null()),
        Condition::Equals(text) => values.into_iter().any(|value| match value {
            Value::String(value) => value == text,
            Value::Bool(value) => value.to_string().eq(text),
            Value::Number(value) => value.to_string().eq(text),
            _ => false,
        }),
    }
}

/// Breadth first: all that the first steps reach, then a step on from each.
fn lookup<'v>(frame: &'v Value, pointer: &str) -> Vec<(Elements, &'v Value)> {
    let mut reached = vec![(Elements::new(), frame)];
    for step in pointer.split('/').skip(1) {
        let own = format!("/{step}");
        let inner = |(path, value): (Elements, &'v Value)| -> Vec<(Elements, &'v Value)> {
            let at = |index, is_any| [&path[..], &[(index, is_any)]].concat();
            match (value, step) {
                (Value::Array(array), "*") => array
                    .iter()
                    .enumerate()
                    .map(|(index, value)| (at(index, true), value))
                    .collect(),
                (_, "*") => Vec::new(),
                (Value::Array(_), _) => {
                    let found = value.pointer(&own).into_iter();
                    found.map(|found| (at(step.parse().unwrap(), false), found)).collect()
                }
                _ => value.pointer(&own).map(|found| (path, found)).into_iter().collect(),
            }
        };
        reached = reached.into_iter().flat_map(inner).collect();
    }
    reached
}
