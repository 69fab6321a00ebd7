//! Visits the values of one frame, once, along the tree of rules, and collects those that a rule
//! points to. The rest of the frame is only checked to be JSON; nothing is allocated for it.

use super::rules::{Field, Node, Rules};
use loadwright_core::reading::Channel;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
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
    /// How many texts matched.
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
    pub(super) value: Matched,
}

/// A matched value, as far as any rule needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matched {
    /// A text that is not empty, as a range of the matched texts.
    Text { start: usize, end: usize },
    /// A number, or the length of an array whose elements are counted.
    Number(u32),
    /// Any other value.
    Present,
}

/// Why a frame is not JSON.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotJson {
    #[error(transparent)]
    Encoding(#[from] std::str::Utf8Error),
    #[error(transparent)]
    Syntax(#[from] serde_json::Error),
}

impl Matches {
    /// Visits `frame`, whose matches replace those of the frame before.
    pub(super) fn collect(&mut self, rules: &Rules, frame: &[u8]) -> Result<(), NotJson> {
        self.list.clear();
        self.text.clear();
        self.guards = 0;
        self.texts = 0;
        self.unescaped = None;
        self.origin = frame.as_ptr().addr();
        let mut json = serde_json::Deserializer::from_str(std::str::from_utf8(frame)?);
        FrameVisitor { rules, node: &rules.nodes[0], matches: self }.deserialize(&mut json)?;
        json.end()?;
        // Rules apply in the plan's order, whatever the order of members in the frame.
        if !self.list.is_sorted_by_key(|it| it.rule) {
            self.list.sort_by_key(|it| it.rule);
        }
        Ok(())
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
}

/// Visits the value at one place of the frame.
struct FrameVisitor<'a> {
    rules: &'a Rules,
    node: &'a Node,
    matches: &'a mut Matches,
}

impl FrameVisitor<'_> {
    fn child(&mut self, node: u16) -> FrameVisitor<'_> {
        FrameVisitor {
            rules: self.rules,
            node: &self.rules.nodes[usize::from(node)],
            matches: self.matches,
        }
    }

    /// Adds a match for each rule at this place for whose field `value_of` has a value.
    fn add(&mut self, value_of: impl Fn(Field) -> Option<Matched>) {
        for &rule in &self.node.rules {
            if let Some(value) = value_of(self.rules.compiled[usize::from(rule)].field) {
                self.matches.texts += usize::from(matches!(value, Matched::Text { .. }));
                self.matches.list.push(Match { rule, value });
            }
        }
    }

    fn text(&mut self, text: &str) {
        for &guard in &self.node.guards {
            let holds = self.rules.guards[usize::from(guard)].text == text;
            self.matches.guards |= u64::from(holds) << guard;
        }
        if self.node.rules.is_empty() || text.is_empty() {
            return;
        }
        let start = self.matches.text.len();
        self.matches.text.push_str(text);
        let value = Matched::Text { start, end: start + text.len() };
        self.add(|field| match field {
            Field::Text(_) | Field::FinishReason | Field::Error => Some(value),
            Field::FrameTokens | Field::Count(_) => None,
        });
    }

    /// Adds a number. One that is not a count (negative, too large, a fraction) matches no rule for
    /// counts.
    fn number(&mut self, count: Option<u32>) {
        self.add(|field| match field {
            Field::FrameTokens | Field::Count(_) => count.map(Matched::Number),
            Field::Error => Some(Matched::Present),
            Field::Text(_) | Field::FinishReason => None,
        });
    }
}

impl<'de> DeserializeSeed<'de> for FrameVisitor<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FrameVisitor<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        self.add(|field| (value && field == Field::Error).then_some(Matched::Present));
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.number(u32::try_from(value).ok());
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.number(u32::try_from(value).ok());
        Ok(())
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        let whole = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
        self.number(whole.then_some(value as u32));
        Ok(())
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<(), E> {
        self.text(value);
        Ok(())
    }

    fn visit_borrowed_str<E: Error>(mut self, value: &'de str) -> Result<(), E> {
        let before = self.matches.texts;
        self.text(value);
        if self.matches.texts > before && self.node.guards.is_empty() {
            let start = value.as_ptr().addr() - self.matches.origin;
            self.matches.unescaped = Some(start..start + value.len());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        let mut len = 0_u32;
        loop {
            let element = match self.node.element(len as usize) {
                Some(node) => array.next_element_seed(self.child(node))?,
                None => array.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if element.is_none() {
                break;
            }
            len = len.saturating_add(1);
        }
        self.add(|field| match field {
            Field::FrameTokens => Some(Matched::Number(len)),
            Field::Error => Some(Matched::Present),
            Field::Text(Channel::ToolCall) if len > 0 => Some(Matched::Present),
            Field::Text(_) | Field::Count(_) | Field::FinishReason => None,
        });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        let mut has_members = false;
        while let Some(node) = object.next_key_seed(Key(self.node))? {
            has_members = true;
            match node {
                Some(node) => object.next_value_seed(self.child(node))?,
                None => object.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        self.add(|field| match field {
            Field::Error => Some(Matched::Present),
            Field::Text(Channel::ToolCall) if has_members => Some(Matched::Present),
            Field::Text(_) | Field::Count(_) | Field::FinishReason | Field::FrameTokens => None,
        });
        Ok(())
    }
}

/// A member's name, of which only its node is kept.
struct Key<'a>(&'a Node);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<u16>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<u16>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<u16>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<u16>, E> {
        Ok(self.0.member(name))
    }
}
