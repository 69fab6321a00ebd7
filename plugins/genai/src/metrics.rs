//! The metrics of requests, and of the engine.

use crate::shapes::of_field;
use crate::{Names, common, fixed};
use loadwright_plugin::conventions::{Attribute, Instrument, MetricShape};

/// All metrics.
pub(crate) fn shapes(names: Names) -> Vec<MetricShape> {
    let mut metrics = times(names);
    metrics.extend(tokens(names));
    metrics.extend(own());
    metrics
}

fn times(names: Names) -> Vec<MetricShape> {
    let prefix = match names {
        Names::Released => "gen_ai.client.operation",
        Names::Newest => "gen_ai.client.inference",
    };
    let of = |name: &str, field, text| seconds(&format!("{prefix}.{name}"), field, text);
    let mut duration = of(
        "duration",
        "duration",
        "Time from sending a request to its last output, or its failure",
    );
    duration.attributes.push(of_field("error.type", "error_type"));
    vec![
        duration,
        of("time_to_first_chunk", "ttft", "Time from sending a request to its first output"),
        of("time_per_output_chunk", "itl", "Time between two outputs of a stream"),
    ]
}

fn tokens(names: Names) -> Vec<MetricShape> {
    match names {
        Names::Released => ["input", "output"].map(released).into(),
        Names::Newest => ["input", "output"].into_iter().flat_map(newest).collect(),
    }
}

/// One histogram for both kinds, which an attribute tells apart.
fn released(kind: &str) -> MetricShape {
    let text = "Tokens of a request, by their kind";
    let mut metric = histogram("gen_ai.client.token.usage", &format!("{kind}_tokens"), text);
    metric.unit = "{token}".into();
    metric.attributes.push(fixed("gen_ai.token.type", kind));
    metric
}

/// A counter and a histogram of each kind.
fn newest(kind: &str) -> [MetricShape; 2] {
    let field = format!("{kind}_tokens");
    let name = format!("gen_ai.client.inference.usage.{field}");
    let mut counter = shape(&name, &field, "Tokens that requests used", Instrument::Counter);
    counter.attributes.push(fixed("gen_ai.token.modality", "unknown"));
    let name = format!("gen_ai.client.inference.operation.{field}");
    let histogram = histogram(&name, &field, "Tokens of a request");
    [counter, histogram].map(|metric| MetricShape { unit: "{token}".into(), ..metric })
}

/// What the conventions have no name for.
fn own() -> Vec<MetricShape> {
    let mut requests =
        shape("loadwright.requests", "requests", "Attempts that have ended", Instrument::Counter);
    requests.unit = "{request}".into();
    requests.attributes.push(of_field("error.type", "error_type"));
    let mut in_flight =
        shape("loadwright.in_flight", "in_flight", "Requests in flight", Instrument::UpDownCounter);
    (in_flight.unit, in_flight.per_row) = ("{request}".into(), true);
    vec![
        requests,
        seconds("loadwright.tpot", "tpot", "Time per output token after the first"),
        seconds("loadwright.dispatch_delay", "dispatch_delay", "Time sent after its schedule"),
        in_flight,
    ]
}

fn seconds(name: &str, field: &str, description: &str) -> MetricShape {
    MetricShape { unit: "s".into(), ..histogram(name, field, description) }
}

fn histogram(name: &str, field: &str, description: &str) -> MetricShape {
    shape(name, field, description, Instrument::Histogram)
}

fn shape(name: &str, field: &str, description: &str, instrument: Instrument) -> MetricShape {
    let attributes: Vec<Attribute> = common();
    MetricShape {
        name: name.into(),
        unit: String::new(),
        description: description.into(),
        instrument,
        value: field.into(),
        scale: 1.0,
        per_row: false,
        attributes,
    }
}
