//! Whose token counts a record carries, and the client's own beside the service's.

use super::Interpreter;
use crate::interpret::classify;
use crate::interpret::reading::Reading;
use crate::messages::Landed;
use loadwright_core::conversation::Prompt;
use loadwright_core::ports::Fault;

/// Bytes of a reply's text at most for its tokens to be counted: a tokenizer takes seconds for more,
/// and a hundred times the memory.
const COUNTED: usize = 8 * 1024 * 1024;

impl Interpreter<'_> {
    pub(super) fn tokens(&self, landed: &Landed, reading: &Reading) -> classify::Tokens {
        let input = || landed.job.prompt.as_ref().and_then(|prompt| self.count_input(prompt));
        classify::tokens(reading, landed.job.input_tokens, input, || self.count_output(reading))
    }

    /// The tokenizer's own count beside the service's, for a sample of the replies: counting all of
    /// them would cost more than the rest of the engine.
    pub(super) fn counted(
        &self,
        landed: &Landed,
        reading: &Reading,
        tokens: &classify::Tokens,
    ) -> Option<u32> {
        let seq = landed.attempt.seq;
        let sampled = seq < 64 || seq.is_multiple_of(16);
        let usage = tokens.output_source == loadwright_core::record::TokenSource::Usage;
        if sampled && usage && landed.end.is_ok() { self.count_output(reading) } else { None }
    }

    fn count_input(&self, prompt: &Prompt) -> Option<u32> {
        let tokenizer = self.point.ports.tokenizer.as_ref()?;
        let counted: Result<u32, Fault> = match prompt {
            Prompt::Text(text) => tokenizer.count_text(text),
            Prompt::Messages(messages) => tokenizer.count_chat(messages),
            Prompt::Tokens(tokens) => return u32::try_from(tokens.len()).ok(),
            Prompt::Inputs(inputs) => inputs.iter().map(|text| tokenizer.count_text(text)).sum(),
            Prompt::Ranking { .. } | Prompt::Body(_) => return None,
        };
        counted.ok()
    }

    fn count_output(&self, reading: &Reading) -> Option<u32> {
        let tokenizer = self.point.ports.tokenizer.as_ref()?;
        let count = |text: &str| {
            if text.is_empty() { Some(0) } else { Some(tokenizer.encode(text).ok()?.len()) }
        };
        let texts = [&reading.reasoning, &reading.output, &reading.tool_calls];
        if texts.iter().map(|text| text.len()).sum::<usize>() > COUNTED {
            return None;
        }
        let total =
            count(&reading.reasoning)? + count(&reading.output)? + count(&reading.tool_calls)?;
        u32::try_from(total).ok()
    }
}
