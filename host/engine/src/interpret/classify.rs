//! Classifies exchanges: the outcome, and the sources of token counts. Pure.

use crate::interpret::reading::Reading;
use crate::messages::Failure;
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::reading::Usage;
use loadwright_core::record::TokenSource;

/// What the transport knows of an exchange.
pub(crate) struct ExchangeFacts<'a> {
    /// How the exchange ended on the connection.
    pub(crate) end: &'a Result<(), Failure>,
    /// The status, if a head was read.
    pub(crate) status: Option<u16>,
    /// The start of an error's body.
    pub(crate) error_body: &'a [u8],
    /// Whether the reply came as a stream whose end must be marked.
    pub(crate) needs_end_mark: bool,
    /// Whether data came before the request was sent.
    pub(crate) replied_before_sent: bool,
}

/// The outcome, and what went wrong in words.
pub(crate) fn outcome(facts: &ExchangeFacts<'_>, reading: &Reading) -> (Outcome, String) {
    if let Err(failure) = facts.end {
        // After its end mark a reply is complete, however long the server then kept the connection
        // and however that ended. And a bad status says more than the end of a connection that a
        // refusing server closes early.
        let forgiven = match failure.outcome {
            Outcome::Truncated | Outcome::Reset => reading.done || facts.status.is_some_and(is_bad),
            // An error whose body is endless is still that error.
            Outcome::TooLarge => facts.status.is_some_and(is_bad),
            Outcome::Timeout(Stage::Read | Stage::Total) => reading.done,
            _ => false,
        };
        if !forgiven {
            return (failure.outcome, failure.detail.clone());
        }
    }
    match facts.status {
        Some(status) if is_bad(status) => {
            let body = String::from_utf8_lossy(facts.error_body).trim().to_owned();
            (Outcome::Status(status), body)
        }
        _ => content(facts, reading),
    }
}

fn is_bad(status: u16) -> bool {
    !(200..300).contains(&status)
}

/// The outcome of a reply that arrived with a good status.
fn content(facts: &ExchangeFacts<'_>, reading: &Reading) -> (Outcome, String) {
    // The connection rejects such a reply when it comes. This makes sure that none becomes a
    // negative latency, by whatever way it came.
    if facts.replied_before_sent {
        let failure = Failure::unsolicited(facts.status);
        return (failure.outcome, failure.detail);
    }
    if let Some(error) = &reading.error {
        return (Outcome::StreamError, error.clone());
    }
    // Usage that reports a token without text means a special token: that is output too.
    let produced = reading.usage.output_tokens.or(reading.frame_tokens).unwrap_or(0);
    let has_output = !reading.outputs.is_empty() || produced > 0;
    let has_end = reading.done || reading.finish_reason.is_some();
    // A keep-alive line between the frames of a whole reply takes nothing from it.
    let is_forgiven = !reading.damaged && has_output && has_end;
    if let Some(unreadable) = &reading.unreadable
        && !is_forgiven
    {
        return (Outcome::Malformed, unreadable.clone());
    }
    if facts.needs_end_mark && !has_end {
        let text = "the stream ended without its end mark and without a finish reason";
        return (Outcome::Truncated, text.to_owned());
    }
    if !has_output {
        return (Outcome::Empty, "the reply has no output".to_owned());
    }
    (Outcome::Ok, String::new())
}

/// Token counts with their sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TokenCounts {
    pub(crate) usage: Usage,
    pub(crate) input_source: TokenSource,
    pub(crate) output_source: TokenSource,
}

/// Takes each count from the first source that has it: usage, then frames (output) or the dataset
/// (input), then the tokenizer. Frames are never counted as tokens.
pub(crate) fn token_counts(
    reading: &Reading,
    dataset_input: Option<u32>,
    count_input: impl FnOnce() -> Option<u32>,
    count_output: impl FnOnce() -> Option<u32>,
) -> TokenCounts {
    let mut usage = reading.usage;
    let (input, input_source) =
        first([(usage.input_tokens, TokenSource::Usage), (dataset_input, TokenSource::Dataset)])
            .or_else(|| count_input().map(|count| (count, TokenSource::Tokenizer)))
            .map_or((None, TokenSource::None), |(count, source)| (Some(count), source));
    let (output, output_source) = first([
        (usage.output_tokens, TokenSource::Usage),
        (reading.frame_tokens, TokenSource::Frames),
    ])
    .or_else(|| count_output().map(|count| (count, TokenSource::Tokenizer)))
    .map_or((None, TokenSource::None), |(count, source)| (Some(count), source));
    usage.input_tokens = input;
    usage.output_tokens = output;
    TokenCounts { usage, input_source, output_source }
}

fn first(counts: [(Option<u32>, TokenSource); 2]) -> Option<(u32, TokenSource)> {
    counts.into_iter().find_map(|(count, source)| count.map(|count| (count, source)))
}

#[cfg(test)]
mod tests;
