//! Texts of a request that stay in the host, in the order in which the guest sees them.

use crate::bindings::bulk::loadwright::plugin::types::HeldText;
use crate::formatting::Formatting;

/// Bytes from which a text stays in the host: below, naming it costs as much as copying it.
pub(crate) const HELD_FROM: usize = 512;

/// The held texts of one request; a text's index is its position.
#[derive(Debug, Default)]
pub(crate) struct HeldTexts<'a> {
    formatting: Formatting,
    texts: Vec<&'a str>,
}

impl<'a> HeldTexts<'a> {
    pub(crate) fn new(formatting: Formatting) -> Self {
        Self { formatting, texts: Vec::new() }
    }

    /// Holds `text` if it is long enough, and the plugin takes held text.
    pub(crate) fn hold(&mut self, text: &'a str) -> Option<HeldText> {
        if !self.formatting.held_text || text.len() < HELD_FROM {
            return None;
        }
        let index = u32::try_from(self.texts.len()).ok()?;
        self.texts.push(text);
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Some(HeldText { index, size: if self.formatting.reuse_by_shape { 0 } else { size } })
    }

    /// The text at `index`.
    pub(crate) fn get(&self, index: u32) -> Option<&'a str> {
        self.texts.get(index as usize).copied()
    }
}
