//! Goes over one frame, once, along the tree of rules, and notes what stands where a rule points.
//! Nothing is built of the rest of the frame, which is only checked to be JSON.

use super::rules::{Field, Node, Rules};
use loadwright_core::reading::Channel;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::ops::Range;

/// What one frame held, reused from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// What rules found; by rule once the frame is over.
    pub(super) found: Vec<Match>,
    /// The texts among them, one after another.
    pub(super) text: String,
    /// A bit for each guard that holds.
    pub(super) guards: u64,
    /// Texts noted.
    texts: usize,
    /// Where the last text noted stands in the frame, if it stands there unescaped.
    plain: Option<Range<usize>>,
    /// Where the frame is in memory.
    origin: usize,
}

/// What one rule found in one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) rule: u16,
    pub(super) what: Matched,
}

/// What stands in a place, as far as any rule wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matched {
    /// A text that is not empty, by its place among the notes.
    Text { start: usize, end: usize },
    /// A number or, where they are counted, of how many elements.
    Number(u32),
    /// Something else that is there.
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
    /// Goes over `frame`, whose findings replace those of the frame before.
    pub(super) fn take(&mut self, rules: &Rules, frame: &[u8]) -> Result<(), NotJson> {
        self.found.clear();
        self.text.clear();
        self.guards = 0;
        self.texts = 0;
        self.plain = None;
        self.origin = frame.as_ptr().addr();
        let mut json = serde_json::Deserializer::from_str(std::str::from_utf8(frame)?);
        FrameVisitor { rules, place: &rules.places[0], notes: self }.deserialize(&mut json)?;
        json.end()?;
        // Rules are weighed in their order, whatever the order of members in the frame.
        if !self.found.is_sorted_by_key(|found| found.rule) {
            self.found.sort_by_key(|found| found.rule);
        }
        Ok(())
    }

    /// Where the text stands that is the only one found, if nothing else depends on it.
    pub(super) fn only_text(&self) -> Option<Range<usize>> {
        self.plain.clone().filter(|_| self.texts == 1)
    }

    /// Puts another text in the place of the only one.
    pub(super) fn replace_text(&mut self, text: &str) {
        self.text.clear();
        self.text.push_str(text);
        for found in &mut self.found {
            if let Matched::Text { .. } = found.what {
                found.what = Matched::Text { start: 0, end: text.len() };
            }
        }
    }
}

/// At one place of the frame.
struct FrameVisitor<'a> {
    rules: &'a Rules,
    place: &'a Node,
    notes: &'a mut Matches,
}

impl FrameVisitor<'_> {
    fn below(&mut self, place: u16) -> FrameVisitor<'_> {
        FrameVisitor {
            rules: self.rules,
            place: &self.rules.places[usize::from(place)],
            notes: self.notes,
        }
    }

    /// Matches what stands here for the rules that `takes` says want it.
    fn note(&mut self, takes: impl Fn(Field) -> Option<Matched>) {
        for &rule in &self.place.rules {
            if let Some(what) = takes(self.rules.taken[usize::from(rule)].slot) {
                self.notes.texts += usize::from(matches!(what, Matched::Text { .. }));
                self.notes.found.push(Match { rule, what });
            }
        }
    }

    fn text(&mut self, text: &str) {
        for &guard in &self.place.guards {
            let holds = self.rules.guards[usize::from(guard)].text == text;
            self.notes.guards |= u64::from(holds) << guard;
        }
        if self.place.rules.is_empty() || text.is_empty() {
            return;
        }
        let start = self.notes.text.len();
        self.notes.text.push_str(text);
        let what = Matched::Text { start, end: start + text.len() };
        self.note(|slot| match slot {
            Field::Text(_) | Field::FinishReason | Field::Error => Some(what),
            Field::FrameTokens | Field::Count(_) => None,
        });
    }

    /// A number that is no count (negative, too large, a fraction) is none to a rule that counts.
    fn number(&mut self, count: Option<u32>) {
        self.note(|slot| match slot {
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
        self.note(|slot| (value && slot == Field::Error).then_some(Matched::Present));
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
        let before = self.notes.texts;
        self.text(value);
        if self.notes.texts > before && self.place.guards.is_empty() {
            let start = value.as_ptr().addr() - self.notes.origin;
            self.notes.plain = Some(start..start + value.len());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        let mut len = 0_u32;
        loop {
            let element = match self.place.element(len as usize) {
                Some(place) => array.next_element_seed(self.below(place))?,
                None => array.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if element.is_none() {
                break;
            }
            len = len.saturating_add(1);
        }
        self.note(|slot| match slot {
            Field::FrameTokens => Some(Matched::Number(len)),
            Field::Error => Some(Matched::Present),
            Field::Text(Channel::ToolCall) if len > 0 => Some(Matched::Present),
            Field::Text(_) | Field::Count(_) | Field::FinishReason => None,
        });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        let mut has_members = false;
        while let Some(leads_to) = object.next_key_seed(Key(self.place))? {
            has_members = true;
            match leads_to {
                Some(place) => object.next_value_seed(self.below(place))?,
                None => object.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        self.note(|slot| match slot {
            Field::Error => Some(Matched::Present),
            Field::Text(Channel::ToolCall) if has_members => Some(Matched::Present),
            Field::Text(_) | Field::Count(_) | Field::FinishReason | Field::FrameTokens => None,
        });
        Ok(())
    }
}

/// A member's name, of which only where it leads is kept.
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
