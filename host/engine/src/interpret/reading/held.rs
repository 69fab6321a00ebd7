//! What a reading holds of the machine's memory, for the budget of replies.

use super::walk::Match;
use super::{Output, Reading};

impl Reading {
    /// Bytes that it has taken for what it read, used or not.
    pub(crate) fn held(&self) -> usize {
        let texts = [&self.output, &self.reasoning, &self.tool_calls, &self.between.notes.text];
        texts.iter().map(|text| text.capacity()).sum::<usize>()
            + self.outputs.capacity() * size_of::<Output>()
            + self.between.notes.found.capacity() * size_of::<Match>()
            + self.finish_reason.as_ref().map_or(0, String::capacity)
    }
}
