//! What a conventions plugin describes, converted and bounded.

use crate::bindings::conventions::exports::loadwright::plugin::conventions as contract;
use crate::call::Call;
use crate::exports::ConventionsExports;
use crate::instance::{Instance, InstanceFactory};
use loadwright_core::export::telemetry::{
    Attribute, Condition, Instrument, MetricShape, Shapes, SpanKind, SpanShape, Test, Value,
};
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use std::sync::Arc;

/// The most spans, metrics, attributes of one, and parts of a name.
const SPANS: usize = 16;
const METRICS: usize = 64;
const ATTRIBUTES: usize = 64;

/// The longest text in bytes.
const LONGEST: usize = 1024;

/// Calls `telemetry`.
///
/// # Errors
/// The plugin failed, or described more than it may.
pub(crate) fn shapes(
    factory: InstanceFactory<ConventionsExports>,
) -> Result<Shapes, PluginFailure> {
    const CALL: Call = Call::of("telemetry");
    let factory = Arc::new(factory);
    let mut instance = Instance::new(Arc::clone(&factory))?;
    let answer = instance.call(CALL, |live| live.guest.call_telemetry(&mut live.store))?;
    let failure = |cause| factory.failure(CALL, cause);
    let shapes = answer.map_err(|fault| failure(Cause::Fault(Fault::from(fault))))?;
    described(shapes).map_err(|text| failure(Cause::Contract(text)))
}

/// What a plugin described, if it may.
///
/// # Errors
/// It is more than a plugin may describe, or not as it must be.
pub(crate) fn described(shapes: contract::Shapes) -> Result<Shapes, String> {
    check(&shapes)?;
    Ok(Shapes {
        service: attributes(shapes.service),
        spans: shapes.spans.into_iter().map(span).collect(),
        metrics: shapes.metrics.into_iter().map(metric).collect(),
        link_turns: shapes.link_turns,
    })
}

fn check(shapes: &contract::Shapes) -> Result<(), String> {
    let contract::Shapes { service, spans, metrics, .. } = shapes;
    let few = |what: &str, count: usize, most: usize| match count > most {
        true => Err(format!("it describes {count} {what}, and may describe {most}")),
        false => Ok(()),
    };
    few("spans", spans.len(), SPANS)?;
    few("metrics", metrics.len(), METRICS)?;
    let lists = spans.iter().map(|span| &span.attributes);
    let lists = lists.chain(metrics.iter().map(|metric| &metric.attributes)).chain([service]);
    for list in lists {
        few("attributes of one thing", list.len(), ATTRIBUTES)?;
        for attribute in list {
            few("conditions of an attribute", attribute.when.len(), ATTRIBUTES)?;
            line("the key of an attribute", &attribute.key)?;
        }
    }
    for span in spans {
        few("parts of a span's name", span.name.len(), ATTRIBUTES)?;
        few("conditions of a span", span.failed.len(), ATTRIBUTES)?;
    }
    for metric in metrics {
        line("the name of a metric", &metric.name)?;
        if !metric.scale.is_finite() {
            return Err(format!("the scale of `{}` is not a finite number", metric.name));
        }
    }
    Ok(())
}

fn line(what: &str, text: &str) -> Result<(), String> {
    match !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(format!("{what} is not a line of at most {LONGEST} bytes")),
    }
}

fn value(value: contract::Value) -> Value {
    match value {
        contract::Value::Text(text) => Value::Text(text),
        contract::Value::Number(number) => Value::Number(number),
        contract::Value::Integer(number) => Value::Integer(number),
        contract::Value::Flag(flag) => Value::Flag(flag),
        contract::Value::Field(name) => Value::Field(name),
        contract::Value::Setting(path) => Value::Setting(path),
    }
}

fn conditions(conditions: Vec<contract::Condition>) -> Vec<Condition> {
    let condition = |it: contract::Condition| Condition {
        field: it.field,
        test: match it.test {
            contract::Test::Is(text) => Test::Is(text),
            contract::Test::Present => Test::Present,
            contract::Test::Absent => Test::Absent,
        },
    };
    conditions.into_iter().map(condition).collect()
}

fn attributes(attributes: Vec<contract::Attribute>) -> Vec<Attribute> {
    let attribute = |it: contract::Attribute| Attribute {
        key: it.key,
        value: value(it.value),
        when: conditions(it.when),
    };
    attributes.into_iter().map(attribute).collect()
}

fn span(span: contract::SpanShape) -> SpanShape {
    SpanShape {
        name: span.name.into_iter().map(value).collect(),
        kind: match span.kind {
            contract::SpanKind::Internal => SpanKind::Internal,
            contract::SpanKind::Client => SpanKind::Client,
        },
        start: span.start,
        end: span.end,
        failed: conditions(span.failed),
        attributes: attributes(span.attributes),
    }
}

fn metric(metric: contract::MetricShape) -> MetricShape {
    MetricShape {
        name: metric.name,
        unit: metric.unit,
        description: metric.description,
        instrument: match metric.instrument {
            contract::Instrument::Counter => Instrument::Counter,
            contract::Instrument::UpDownCounter => Instrument::UpDownCounter,
            contract::Instrument::Histogram => Instrument::Histogram,
            contract::Instrument::Gauge => Instrument::Gauge,
        },
        value: metric.value,
        scale: metric.scale,
        per_row: metric.per_row,
        attributes: attributes(metric.attributes),
    }
}
