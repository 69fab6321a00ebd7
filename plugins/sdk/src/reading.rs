//! Reads an exchange by a reading plan, plainly: what a plugin's `decode` can be, and what the host's
//! faster reader is held against.
//!
//! Beside what the contract says:
//! - Several texts of one frame are one, in the order of the rules, then of the frame.
//! - `false` and the empty text are no error. Only the first error is kept.
//! - Frames of white space, and frames that are not what the plan's payload says, carry nothing.

mod fold;
mod lookup;

use crate::exchange::frames;
use crate::{Exchange, Part, Piece, ReadingPlan, Reply, Rule};
use fold::Folds;
use lookup::{Place, matches};
use serde_json::Value;
use std::collections::HashMap;

/// The channels, in the order of a frame's pieces.
const CHANNELS: [&str; 4] = ["reasoning", "output", "tool-call", "result"];

/// What `plan` finds in the frames of `exchange`. The message is the text of the output.
pub fn read(plan: &ReadingPlan, exchange: &Exchange) -> Reply {
    let mut reading = Reading::new(plan);
    for (index, (event, payload)) in frames(exchange).enumerate() {
        let is_mark = |mark: &String| mark.as_bytes() == payload.trim_ascii();
        if plan.done.iter().any(is_mark) || reading.payload(index as u32, event, payload) {
            break;
        }
    }
    reading.finish()
}

/// A reply that carries nothing.
pub fn nothing() -> Reply {
    Reply {
        pieces: Vec::new(),
        counts: Vec::new(),
        metrics: Vec::new(),
        finish_reason: None,
        message: None,
        error: None,
        extra: String::new(),
    }
}

/// A token count of a reply.
pub fn count(reply: &Reply, name: &str) -> Option<f64> {
    reply.counts.iter().find(|count| count.name == name).map(|count| count.value)
}

/// The text of one channel of a reply.
pub fn text(reply: &Reply, channel: &str) -> String {
    let pieces = reply.pieces.iter().filter(|piece| piece.channel == channel);
    pieces.map(|piece| piece.text.as_str()).collect()
}

struct Reading<'p> {
    plan: &'p ReadingPlan,
    /// What rules with `so-far` found last, by rule and place.
    so_far: HashMap<(usize, Vec<usize>), Value>,
    folds: Folds,
    reply: Reply,
}

/// A rule, by its position in the plan, and what it finds.
struct Used<'p, 'f> {
    number: usize,
    rule: &'p Rule,
    places: Vec<Place<'f>>,
}

impl<'p> Reading<'p> {
    fn new(plan: &'p ReadingPlan) -> Self {
        Self { plan, so_far: HashMap::new(), folds: Folds::default(), reply: nothing() }
    }

    /// Reads one payload. Whether it ends the reply.
    fn payload(&mut self, index: u32, event: &str, payload: &[u8]) -> bool {
        match self.plan.payload.as_str() {
            _ if payload.is_empty() => false,
            "opaque" => {
                let piece = piece(index, "result", String::new());
                self.reply.pieces.push(piece);
                false
            }
            "text" => {
                let text = String::from_utf8_lossy(payload).into_owned();
                self.frame(index, event, &Value::String(text))
            }
            _ => match serde_json::from_slice(payload) {
                Ok(frame) => self.frame(index, event, &frame),
                Err(_) => false,
            },
        }
    }

    fn frame(&mut self, index: u32, event: &str, frame: &Value) -> bool {
        let mut pieces = Vec::new();
        for channel in CHANNELS {
            let used = self.used(channel, event, frame, |_, value| carries(channel, value));
            let text = self.text(&used);
            if !text.is_empty() || used.iter().any(Used::has_no_text) {
                pieces.push(piece(index, channel, text));
            }
        }
        let tokens = self.tokens(event, frame);
        // The frame's tokens are those of the channel that is furthest on.
        let furthest = ["result", "output", "tool-call", "reasoning"];
        let furthest =
            furthest.iter().find(|name| pieces.iter().any(|piece| piece.channel == **name));
        for piece in &mut pieces {
            piece.tokens = tokens.filter(|_| Some(&piece.channel.as_str()) == furthest);
        }
        self.reply.pieces.extend(pieces);
        self.numbers(event, frame);
        self.words(event, frame);
        let ends = |_: &Rule, value: &Value| !value.is_null() && *value != Value::Bool(false);
        !self.used("end", event, frame, ends).is_empty()
    }

