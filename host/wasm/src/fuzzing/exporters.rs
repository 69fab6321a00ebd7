//! What exporters and conventions plugins return or ask for, of any bytes: acks, tables of spans and
//! metrics, HTTP requests.

use super::given::Given;
use crate::bindings::conventions::exports::loadwright::plugin::conventions as table;
use crate::bindings::export::exports::loadwright::plugin::exporter as contract;
use crate::bindings::export::loadwright::plugin::http;
use crate::bindings::export::loadwright::plugin::types::Field;
use crate::conventions;
use crate::exporter::{ack as acks, imports};

/// Texts at which rules of URLs, headers, placeholders and names change their answer.
const TEXTS: [&str; 17] = [
    "http://127.0.0.1:9/x",
    "https://a.example/?k={{secret:api-key}}",
    "http://169.254.169.254/",
    "http://[::ffff:169.254.169.254]/",
    "http://u:p@a.example/",
    "{{kept:url}}",
    "{{basic:u:api-key}}",
    "{{",
    "Bearer {{secret:api-key}}",
    "GET",
    "POST",
    "CONNECT",
    "authorization",
    "content-length",
    "a/b",
    "a",
    "results/x",
];

fn text(given: &mut Given<'_>) -> String {
    given.among(&TEXTS)
}

/// Takes or refuses the ack that `bytes` make.
pub fn ack(bytes: &[u8]) {
    let given = &mut Given::new(bytes);
    let ack = contract::Ack {
        state: given.option(state),
        stop: given.option(text),
        links: given.list(text),
        losses: given.list(text),
        extra: given.text(),
    };
    let state = ack.state.clone();
    let masked = |text: &str| text.replace("Bearer", "**********");
    let Ok(accepted) = acks::read(ack, masked) else { return };
    assert!(state.as_ref().is_none_or(|state| state.len() <= acks::STATE));
    assert_eq!(accepted.state, state);
    let said = accepted.links.iter().chain(&accepted.losses).chain(&accepted.stop);
    // A text that was cut says how much was left out.
    assert!(said.clone().all(|text| text.len() <= acks::LINKS.1 + 64));
    assert!(said.into_iter().all(|text| !text.contains("Bearer")));
}

/// A state of any size, up to twice what it may have.
fn state(given: &mut Given<'_>) -> String {
    let text = text(given);
    let most = 2 * acks::STATE / text.len().max(1);
    text.repeat((given.count() as usize).min(most))
}

/// Takes or refuses the table that `bytes` make.
pub fn shapes(bytes: &[u8]) {
    let given = &mut Given::new(bytes);
    let shapes = table::Shapes {
        service: given.list(attribute),
        spans: given.list(span),
        metrics: given.list(metric),
        link_turns: given.byte() % 2 == 1,
    };
    let (spans, metrics) = (shapes.spans.len(), shapes.metrics.len());
    let Ok(accepted) = conventions::described(shapes) else { return };
    assert_eq!((accepted.spans.len(), accepted.metrics.len()), (spans, metrics));
    assert!(accepted.metrics.iter().all(|metric| metric.scale.is_finite()));
    let spans = accepted.spans.iter().map(|span| &span.attributes);
    let lists = spans.chain(accepted.metrics.iter().map(|metric| &metric.attributes));
    let keys = lists.chain([&accepted.service]).flatten().map(|attribute| &attribute.key);
    assert!(keys.into_iter().all(|key| !key.is_empty() && !key.chars().any(char::is_control)));
}

fn value(given: &mut Given<'_>) -> table::Value {
    match given.byte() % 6 {
        0 => table::Value::Text(given.text()),
        1 => table::Value::Number(given.number()),
        2 => table::Value::Integer(given.number()),
        3 => table::Value::Flag(given.byte() % 2 == 1),
        4 => table::Value::Field(given.text()),
        _ => table::Value::Setting(given.text()),
    }
}

fn condition(given: &mut Given<'_>) -> table::Condition {
    let field = given.text();
    let test = match given.byte() % 3 {
        0 => table::Test::Is(given.text()),
        1 => table::Test::Present,
        _ => table::Test::Absent,
    };
    table::Condition { field, test }
}

fn attribute(given: &mut Given<'_>) -> table::Attribute {
    table::Attribute { key: given.text(), value: value(given), when: given.list(condition) }
}

fn span(given: &mut Given<'_>) -> table::SpanShape {
    table::SpanShape {
        name: given.list(value),
        kind: table::SpanKind::Client,
        start: given.text(),
        end: given.text(),
        failed: given.list(condition),
        attributes: given.list(attribute),
    }
}

fn metric(given: &mut Given<'_>) -> table::MetricShape {
    let instrument = match given.byte() % 4 {
        0 => table::Instrument::Counter,
        1 => table::Instrument::UpDownCounter,
        2 => table::Instrument::Histogram,
        _ => table::Instrument::Gauge,
    };
    table::MetricShape {
        name: given.text(),
        unit: given.text(),
        description: given.text(),
        instrument,
        value: given.text(),
        scale: given.number(),
        per_row: given.byte() % 2 == 1,
        attributes: given.list(attribute),
    }
}

/// Converts the HTTP requests that `bytes` make: nothing of them is lost. What they may do is up to the
/// services of the host.
pub fn http_requests(bytes: &[u8]) {
    let given = &mut Given::new(bytes);
    for request in given.list(http_request) {
        let (url, headers, timeout) = (request.url.clone(), request.headers.len(), request.timeout);
        let (body, kept) = (request.body.len(), request.keep.len());
        let converted = imports::request(request);
        assert_eq!((converted.url, converted.headers.len()), (url, headers));
        assert_eq!((converted.body.len(), converted.keep.len()), (body, kept));
        assert_eq!(converted.timeout.to_bits(), timeout.to_bits());
    }
}

fn http_request(given: &mut Given<'_>) -> http::Request {
    let header = |given: &mut Given<'_>| Field { name: text(given), value: text(given) };
    http::Request {
        method: text(given),
        url: text(given),
        headers: given.list(header),
        body: given.list(segment),
        gzip: given.byte() % 2 == 1,
        timeout: given.number(),
        retry: match given.byte() % 3 {
            0 => http::Retry::Never,
            1 => http::Retry::Unsent,
            _ => http::Retry::Always,
        },
        keep: given.list(keep),
        max_bytes: given.count(),
        extra: text(given),
    }
}

fn segment(given: &mut Given<'_>) -> http::Segment {
    match given.byte() % 3 {
        0 => http::Segment::Bytes(given.bytes().to_vec()),
        1 => http::Segment::Artifact(text(given)),
        _ => http::Segment::Kept(text(given)),
    }
}

fn keep(given: &mut Given<'_>) -> http::Keep {
    let at = match given.byte() % 3 {
        0 => http::Location::Pointer(text(given)),
        1 => http::Location::Header(text(given)),
        _ => http::Location::Cookie(text(given)),
    };
    http::Keep { at, name: text(given) }
}
