//! How long each choice of a reply is, and why it ends there.

use crate::config::Replies;
use crate::reply::request::CompletionRequest;
use crate::reply::vocabulary::Vocabulary;
use crate::seed::mix;

/// The length of a choice and its finish reason.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) tokens: u32,
    pub(crate) finish_reason: &'static str,
}

/// The length of a choice before stop strings apply; `seed` is the reply's.
pub(crate) fn choice_length(replies: &Replies, request: &CompletionRequest, seed: u64) -> Choice {
    let range = replies.output_length.filter(|_| !request.ignore_eos);
    let drawn = range.map(|(low, high)| {
        let span = u64::from(high.saturating_sub(low)) + 1;
        let drawn = u64::from(low) + mix(seed, u64::MAX) % span;
        u32::try_from(drawn).unwrap_or(u32::MAX).max(request.min_tokens).max(1)
    });
    match (drawn, request.max_tokens) {
        (Some(tokens), Some(limit)) if tokens >= limit => {
            Choice { tokens: limit, finish_reason: "length" }
        }
        (Some(tokens), _) => Choice { tokens, finish_reason: "stop" },
        (None, Some(limit)) => Choice { tokens: limit, finish_reason: "length" },
        (None, None) => {
            let tokens = replies.default_max_tokens.max(request.min_tokens).max(1);
            Choice { tokens, finish_reason: "stop" }
        }
    }
}

/// Cuts a choice at its first stop string: it keeps the tokens before it, at least one, and at least
/// the minimum of the request.
pub(crate) fn cut_at_stop(
    choice: Choice,
    request: &CompletionRequest,
    vocabulary: &Vocabulary,
    text_seed: u64,
) -> Choice {
    if request.stop.iter().all(String::is_empty) {
        return choice;
    }
    let mut text = String::new();
    let mut token_ends = Vec::new();
    for token in 0..choice.tokens {
        vocabulary.text(text_seed, token, &mut text);
        token_ends.push(text.len());
    }
    let minimum = request.min_tokens.clamp(1, choice.tokens.max(1)) as usize;
    let Some(&from) = token_ends.get(minimum - 1) else { return choice };
    let stops = request.stop.iter().filter(|stop| !stop.is_empty());
    let Some(at) = stops.filter_map(|stop| text[from..].find(stop.as_str())).min() else {
        return choice;
    };
    let kept = token_ends.partition_point(|&end| end <= from + at);
    let tokens = u32::try_from(kept).expect("no more than there were");
    Choice { tokens, finish_reason: "stop" }
}
