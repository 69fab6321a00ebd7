//! Where in a reply things are, for streaming and whole replies of both endpoints at once: their
//! members have different names, so one plan fits all four.

use loadwright_plugin::{Field, ReadingPlan, Rule};

/// The mark behind the last event of a stream.
pub(crate) const DONE: &str = "[DONE]";

/// The plan.
pub(crate) fn plan() -> ReadingPlan {
    ReadingPlan {
        done: vec![DONE.into()],
        output: rules(&[
            "/choices/*/delta/content",
            "/choices/*/delta/refusal",
            "/choices/*/message/content",
            "/choices/*/message/refusal",
            "/choices/*/text",
        ]),
        reasoning: rules(&[
            "/choices/*/delta/reasoning_content",
            "/choices/*/delta/reasoning",
            "/choices/*/message/reasoning_content",
            "/choices/*/message/reasoning",
            // OpenRouter's, beside `reasoning` or in its place.
            "/choices/*/delta/reasoning_details/*/text",
            "/choices/*/message/reasoning_details/*/text",
            "/choices/*/delta/reasoning_details/*/summary",
            "/choices/*/message/reasoning_details/*/summary",
        ]),
        tool_calls: rules(&[
            "/choices/*/delta/tool_calls/*/function/name",
            "/choices/*/delta/tool_calls/*/function/arguments",
            "/choices/*/message/tool_calls/*/function/name",
            "/choices/*/message/tool_calls/*/function/arguments",
        ]),
        frame_tokens: rules(&[
            "/choices/*/token_ids",
            "/choices/*/logprobs/content",
            "/choices/*/logprobs/tokens",
        ]),
        finish_reason: rules(&["/choices/*/finish_reason"]),
        input_tokens: rules(&["/usage/prompt_tokens"]),
        output_tokens: rules(&["/usage/completion_tokens"]),
        // The last that is found counts: OpenAI's own spelling stands behind the others', which are
        // DeepSeek's and SGLang's.
        cached_tokens: rules(&[
            "/usage/prompt_cache_hit_tokens",
            "/usage/prompt_tokens_details/cached_tokens",
        ]),
        reasoning_tokens: rules(&[
            "/usage/reasoning_tokens",
            "/usage/completion_tokens_details/reasoning_tokens",
        ]),
        accepted_tokens: rules(&["/usage/completion_tokens_details/accepted_prediction_tokens"]),
        rejected_tokens: rules(&["/usage/completion_tokens_details/rejected_prediction_tokens"]),
        error: vec![
            rule("/error"),
            // {"object": "error", "message": …}, as older servers send it.
            Rule {
                at: "/message".into(),
                when: Some(Field { name: "/object".into(), value: "error".into() }),
            },
        ],
    }
}

fn rule(at: &str) -> Rule {
    Rule { at: at.into(), when: None }
}

fn rules(pointers: &[&str]) -> Vec<Rule> {
    pointers.iter().map(|at| rule(at)).collect()
}
