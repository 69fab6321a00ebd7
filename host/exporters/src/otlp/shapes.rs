//! What a conventions plugin describes, compiled: names of fields become getters.

use super::fields::{Datum, Field, PointFacts, Subject};
use loadwright_core::export::telemetry::{
    Attribute, Condition, Instrument, MetricShape, Shapes, SpanKind, SpanShape, Test, Value,
};
use opentelemetry::KeyValue;
use serde_json::Value as Json;
use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// The most spans of a request, metrics, and attributes of one of them.
const MOST_SPANS: usize = 16;
const MOST_METRICS: usize = 64;
const MOST_ATTRIBUTES: usize = 64;
/// The longest name or text, in bytes.
const LONGEST: usize = 1024;

/// Everything that a plugin described.
pub(super) struct Compiled {
    pub(super) service: Vec<Labelled>,
    pub(super) spans: Vec<Span>,
    pub(super) metrics: Vec<MetricOf>,
    pub(super) link_turns: bool,
}

/// A value of an attribute.
enum Source {
    Fixed(opentelemetry::Value),
    Field(Field),
    Setting(String),
}

/// An attribute.
pub(super) struct Labelled {
    key: String,
    source: Source,
    when: Vec<Checked>,
}

/// A condition.
pub(super) struct Checked {
    field: Field,
    test: Test,
}

/// A span.
pub(super) struct Span {
    name: Vec<Source>,
    pub(super) kind: SpanKind,
    pub(super) start: Field,
    pub(super) end: Field,
    pub(super) failed: Vec<Checked>,
    pub(super) attributes: Vec<Labelled>,
}

/// What a metric measures.
pub(super) enum Measured {
    Request(Field),
    /// A metric of rows, by its name.
    Row(String),
}

/// A metric.
pub(super) struct MetricOf {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) description: String,
    pub(super) instrument: Instrument,
    pub(super) measured: Measured,
    pub(super) scale: f64,
    pub(super) attributes: Vec<Labelled>,
    /// The first metric with the same attributes.
    pub(super) alike: usize,
}

impl Compiled {
    /// Compiles `shapes`.
    ///
    /// # Errors
    /// A field does not exist, or there is too much of something.
    pub(super) fn new(shapes: Shapes) -> Result<Self, String> {
        most(shapes.spans.len(), MOST_SPANS, "spans")?;
        most(shapes.metrics.len(), MOST_METRICS, "metrics")?;
        let alike = alike(&shapes.metrics);
        let metrics = shapes.metrics.into_iter().zip(alike);
        Ok(Self {
            service: attributes(shapes.service)?,
            spans: shapes.spans.into_iter().map(span).collect::<Result<_, _>>()?,
            metrics: metrics
                .map(|(shape, alike)| metric(shape, alike))
                .collect::<Result<_, _>>()?,
            link_turns: shapes.link_turns,
        })
    }
}

fn most(count: usize, most: usize, what: &str) -> Result<(), String> {
    if count > most { Err(format!("{count} {what} are more than {most}")) } else { Ok(()) }
}

fn span(shape: SpanShape) -> Result<Span, String> {
    let time = |name: &str| {
        let field = Field::named(name)?;
        if field.is_time() { Ok(field) } else { Err(format!("`{name}` is no time of a request")) }
    };
    most(shape.name.len(), MOST_ATTRIBUTES, "parts of a name")?;
    Ok(Span {
        name: shape.name.into_iter().map(source).collect::<Result<_, _>>()?,
        kind: shape.kind,
        start: time(&shape.start)?,
        end: time(&shape.end)?,
        failed: conditions(shape.failed)?,
        attributes: attributes(shape.attributes)?,
    })
}

/// For each metric, the first with the same attributes: they are evaluated once for all of those.
fn alike(metrics: &[MetricShape]) -> Vec<usize> {
    let first = |shape: &MetricShape| {
        metrics.iter().position(|other| other.attributes == shape.attributes).unwrap_or_default()
    };
    metrics.iter().map(first).collect()
}

fn metric(shape: MetricShape, alike: usize) -> Result<MetricOf, String> {
    for part in [&shape.name, &shape.unit, &shape.description] {
        most(part.len(), LONGEST, "bytes of a metric's name, unit or description")?;
    }
    if !shape.scale.is_finite() {
        return Err(format!("the scale of `{}` is not a number", shape.name));
    }
    let measured = match shape.per_row {
        true => Measured::Row(shape.value),
        false => Measured::Request(Field::measured(&shape.value)?),
    };
    Ok(MetricOf {
        name: shape.name,
        unit: shape.unit,
        description: shape.description,
        instrument: shape.instrument,
        measured,
        scale: shape.scale,
        attributes: attributes(shape.attributes)?,
        alike,
    })
}

