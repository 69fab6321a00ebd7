//! What rules for cumulative texts and counts found before, so that what is new in a frame is known.

use std::collections::HashMap;

/// A place of a rule: the rule, and the number of the place.
pub(super) type PlaceOfRule = (u16, u64);

/// Places that are remembered at most. What further ones hold is taken whole.
const MAX_PLACES: usize = 1024;

/// What was found last, by rule and place.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    texts: HashMap<PlaceOfRule, String>,
    counts: HashMap<PlaceOfRule, u32>,
    /// Bytes that the texts have allocated.
    allocated: usize,
}

impl SoFar {
    /// What `text` adds to the text before at this place; all of it, if it does not continue that.
    pub(super) fn new_text<'t>(&mut self, place: PlaceOfRule, text: &'t str) -> &'t str {
        if self.texts.len() == MAX_PLACES && !self.texts.contains_key(&place) {
            return text;
        }
        let before = self.texts.entry(place).or_default();
        let capacity = before.capacity();
        let new = match text.strip_prefix(before.as_str()) {
            Some(new) => new,
            None => {
                before.clear();
                text
            }
        };
        before.push_str(new);
        self.allocated += before.capacity() - capacity;
        new
    }

    /// What `count` adds to the count before at this place.
    pub(super) fn new_count(&mut self, place: PlaceOfRule, count: u32) -> u32 {
        if self.counts.len() == MAX_PLACES && !self.counts.contains_key(&place) {
            return count;
        }
        let before = self.counts.insert(place, count);
        count.saturating_sub(before.unwrap_or(0))
    }

    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.counts.clear();
        self.allocated = 0;
    }

    /// Bytes that it has allocated, about.
    pub(super) fn held(&self) -> usize {
        self.allocated
            + self.texts.capacity() * size_of::<(PlaceOfRule, String)>()
            + self.counts.capacity() * size_of::<(PlaceOfRule, u32)>()
    }
}
