//! One row of JSON: it is checked, and reduced to the members that are wanted.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Levels of nesting that a row may have: what parsers of guests take.
const DEPTH: usize = 127;

/// The row, with the members `columns` alone; no columns: as it is.
pub(super) fn project(row: Vec<u8>, columns: &[String]) -> Result<Vec<u8>, String> {
    if nesting(&row) > DEPTH {
        return Err(format!("it is nested more than {DEPTH} levels deep"));
    }
    let not_json = |error: serde_json::Error| format!("it is not JSON: {error}");
    if columns.is_empty() {
        serde_json::from_slice::<&RawValue>(&row).map_err(not_json)?;
        return Ok(row);
    }
    let mut reader = serde_json::Deserializer::from_slice(&row);
    let members = Members(columns)
        .deserialize(&mut reader)
        .and_then(|members| reader.end().map(|()| members))
        .map_err(|error| match error.is_data() {
            true => "it is not an object, so it has no columns".to_owned(),
            false => not_json(error),
        })?;
    let mut text = Vec::with_capacity(row.len());
    for (name, value) in members {
        text.push(if text.is_empty() { b'{' } else { b',' });
        serde_json::to_writer(&mut text, &name).map_err(not_json)?;
        text.push(b':');
        text.extend_from_slice(value.get().as_bytes());
    }
    if text.is_empty() {
        text.push(b'{');
    }
    text.push(b'}');
    Ok(text)
}

/// How deep brackets are nested.
fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Picks members of an object; of two with one name, the last.
struct Members<'c>(&'c [String]);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Vec<(String, &'de RawValue)>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Self::Value = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if !self.0.contains(&name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value()?;
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => members.push((name, value)),
            }
        }
        Ok(members)
    }
}
