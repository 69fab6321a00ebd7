//! The memory that a reading has allocated, for the budget of replies.

use super::matches::{Match, Matches};
use super::{Output, Reading};

impl Reading {
    /// Bytes that it has allocated, used or not.
    pub(crate) fn held(&self) -> usize {
        let texts = [&self.output, &self.reasoning, &self.tool_calls, &self.results];
        texts.iter().map(|text| text.capacity()).sum::<usize>()
            + self.outputs.capacity() * size_of::<Output>()
            + self.state.matches.as_deref().map_or(0, held_by)
            + self.state.so_far.held()
            + self.finish_reason.as_ref().map_or(0, String::capacity)
    }
}

fn held_by(matches: &Matches) -> usize {
    size_of::<Matches>() + matches.text.capacity() + matches.list.capacity() * size_of::<Match>()
}
