//! The fields of a request that conventions name, and their values: compiled once, so that no name is
//! looked up for a request. docs/exporters/otlp.md lists them.

use loadwright_core::Nanos;
use loadwright_core::export::{ExportPoint, ExportRequest, Measures};
use loadwright_core::labels::LabelValue;
use loadwright_core::metrics::Metric;
use loadwright_core::record::Record;
use serde_json::Value as Json;
use std::borrow::Cow;
use table::{FIELDS, Getter};
use url::Url;

mod table;
#[cfg(test)]
mod tests;

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Number(f64),
    Flag(bool),
    Texts(Vec<String>),
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
            Self::Known(Getter::Number(get)) => get(of).map(Datum::Number),
            Self::Known(Getter::Texts(get)) => get(of).map(Datum::Texts),
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
            Some(Datum::Text(_) | Datum::Texts(_)) | None => {}
        }
    }
}