fn attributes(attributes: Vec<Attribute>) -> Result<Vec<Labelled>, String> {
    most(attributes.len(), MOST_ATTRIBUTES, "attributes")?;
    let compile = |attribute: Attribute| {
        most(attribute.key.len(), LONGEST, "bytes of an attribute's key")?;
        let when = conditions(attribute.when)?;
        Ok(Labelled { key: attribute.key, source: source(attribute.value)?, when })
    };
    attributes.into_iter().map(compile).collect()
}

fn conditions(conditions: Vec<Condition>) -> Result<Vec<Checked>, String> {
    most(conditions.len(), MOST_ATTRIBUTES, "conditions")?;
    let compile = |condition: Condition| {
        Ok(Checked { field: Field::named(&condition.field)?, test: condition.test })
    };
    conditions.into_iter().map(compile).collect()
}

fn source(value: Value) -> Result<Source, String> {
    Ok(match value {
        Value::Text(text) => {
            most(text.len(), LONGEST, "bytes of a text")?;
            Source::Fixed(text.into())
        }
        Value::Number(number) => Source::Fixed(number.into()),
        Value::Integer(number) => Source::Fixed((number as i64).into()),
        Value::Flag(flag) => Source::Fixed(flag.into()),
        Value::Field(name) => Source::Field(Field::named(&name)?),
        Value::Setting(path) => Source::Setting(path),
    })
}

impl Source {
    fn value(&self, of: &Subject<'_>) -> Option<opentelemetry::Value> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Field(field) => field.get(of).map(value),
            Self::Setting(path) => setting(&of.facts.settings, path),
        }
    }
}

fn value(datum: Datum<'_>) -> opentelemetry::Value {
    match datum {
        Datum::Text(text) => text.into_owned().into(),
        Datum::Integer(number) => number.into(),
        Datum::Number(number) => number.into(),
        Datum::Flag(flag) => flag.into(),
        Datum::Texts(texts) => list(texts),
    }
}

fn list(texts: Vec<String>) -> opentelemetry::Value {
    let texts = texts.into_iter().map(Into::into).collect();
    opentelemetry::Value::Array(opentelemetry::Array::String(texts))
}

/// The setting at `path`: names with dots between.
fn setting(settings: &Json, path: &str) -> Option<opentelemetry::Value> {
    let found = settings
        .get(path)
        .or_else(|| path.split('.').try_fold(settings, |inside, name| inside.get(name)))?;
    match found {
        Json::String(text) if !text.is_empty() => Some(text.clone().into()),
        Json::Bool(flag) => Some((*flag).into()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => number.as_f64().map(Into::into),
        },
        Json::Array(parts) if !parts.is_empty() => {
            let texts: Option<Vec<_>> =
                parts.iter().map(|part| part.as_str().map(str::to_owned)).collect();
            texts.map(list)
        }
        _ => None,
    }
}

impl Checked {
    pub(super) fn holds(&self, of: &Subject<'_>) -> bool {
        let datum = self.field.get(of);
        match &self.test {
            Test::Present => datum.is_some(),
            Test::Absent => datum.is_none(),
            Test::Is(text) => datum.is_some_and(|datum| match datum {
                Datum::Text(found) => found == *text,
                Datum::Integer(number) => number.to_string() == *text,
                Datum::Number(number) => number.to_string() == *text,
                Datum::Flag(flag) => flag.to_string() == *text,
                Datum::Texts(found) => found.contains(text),
            }),
        }
    }
}

/// The attributes that exist for `of`.
pub(super) fn evaluate(attributes: &[Labelled], of: &Subject<'_>) -> Vec<KeyValue> {
    let exists = |attribute: &&Labelled| attribute.when.iter().all(|check| check.holds(of));
    let pair = |attribute: &Labelled| {
        Some(KeyValue::new(attribute.key.clone(), attribute.source.value(of)?))
    };
    attributes.iter().filter(exists).filter_map(pair).collect()
}

/// Attributes that need no request: fixed values, settings, and what all requests of a point share.
pub(super) fn fixed(attributes: &[Labelled], facts: &PointFacts) -> Vec<KeyValue> {
    let found = |attribute: &Labelled| match &attribute.source {
        Source::Fixed(value) => Some(value.clone()),
        Source::Setting(path) => setting(&facts.settings, path),
        Source::Field(field) => field.of_point(facts).map(value),
    };
    let unconditional = attributes.iter().filter(|attribute| attribute.when.is_empty());
    let pair = |one: &Labelled| Some(KeyValue::new(one.key.clone(), found(one)?));
    unconditional.filter_map(pair).collect()
}

impl Span {
    /// Its name: the parts that exist, with a blank between.
    pub(super) fn name(&self, of: &Subject<'_>) -> String {
        let mut name = String::new();
        for value in self.name.iter().filter_map(|part| part.value(of)) {
            let blank = if name.is_empty() { "" } else { " " };
            write!(name, "{blank}{}", value.as_str()).expect("writing to memory cannot fail");
        }
        name
    }
}
