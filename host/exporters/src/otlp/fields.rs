//! The fields of a request that conventions name, and their values: compiled once, so that no name is
//! looked up for a request. docs/exporters/otlp.md lists them.

use loadwright_core::Nanos;
use loadwright_core::export::{ExportPoint, ExportRequest, Measures};
use loadwright_core::labels::LabelValue;
use loadwright_core::metrics::Metric;
use loadwright_core::reading::Channel;
use loadwright_core::record::{Record, TokenSource};
use serde_json::Value as Json;
use std::borrow::Cow;
use url::Url;

#[cfg(test)]
mod tests;

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

/// What requests of one point share.
#[derive(Debug, Clone, Default)]
pub(super) struct PointFacts {
    pub(super) point: ExportPoint,
    pub(super) settings: Json,
    model: String,
    operation: &'static str,
    server: Option<Url>,
}

impl PointFacts {
    pub(super) fn new(point: &ExportPoint, model: &str) -> Self {
        let settings: Json = serde_json::from_str(&point.settings).unwrap_or_default();
        let server = settings["url"].as_str().and_then(|url| Url::parse(url).ok());
        let operation = operation(server.as_ref().map_or("", |url| url.path()));
        Self { point: point.clone(), settings, model: model.into(), operation, server }
    }
}

/// The operation of the GenAI conventions that requests to `path` are.
fn operation(path: &str) -> &'static str {
    const KNOWN: [(&str, &str); 6] = [
        ("/chat/completions", "chat"),
        ("/completions", "text_completion"),
        ("/embeddings", "embeddings"),
        ("generateContent", "generate_content"),
        ("/images/generations", "generate_content"),
        ("/api/generate", "text_completion"),
    ];
    let path = path.trim_end_matches('/');
    KNOWN.iter().find(|(end, _)| path.ends_with(end)).map_or("chat", |(_, operation)| operation)
}

/// One attempt with what its point says.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) facts: &'a PointFacts,
    pub(super) request: &'a ExportRequest,
    pub(super) measures: Measures<'a>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(facts: &'a PointFacts, request: &'a ExportRequest) -> Self {
        Self { facts, request, measures: Measures::of(&request.record, facts.point.choices) }
    }
}

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
pub(super) enum Getter {
    /// The same for all requests of a point.
    Point(for<'a> fn(&'a PointFacts) -> Option<Datum<'a>>),
    Text(for<'a> fn(&Subject<'a>) -> Option<Cow<'a, str>>),
    Integer(fn(&Subject<'_>) -> Option<i64>),
    Flag(fn(&Subject<'_>) -> bool),
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

fn first_answer(record: &Record) -> Option<Nanos> {
    record.frames.iter().find(|frame| frame.channel != Channel::Reasoning).map(|frame| frame.at)
}

/// A field, found by its name once.
#[derive(Clone)]
pub(super) enum Field {
    Known(Getter),
    /// A metric of requests: docs/MEASUREMENT.md.
    Metric(Metric),
    /// Every gap between output frames.
    Gaps,
    /// `labels.NAME`: what the dataset says of the conversation.
    Label(String),
    /// `metrics.NAME`: what the service reports of itself.
    Service(String),
}

impl Field {
    /// The field `name`.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        if let Some((_, getter)) = FIELDS.iter().find(|(known, _)| *known == name) {
            return Ok(Self::Known(*getter));
        }
        if let Some(label) = name.strip_prefix("labels.") {
            return Ok(Self::Label(label.into()));
        }
        if let Some(metric) = name.strip_prefix("metrics.") {
            return Ok(Self::Service(metric.into()));
        }
        match Metric::try_from(name.to_owned()) {
            Ok(Metric::Itl) => Ok(Self::Gaps),
            Ok(metric) if metric.is_distribution() => Ok(Self::Metric(metric)),
            Ok(_) | Err(_) => Err(format!("`{name}` is no field of a request")),
        }
    }

    /// What a metric of the field `name` measures: where summaries have a metric of this name, that one,
    /// which counts the requests that count there.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn measured(name: &str) -> Result<Self, String> {
        let metric = Metric::try_from(name.to_owned()).ok().filter(|one| one.is_distribution());
        match metric {
            Some(metric) if metric != Metric::Itl => Ok(Self::Metric(metric)),
            Some(_) | None => Self::named(name),
        }
    }

    /// Its value for `of`; times are seconds on the point's clock.
    pub(super) fn get<'a>(&self, of: &Subject<'a>) -> Option<Datum<'a>> {
        match self {
            Self::Known(Getter::Point(get)) => get(of.facts),
            Self::Known(Getter::Text(get)) => get(of).map(Datum::Text),
            Self::Known(Getter::Integer(get)) => get(of).map(Datum::Integer),
            Self::Known(Getter::Flag(get)) => Some(Datum::Flag(get(of))),
            Self::Known(Getter::Time(get)) => {
                get(&of.request.record).map(|at| Datum::Number(of.facts.point.seconds(at)))
            }
            Self::Metric(metric) => of.measures.get(*metric).map(Datum::Number),
            Self::Gaps => None,
            Self::Label(name) => {
                let mut labels = of.request.record.labels.iter();
                labels.find(|(label, _)| label == name).map(|(_, value)| match value {
                    LabelValue::Text(text) => Datum::Text(Cow::Owned(text.clone())),
                    LabelValue::Number(number) => {
                        Datum::Number(number.as_f64().unwrap_or_default())
                    }
                })
            }
            Self::Service(name) => {
                let mut metrics = of.request.record.metrics.iter();
                metrics.find(|told| *told.name == **name).map(|told| Datum::Number(told.value))
            }
        }
    }

    /// Its value for a point; none: requests have it.
    pub(super) fn of_point<'a>(&self, facts: &'a PointFacts) -> Option<Datum<'a>> {
        match self {
            Self::Known(Getter::Point(get)) => get(facts),
            _ => None,
        }
    }

    /// The time that it is; none: it is no time, or does not exist.
    pub(super) fn time(&self, record: &Record) -> Option<Nanos> {
        match self {
            Self::Known(Getter::Time(get)) => get(record),
            _ => None,
        }
    }

    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Known(Getter::Time(_)))
    }

    /// What it measures of `of`: none, one or many numbers.
    pub(super) fn numbers(&self, of: &Subject<'_>, mut take: impl FnMut(f64)) {
        if let Self::Gaps = self {
            return of.measures.gaps().for_each(take);
        }
        match self.get(of) {
            Some(Datum::Number(number)) => take(number),
            Some(Datum::Integer(number)) => take(number as f64),
            Some(Datum::Flag(flag)) => take(f64::from(u8::from(flag))),
            Some(Datum::Text(_)) | None => {}
        }
    }
}