    /// The rules of a kind that are used in this frame, with the values that they find.
    fn used<'f>(
        &self,
        kind: &str,
        event: &str,
        frame: &'f Value,
        finds: impl Fn(&Rule, &Value) -> bool,
    ) -> Vec<Used<'p, 'f>> {
        let mut found = self.found(kind, event, frame, finds);
        let every = self.plan.rules.iter().any(|rule| rule.kind == kind && has(rule, "every"));
        if kind != "tool-call" && !every {
            found.truncate(1);
        }
        found
    }

    /// The rules of a kind that find a value in this frame, in order.
    fn found<'f>(
        &self,
        kind: &str,
        event: &str,
        frame: &'f Value,
        finds: impl Fn(&Rule, &Value) -> bool,
    ) -> Vec<Used<'p, 'f>> {
        let rules = self.plan.rules.iter().enumerate().filter(|(_, rule)| rule.kind == kind);
        let found = rules.map(|(number, rule)| {
            let mut places = matches(rule, event, frame);
            places.retain(|place| finds(rule, place.value));
            Used { number, rule, places }
        });
        found.filter(|used| !used.places.is_empty()).collect()
    }

    /// The text of one channel in one frame.
    fn text(&mut self, used: &[Used<'_, '_>]) -> String {
        let mut all = String::new();
        for Used { number, rule, places } in used {
            for place in places {
                let Some(text) = place.value.as_str() else { continue };
                let before = has(rule, "so-far")
                    .then(|| self.so_far.insert((*number, place.path.clone()), text.into()))
                    .flatten();
                let before = before.as_ref().and_then(Value::as_str).unwrap_or_default();
                all += text.strip_prefix(before).unwrap_or(text);
            }
        }
        all
    }

    /// The tokens of one frame: of the first rule that finds more than 0.
    fn tokens(&mut self, event: &str, frame: &Value) -> Option<u32> {
        let finds = |rule: &Rule, value: &Value| fold::tokens(rule, value).is_some();
        let found = self.found("tokens", event, frame, finds);
        let every = found.iter().any(|used| has(used.rule, "every"));
        let sums: Vec<u64> = found.iter().map(|used| self.tokens_of(used)).collect();
        let sum = sums.into_iter().reduce(|first, next| match (every, first) {
            (true, _) => first.saturating_add(next),
            (false, 0) => next,
            (false, _) => first,
        });
        sum.map(|sum| u32::try_from(sum).unwrap_or(u32::MAX))
    }

    fn tokens_of(&mut self, used: &Used<'_, '_>) -> u64 {
        let mut sum = 0_u64;
        for place in &used.places {
            let tokens = fold::tokens(used.rule, place.value).unwrap_or_default();
            let before = has(used.rule, "so-far")
                .then(|| self.so_far.insert((used.number, place.path.clone()), tokens.into()))
                .flatten();
            let before = before.as_ref().and_then(Value::as_u64).unwrap_or_default();
            sum = sum.saturating_add(tokens.saturating_sub(before));
        }
        sum
    }

    /// Counts and metrics.
    fn numbers(&mut self, event: &str, frame: &Value) {
        for (number, rule) in self.plan.rules.iter().enumerate() {
            let is_first = !self.plan.rules[..number].iter().any(|other| other.kind == rule.kind);
            let is_number = rule.kind.starts_with("count:") || rule.kind.starts_with("metric:");
            if !is_first || !is_number {
                continue;
            }
            let finds = |rule: &Rule, value: &Value| fold::number(rule, value).is_some();
            let used = self.used(&rule.kind, event, frame, finds);
            let values = used.iter().flat_map(|used| {
                used.places.iter().filter_map(|place| fold::number(used.rule, place.value))
            });
            if let Some(first) = used.first() {
                self.folds.take(&rule.kind, first.rule, &values.collect::<Vec<_>>());
            }
        }
    }

    /// Why it ended, and errors.
    fn words(&mut self, event: &str, frame: &Value) {
        let is_text = |_: &Rule, value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let used = self.used("finish", event, frame, is_text);
        let last = used.iter().flat_map(|used| &used.places).next_back();
        if let Some(reason) = last.and_then(|place| place.value.as_str()) {
            self.reply.finish_reason = Some(reason.into());
        }
        if self.reply.error.is_none() {
            let is_error = |_: &Rule, value: &Value| error_text(value).is_some();
            let used = self.used("error", event, frame, is_error);
            let first = used.iter().flat_map(|used| &used.places).next();
            self.reply.error = first.and_then(|place| error_text(place.value));
        }
    }

    fn finish(mut self) -> Reply {
        (self.reply.counts, self.reply.metrics) = self.folds.finish();
        let text = text(&self.reply, "output");
        let message = |text| crate::message("assistant", vec![Part::Text(text)]);
        self.reply.message = (!text.is_empty()).then(|| message(text));
        self.reply
    }
}

impl Used<'_, '_> {
    fn has_no_text(&self) -> bool {
        self.places.iter().any(|place| !place.value.is_string())
    }
}

fn has(rule: &Rule, mode: &str) -> bool {
    rule.modes.iter().any(|has| has == mode)
}

fn piece(frame: u32, channel: &str, text: String) -> Piece {
    Piece { frame, channel: channel.into(), text, tokens: None }
}

fn carries(channel: &str, value: &Value) -> bool {
    let no_text = ["tool-call", "result"].contains(&channel);
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => no_text && !items.is_empty(),
        Value::Object(members) => no_text && !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => channel == "result",
    }
}

/// The text of an error: its message where it is an object that has one, its JSON text where not.
/// `false` and the empty text are no error.
pub fn error_text(error: &Value) -> Option<String> {
    match error {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => match other.get("message").and_then(Value::as_str) {
            Some(message) if !message.is_empty() => Some(message.into()),
            _ => Some(other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests;
