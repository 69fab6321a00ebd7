//! Visits the values of one frame, once, along the tree of rules, and collects those that a rule
//! points to. The rest of the frame is only checked to be JSON; nothing is allocated for it.

use super::guards::{Scalar, Test};
use super::matches::{Found, Matches};
use super::pointer::element_place;
use super::rules::Rules;
use super::tree::Node;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Why a frame is not JSON.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotJson {
    #[error(transparent)]
    Encoding(#[from] std::str::Utf8Error),
    #[error(transparent)]
    Syntax(#[from] serde_json::Error),
}

/// Collects what the rules match in `frame`, the event of which set these guards.
pub(super) fn collect(
    matches: &mut Matches,
    rules: &Rules,
    event_guards: u64,
    frame: &[u8],
) -> Result<(), NotJson> {
    matches.begin(frame, event_guards);
    let mut json = serde_json::Deserializer::from_str(std::str::from_utf8(frame)?);
    FrameVisitor { rules, node: &rules.nodes[0], matches }.deserialize(&mut json)?;
    json.end()?;
    matches.sort();
    Ok(())
}

/// Collects what the rules match in a frame that is a text.
pub(super) fn collect_text(matches: &mut Matches, rules: &Rules, event_guards: u64, text: &str) {
    matches.begin(text.as_bytes(), event_guards);
    FrameVisitor { rules, node: &rules.nodes[0], matches }.text(text);
    matches.sort();
}

/// Visits the value at one place of the frame.
struct FrameVisitor<'a> {
    rules: &'a Rules,
    node: &'a Node,
    matches: &'a mut Matches,
}

impl FrameVisitor<'_> {
    #[inline]
    fn child(&mut self, node: u16) -> FrameVisitor<'_> {
        let node = &self.rules.nodes[usize::from(node)];
        FrameVisitor { rules: self.rules, node, matches: self.matches }
    }

    /// Whether a rule takes the text.
    #[inline]
    fn text(&mut self, text: &str) -> bool {
        if !self.node.is_leaf {
            return false;
        }
        self.matches.note(self.rules, self.node, |test| test.is_text(text));
        !self.node.rules.is_empty() && self.matches.add_text(self.rules, self.node, text)
    }

    /// The next element, if there is one, with its own guards.
    #[inline]
    fn element<'de, A: SeqAccess<'de>>(
        &mut self,
        node: u16,
        array: &mut A,
    ) -> Result<Option<()>, A::Error> {
        let rules = self.rules;
        let of_element = &rules.nodes[usize::from(node)];
        if of_element.scopes.is_empty() {
            return array.next_element_seed(self.child(node));
        }
        let first = self.matches.list.len();
        self.matches.begin_element(rules, of_element);
        let element = array.next_element_seed(self.child(node))?;
        self.matches.end_element(rules, of_element, first);
        Ok(element)
    }

    #[inline(always)]
    fn scalar(&mut self, scalar: Scalar, found: Found) {
        if self.node.is_leaf {
            self.matches.note(self.rules, self.node, |test| test.is_scalar(scalar));
            self.matches.add(self.rules, self.node, found);
        }
    }

    /// An array or an object is present, and equal to no text.
    #[inline]
    fn container(&mut self, found: Found) {
        if self.node.is_leaf {
            self.matches.note(self.rules, self.node, |test| *test == Test::Present);
            self.matches.add(self.rules, self.node, found);
        }
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
        self.scalar(Scalar::Bool(value), Found::Bool(value));
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.scalar(Scalar::Unsigned(value), Found::Whole(value));
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.scalar(Scalar::Negative(value), Found::Number(value as f64));
        Ok(())
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        self.scalar(Scalar::Fraction(value.to_bits()), Found::Number(value));
        Ok(())
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<(), E> {
        self.text(value);
        Ok(())
    }

    fn visit_borrowed_str<E: Error>(mut self, value: &'de str) -> Result<(), E> {
        if self.text(value) && self.node.guards.is_empty() {
            self.matches.set_unescaped(value);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        let mut len = 0_usize;
        let around = self.matches.place;
        loop {
            let element = match self.node.element(len) {
                Some(node) => {
                    self.matches.place = element_place(around, len);
                    self.element(node, &mut array)?
                }
                None => array.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if element.is_none() {
                break;
            }
            len += 1;
        }
        self.matches.place = around;
        self.container(Found::Array(len));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        let mut is_empty = true;
        while let Some(node) = object.next_key_seed(Key(self.node))? {
            is_empty = false;
            match node {
                Some(node) => object.next_value_seed(self.child(node))?,
                None => object.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        self.container(Found::Object { is_empty });
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
