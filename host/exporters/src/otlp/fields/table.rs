//! Every field with its getter.

use super::{Datum, PointFacts, Subject};
use loadwright_core::Nanos;
use loadwright_core::metrics::Metric;
use loadwright_core::reading::Channel;
use loadwright_core::record::{Record, TokenSource};
use std::borrow::Cow;

/// Makes the list into names and getters, so that none can be without the other.
macro_rules! fields {
    ($($kind:ident { $($name:literal => |$subject:ident| $value:expr,)+ })+) => {
        /// Every field, in the order of its documentation.
        pub(super) const FIELDS: &[(&str, Getter)] = &[
            $($(($name, Getter::$kind(|$subject| $value)),)+)+
        ];
    };
}

/// How a field is found.
#[derive(Clone, Copy)]
pub(in crate::otlp) enum Getter {
    /// The same for all requests of a point.
    Point(for<'a> fn(&'a PointFacts) -> Option<Datum<'a>>),
    Text(for<'a> fn(&Subject<'a>) -> Option<Cow<'a, str>>),
    Integer(fn(&Subject<'_>) -> Option<i64>),
    Flag(fn(&Subject<'_>) -> bool),
    Number(fn(&Subject<'_>) -> Option<f64>),
    Texts(fn(&Subject<'_>) -> Option<Vec<String>>),
    Time(fn(&Record) -> Option<Nanos>),
}

fields! {
    Point {
        "operation" => |facts| Some(Datum::Text(Cow::Borrowed(facts.operation))),
        "model" => |facts| text(&facts.model).map(Datum::Text),
        "point" => |facts| text(&facts.point.name).map(Datum::Text),
        "server_address" => |facts| facts.server.as_ref()?.host_str().and_then(text).map(Datum::Text),
        "server_port" => |facts| {
            facts.server.as_ref()?.port_or_known_default().map(|port| Datum::Integer(port.into()))
        },
    }
    Text {
        "conversation" => |of| text(&of.request.record.conversation),
        "outcome" => |of| Some(Cow::Owned(of.request.record.outcome.class())),
        "error_type" => |of| error_type(&of.request.record).map(Cow::Owned),
        "error" => |of| text(&of.request.record.error),
        "finish_reason" => |of| of.request.record.finish_reason.as_deref().and_then(text),
        "input_source" => |of| source(of.request.record.input_source),
        "output_source" => |of| source(of.request.record.output_source),
        "request_id" => |of| Some(Cow::Owned(request_id(of))),
    }
    Integer {
        "requests" => |of| (!of.request.record.warmup).then_some(1),
        "seq" => |of| i64::try_from(of.request.record.seq).ok(),
        "turn" => |of| Some(of.request.record.turn.into()),
        "attempt" => |of| Some(of.request.record.attempt.into()),
        "resend_count" => |of| Some(of.request.record.attempt.into()).filter(|&count| count > 0),
        "status" => |of| of.request.record.status.map(i64::from),
        "connection" => |of| i64::try_from(of.request.record.connection).ok(),
        "input_tokens" => |of| of.request.record.usage.input_tokens.map(i64::from),
        "output_tokens" => |of| of.request.record.usage.output_tokens.map(i64::from),
        "cached_tokens" => |of| of.request.record.usage.cached_tokens.map(i64::from),
        "reasoning_tokens" => |of| of.request.record.usage.reasoning_tokens.map(i64::from),
        "accepted_tokens" => |of| of.request.record.usage.accepted_tokens.map(i64::from),
        "rejected_tokens" => |of| of.request.record.usage.rejected_tokens.map(i64::from),
        "bytes_sent" => |of| i64::try_from(of.request.record.bytes_sent).ok(),
        "bytes_received" => |of| i64::try_from(of.request.record.bytes_received).ok(),
    }
    Number {
        "duration" => |of| duration(of),
    }
    Texts {
        "finish_reasons" => |of| Some(vec![of.request.record.finish_reason.clone()?]),
    }
    Flag {
        "last_attempt" => |of| of.request.record.last_attempt,
        "warmup" => |of| of.request.record.warmup,
        "streamed" => |of| of.request.record.streamed,
        "reopened" => |of| of.request.record.reopened,
    }
    Time {
        "started" => |record| Some(started(record)),
        "scheduled" => |record| Some(record.timeline.scheduled),
        "ready" => |record| record.timeline.ready,
        "connect" => |record| record.timeline.connect.map(|connect| connect.start),
        "resolved" => |record| record.timeline.connect?.resolved,
        "connected" => |record| record.timeline.connect.map(|connect| connect.connected),
        "tls" => |record| record.timeline.connect?.tls,
        "sent" => |record| record.timeline.sent,
        "head" => |record| record.timeline.head,
        "first_output" => |record| record.frames.first().map(|frame| frame.at),
        "first_answer" => |record| first_answer(record),
        "last_output" => |record| record.frames.last().map(|frame| frame.at),
        "end" => |record| Some(record.timeline.end),
    }
}

fn text(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

fn error_type(record: &Record) -> Option<String> {
    (!record.outcome.is_ok()).then(|| record.outcome.class())
}

fn source(source: TokenSource) -> Option<Cow<'static, str>> {
    let name = match source {
        TokenSource::None => return None,
        TokenSource::Usage => "usage",
        TokenSource::Frames => "frames",
        TokenSource::Tokenizer => "tokenizer",
        TokenSource::Dataset => "dataset",
    };
    Some(Cow::Borrowed(name))
}

fn request_id(of: &Subject<'_>) -> String {
    let (record, point) = (&of.request.record, of.facts.point.index);
    format!("lw-{point}-{}-{}-{}", record.seq, record.turn, record.attempt)
}

/// When anything was done for the request: its connection opened, or its first byte sent.
fn started(record: &Record) -> Nanos {
    let timeline = &record.timeline;
    let connect = timeline.connect.map(|connect| connect.start);
    connect.or(timeline.sent).unwrap_or(timeline.scheduled)
}

/// The latency of what succeeded, by its formula; of what did not, the time until it was over.
fn duration(of: &Subject<'_>) -> Option<f64> {
    let record = &of.request.record;
    match record.outcome.is_ok() {
        true => of.measures.get(Metric::Latency),
        false => {
            let start = record.timeline.sent.unwrap_or_else(|| started(record));
            Some(record.timeline.end.saturating_sub(start) as f64 / 1e9)
        }
    }
}

fn first_answer(record: &Record) -> Option<Nanos> {
    record.frames.iter().find(|frame| frame.channel != Channel::Reasoning).map(|frame| frame.at)
}
