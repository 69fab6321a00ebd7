//! Log records: the run's log, how the run and its points began and ended, and every warning.

use super::spans::scope;
use opentelemetry::logs::Severity;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Seconds since the Unix epoch.
    pub(super) at: f64,
    pub(super) severity: Severity,
    pub(super) text: String,
    /// The point that it is about; empty: the run.
    pub(super) point: String,
    /// The plugin that said it; empty: this program did.
    pub(super) source: String,
}

/// The request that holds `lines`.
pub(super) fn request(
    lines: &[Line],
    resource: &ResourceAttributesWithSchema,
) -> ExportLogsServiceRequest {
    let scope_logs = ScopeLogs {
        scope: Some(InstrumentationScope::from((scope(), None))),
        log_records: lines.iter().map(record).collect(),
        schema_url: String::new(),
    };
    let resource = opentelemetry_proto::tonic::resource::v1::Resource {
        attributes: resource.attributes.0.clone(),
        ..Default::default()
    };
    let logs = ResourceLogs {
        resource: Some(resource),
        scope_logs: vec![scope_logs],
        schema_url: String::new(),
    };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

fn record(line: &Line) -> LogRecord {
    let text = |text: &str| Some(AnyValue { value: Some(Value::StringValue(text.into())) });
    let about = [("loadwright.point", &line.point), ("loadwright.source", &line.source)];
    let about = about.into_iter().filter(|(_, value)| !value.is_empty());
    let about = about.map(|(key, value)| KeyValue {
        key: key.into(),
        value: text(value),
        ..KeyValue::default()
    });
    let at = (line.at * 1e9).max(0.0) as u64;
    LogRecord {
        time_unix_nano: at,
        observed_time_unix_nano: at,
        severity_number: line.severity as i32,
        severity_text: line.severity.name().into(),
        body: text(&line.text),
        attributes: about.collect(),
        ..LogRecord::default()
    }
}
