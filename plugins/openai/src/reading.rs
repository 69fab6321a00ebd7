//! Where in a reply things are. Chat and completions, streaming and not, have one plan: their members
//! have different names.

use crate::endpoint::Style;
use loadwright_plugin::ReadingPlan;
use loadwright_plugin::plan::Plan;

/// The mark after the last event of a stream.
const DONE: &str = "[DONE]";

/// The plan of an endpoint; `decode`: the text of a reply alone does not continue a conversation.
pub(crate) fn plan(style: Style, decode: bool) -> ReadingPlan {
    let plan = match style {
        Style::Chat | Style::Completions => usage(channels(Plan::new().done(DONE))),
        Style::Embeddings => total(Plan::new().result("/data/*/embedding")),
        // The last is that of text-embeddings-inference, whose reply is an array.
        Style::Rerank => total(Plan::new().rules("result", &["/results", "/data", "/*/score"])),
    };
    let plan = errors(plan);
    if decode { plan.next_from_decode() } else { plan }.build()
}

fn channels(plan: Plan) -> Plan {
    plan.rules(
        "output",
        &[
            "/choices/*/delta/content",
            "/choices/*/delta/refusal",
            "/choices/*/message/content",
            "/choices/*/message/refusal",
            "/choices/*/text",
        ],
    )
    .rules(
        "reasoning",
        &[
            "/choices/*/delta/reasoning_content",
            "/choices/*/delta/reasoning",
            "/choices/*/message/reasoning_content",
            "/choices/*/message/reasoning",
            // OpenRouter's, beside `reasoning` or in its place.
            "/choices/*/delta/reasoning_details/*/text",
            "/choices/*/message/reasoning_details/*/text",
            "/choices/*/delta/reasoning_details/*/summary",
            "/choices/*/message/reasoning_details/*/summary",
        ],
    )
    .rules(
        "tool-call",
        &[
            "/choices/*/delta/tool_calls/*/function/name",
            "/choices/*/delta/tool_calls/*/function/arguments",
            "/choices/*/message/tool_calls/*/function/name",
            "/choices/*/message/tool_calls/*/function/arguments",
        ],
    )
    .rules(
        "tokens",
        &["/choices/*/token_ids", "/choices/*/logprobs/content", "/choices/*/logprobs/tokens"],
    )
    .finish("/choices/*/finish_reason")
}

fn usage(plan: Plan) -> Plan {
    plan.count("input", "/usage/prompt_tokens")
        .count("output", "/usage/completion_tokens")
        // OpenAI's own name, then DeepSeek's.
        .count("cached", "/usage/prompt_tokens_details/cached_tokens")
        .count("cached", "/usage/prompt_cache_hit_tokens")
        // OpenAI's own name, then SGLang's.
        .count("reasoning", "/usage/completion_tokens_details/reasoning_tokens")
        .count("reasoning", "/usage/reasoning_tokens")
        .count("accepted", "/usage/completion_tokens_details/accepted_prediction_tokens")
        .count("rejected", "/usage/completion_tokens_details/rejected_prediction_tokens")
}

/// Usage of an endpoint that generates nothing: all tokens are input.
fn total(plan: Plan) -> Plan {
    plan.count("input", "/usage/prompt_tokens").count("input", "/usage/total_tokens")
}

fn errors(plan: Plan) -> Plan {
    // {"object": "error", "message": …}, as older servers send it.
    plan.error("/error").error("/message").when("/object", "error")
}
