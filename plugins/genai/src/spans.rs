//! The span of a request, and its phases.

use crate::common;
use crate::shapes::{attribute, field, of_field, of_setting, present, text};
use loadwright_plugin::conventions::{Attribute, SpanKind, SpanShape, Value};

/// The request's own span, then its phases.
pub(crate) fn shapes() -> Vec<SpanShape> {
    let mut spans = vec![request()];
    spans.extend([
        phase("connect", "connect", "connected"),
        phase("tls", "connected", "tls"),
        phase("wait", "sent", "first_output"),
        phase("stream", "first_output", "last_output"),
    ]);
    spans
}

fn request() -> SpanShape {
    let mut attributes = common();
    attributes.extend(asked());
    attributes.extend(answered());
    attributes.extend(own());
    SpanShape {
        name: vec![field("operation"), field("model")],
        kind: SpanKind::Client,
        start: "started".into(),
        end: "end".into(),
        failed: vec![present("error_type")],
        attributes,
    }
}

/// What was asked for.
fn asked() -> Vec<Attribute> {
    vec![
        of_setting("gen_ai.request.stream", "stream"),
        of_setting("gen_ai.request.max_tokens", "max_tokens"),
        of_setting("gen_ai.request.temperature", "temperature"),
        of_setting("gen_ai.request.top_p", "top_p"),
        of_setting("gen_ai.request.top_k", "top_k"),
        of_setting("gen_ai.request.frequency_penalty", "frequency_penalty"),
        of_setting("gen_ai.request.stop_sequences", "stop"),
        of_setting("gen_ai.request.choice.count", "n_choices"),
        of_field("gen_ai.conversation.id", "conversation"),
    ]
}

/// What came of it.
fn answered() -> Vec<Attribute> {
    vec![
        of_field("gen_ai.response.time_to_first_chunk", "ttft"),
        of_field("gen_ai.response.finish_reasons", "finish_reasons"),
        of_field("gen_ai.usage.input_tokens", "input_tokens"),
        of_field("gen_ai.usage.output_tokens", "output_tokens"),
        of_field("gen_ai.usage.cache_read.input_tokens", "cached_tokens"),
        of_field("gen_ai.usage.reasoning.output_tokens", "reasoning_tokens"),
        of_field("error.type", "error_type"),
        of_field("http.response.status_code", "status"),
        of_field("http.request.resend_count", "resend_count"),
    ]
}

/// What the conventions have no name for.
fn own() -> Vec<Attribute> {
    vec![
        of_field("loadwright.request.id", "request_id"),
        of_field("loadwright.seq", "seq"),
        of_field("loadwright.turn", "turn"),
        of_field("loadwright.warmup", "warmup"),
        of_field("loadwright.latency", "latency"),
        of_field("loadwright.tpot", "tpot"),
        of_field("loadwright.dispatch_delay", "dispatch_delay"),
    ]
}

fn phase(name: &str, start: &str, end: &str) -> SpanShape {
    SpanShape {
        name: vec![text(name)],
        kind: SpanKind::Internal,
        start: start.into(),
        end: end.into(),
        failed: Vec::new(),
        attributes: vec![attribute("loadwright.phase", Value::Text(name.into()))],
    }
}
