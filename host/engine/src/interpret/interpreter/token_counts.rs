//! The token counts of a record, and the tokenizer's own count to compare with the service's.

use super::Interpreter;
use crate::interpret::classify::{TokenCounts, token_counts};
use crate::interpret::reading::Reading;
use crate::messages::FinishedAttempt;
use loadwright_core::conversation::{Part, Prompt};
use loadwright_core::ports::Fault;
use loadwright_core::record::TokenSource;

/// The most bytes of text whose tokens are counted: a tokenizer takes seconds for more, and a
/// hundred times the memory.
const MAX_COUNTED: usize = 8 * 1024 * 1024;

impl Interpreter {
    pub(super) fn token_counts(
        &self,
        finished: &FinishedAttempt,
        reading: &Reading,
    ) -> TokenCounts {
        let input = || finished.turn.prompt.as_ref().and_then(|prompt| self.count_input(prompt));
        token_counts(reading, finished.turn.input_tokens, input, || self.count_output(reading))
    }

    /// The tokenizer's own count of a reply for which the service reported one. Only a sample of the
    /// replies is counted: all of them would cost more than the rest of the engine.
    pub(super) fn sampled_output_count(
        &self,
        finished: &FinishedAttempt,
        reading: &Reading,
        counts: &TokenCounts,
    ) -> Option<u32> {
        let seq = finished.id.seq;
        let is_sampled = seq < 64 || seq.is_multiple_of(16);
        let is_reported = counts.output_source == TokenSource::Usage;
        if is_sampled && is_reported && finished.end.is_ok() {
            self.count_output(reading)
        } else {
            None
        }
    }

    fn count_input(&self, prompt: &Prompt) -> Option<u32> {
        let tokenizer = self.context.point.ports.tokenizer.as_ref()?;
        let counted: Result<u32, Fault> = match prompt {
            Prompt::Text(text) => tokenizer.count_text(text),
            Prompt::Messages(messages) => tokenizer.count_chat(messages),
            Prompt::Tokens(tokens) => return u32::try_from(tokens.len()).ok(),
            Prompt::Inputs(inputs) => {
                let texts: Option<Vec<&str>> = inputs.iter().flatten().map(text_of).collect();
                texts?.into_iter().map(|text| tokenizer.count_text(text)).sum()
            }
            Prompt::Ranking { .. } | Prompt::Body(_) | Prompt::Custom { .. } => return None,
        };
        counted.ok()
    }

    fn count_output(&self, reading: &Reading) -> Option<u32> {
        let tokenizer = self.context.point.ports.tokenizer.as_ref()?;
        let count = |text: &str| {
            if text.is_empty() { Some(0) } else { Some(tokenizer.encode(text).ok()?.len()) }
        };
        let texts = [&reading.reasoning, &reading.output, &reading.tool_calls];
        if texts.iter().map(|text| text.len()).sum::<usize>() > MAX_COUNTED {
            return None;
        }
        let total =
            count(&reading.reasoning)? + count(&reading.output)? + count(&reading.tool_calls)?;
        u32::try_from(total).ok()
    }
}

/// The text of a part; `None`: it is media.
fn text_of(part: &Part) -> Option<&str> {
    match part {
        Part::Text(text) => Some(text),
        Part::Media(_) | Part::Link(_) => None,
    }
}
