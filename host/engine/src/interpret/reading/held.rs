//! The memory that a reading has allocated, for the budget of replies.

use super::matches::Match;
use super::{Output, Reading};

impl Reading {
    /// Bytes that it has allocated, used or not.
    pub(crate) fn held(&self) -> usize {
        let matches = &self.state.matches;
        let texts = [&self.output, &self.reasoning, &self.tool_calls, &self.results, &matches.text];
        texts.iter().map(|text| text.capacity()).sum::<usize>()
            + self.outputs.capacity() * size_of::<Output>()
            + matches.list.capacity() * size_of::<Match>()
            + self.state.so_far.held()
            + self.finish_reason.as_ref().map_or(0, String::capacity)
    }
}
