//! What the rules matched in one frame: filled by `visitor`, or taken over from the frame before.

use super::guards::Test;
use super::rules::{CompiledRule, Field, Rules};
use super::tree::Node;
use loadwright_core::reading::Channel;
use std::ops::Range;

/// What the rules matched in one frame; reused from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Sorted by rule once the whole frame was visited.
    pub(super) list: Vec<Match>,
    /// The matched texts, concatenated.
    pub(super) text: String,
    /// A bit for each guard that holds.
    pub(super) guards: u64,
    /// The number of the place that is visited.
    pub(super) place: u64,
    /// In how many places a text matched.
    texts: usize,
    /// Where the last matched text is in the frame, if it is there without escapes.
    unescaped: Option<Range<usize>>,
    /// The address of the frame.
    origin: usize,
}

/// What one rule matched in one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) rule: u16,
    /// The number of the place.
    pub(super) place: u64,
    pub(super) value: Matched,
}

/// A matched value, as far as any rule needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Matched {
    /// A text that is not empty, as a range of the matched texts.
    Text { start: usize, end: usize },
    /// A token count, or the length of an array whose elements are counted.
    Count(u32),
    /// Any number.
    Number(f64),
    /// Any other value.
    Present,
}

/// A value of the frame, except for null and texts.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Bool(bool),
    /// A whole number, not negative.
    Whole(u64),
    Number(f64),
    Array(usize),
    Object {
        is_empty: bool,
    },
}

impl Match {
    /// The number that it stands for.
    pub(super) fn number(&self) -> Option<f64> {
        match self.value {
            Matched::Count(count) => Some(f64::from(count)),
            Matched::Number(number) => Some(number),
            Matched::Text { .. } | Matched::Present => None,
        }
    }
}

impl Matches {
    /// Makes ready for a frame.
    pub(super) fn begin(&mut self, frame: &[u8], event_guards: u64) {
        self.list.clear();
        self.text.clear();
        self.guards = event_guards;
        self.place = 0;
        self.texts = 0;
        self.unescaped = None;
        self.origin = frame.as_ptr().addr();
    }

    /// Rules apply in their order, whatever the order of members in the frame.
    pub(super) fn sort(&mut self) {
        if !self.list.is_sorted_by_key(|it| it.rule) {
            self.list.sort_by_key(|it| it.rule);
        }
    }

    /// Where the only matched text is in the frame, if nothing else depends on it.
    pub(super) fn only_text(&self) -> Option<Range<usize>> {
        self.unescaped.clone().filter(|_| self.texts == 1)
    }

    /// Replaces the only matched text.
    pub(super) fn replace_text(&mut self, text: &str) {
        self.text.clear();
        self.text.push_str(text);
        for it in &mut self.list {
            if let Matched::Text { .. } = it.value {
                it.value = Matched::Text { start: 0, end: text.len() };
            }
        }
    }

    /// Sets the bits of this node's guards that hold.
    #[inline]
    pub(super) fn note(&mut self, rules: &Rules, node: &Node, holds: impl Fn(&Test) -> bool) {
        for &guard in &node.guards {
            let holds = holds(&rules.guards.list[usize::from(guard)].test);
            self.guards |= u64::from(holds) << guard;
        }
    }

    /// Adds a match for each rule at this node that takes what was found.
    #[inline(always)]
    pub(super) fn add(&mut self, rules: &Rules, node: &Node, found: Found) {
        for &rule in &node.rules {
            if let Some(value) = matched(&rules.compiled[usize::from(rule)], found) {
                self.list.push(Match { rule, place: self.place, value });
            }
        }
    }

    /// Adds a text to the matched texts and to the matches; true: a rule takes it.
    #[inline]
    pub(super) fn add_text(&mut self, rules: &Rules, node: &Node, text: &str) -> bool {
        let start = self.text.len();
        let mut is_taken = false;
        for &rule in &node.rules {
            let of_rule = &rules.compiled[usize::from(rule)];
            let value = match of_rule.field {
                _ if of_rule.one_each => Matched::Count(1),
                Field::Text(_) | Field::Finish | Field::Error if text.is_empty() => continue,
                Field::Text(_) | Field::Finish | Field::Error => {
                    is_taken = true;
                    Matched::Text { start, end: start + text.len() }
                }
                Field::End => Matched::Present,
                Field::Tokens | Field::Count(_) | Field::Metric(_) => continue,
            };
            self.list.push(Match { rule, place: self.place, value });
        }
        if is_taken {
            self.text.push_str(text);
            self.texts += 1;
        }
        is_taken
    }

    /// Remembers that the last matched text is in the frame as it is.
    pub(super) fn set_unescaped(&mut self, text: &str) {
        let start = text.as_ptr().addr() - self.origin;
        self.unescaped = Some(start..start + text.len());
    }

    /// Begins an element of the node's scopes.
    pub(super) fn begin_element(&mut self, rules: &Rules, node: &Node) {
        for &scope in &node.scopes {
            self.guards &= !rules.guards.scopes[usize::from(scope)].bits;
        }
    }

    /// Ends it: of the matches from `first` on, those stay whose guards on this element hold.
    pub(super) fn end_element(&mut self, rules: &Rules, node: &Node, first: usize) {
        let holds = |it: &Match| {
            let of_elements = &rules.compiled[usize::from(it.rule)].conditions.of_elements;
            let mut ending = of_elements.iter().filter(|(scope, _)| node.scopes.contains(scope));
            ending.all(|(_, required)| required.holds(self.guards))
        };
        let mut kept = first;
        for at in first..self.list.len() {
            if holds(&self.list[at]) {
                self.list[kept] = self.list[at];
                kept += 1;
            }
        }
        self.list.truncate(kept);
    }
}

/// What a rule makes of a value that is no text.
#[inline(always)]
fn matched(rule: &CompiledRule, found: Found) -> Option<Matched> {
    if rule.one_each {
        return Some(Matched::Count(1));
    }
    match (rule.field, found) {
        (Field::Text(Channel::ToolCall | Channel::Result), Found::Array(len)) => {
            (len > 0).then_some(Matched::Present)
        }
        (Field::Text(Channel::ToolCall | Channel::Result), Found::Object { is_empty }) => {
            (!is_empty).then_some(Matched::Present)
        }
        (Field::Text(Channel::Result), Found::Bool(_) | Found::Whole(_) | Found::Number(_)) => {
            Some(Matched::Present)
        }
        (Field::Tokens, Found::Array(len)) => {
            Some(Matched::Count(u32::try_from(len).unwrap_or(u32::MAX)))
        }
        (Field::Tokens | Field::Count(_), Found::Whole(number)) => {
            u32::try_from(number).ok().map(Matched::Count)
        }
        (Field::Tokens | Field::Count(_), Found::Number(number)) => count(number),
        (Field::Metric(_), Found::Whole(number)) => Some(Matched::Number(number as f64)),
        (Field::Metric(_), Found::Number(number)) => Some(Matched::Number(number)),
        (Field::End | Field::Error, Found::Bool(value)) => value.then_some(Matched::Present),
        (Field::End, _)
        | (
            Field::Error,
            Found::Whole(_) | Found::Number(_) | Found::Array(_) | Found::Object { .. },
        ) => Some(Matched::Present),
        (
            Field::Text(_) | Field::Finish | Field::Tokens | Field::Count(_) | Field::Metric(_),
            _,
        ) => None,
    }
}

/// A number as a count; one that is negative, too large or a fraction is none.
fn count(number: f64) -> Option<Matched> {
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then_some(Matched::Count(number as u32))
}
