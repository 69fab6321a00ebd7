//! What is sent: requests of OTLP, their encodings, and what receivers answer.

use super::signal::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

/// A request of one signal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Payload {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// What a receiver did not take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rejected {
    pub(super) count: i64,
    pub(super) why: String,
}

impl Payload {
    /// A request with nothing in it, which receivers answer like any other.
    pub(super) fn empty(signal: Signal) -> Self {
        match signal {
            Signal::Traces => Self::Traces(ExportTraceServiceRequest::default()),
            Signal::Metrics => Self::Metrics(ExportMetricsServiceRequest::default()),
            Signal::Logs => Self::Logs(ExportLogsServiceRequest::default()),
        }
    }

    pub(super) fn signal(&self) -> Signal {
        match self {
            Self::Traces(_) => Signal::Traces,
            Self::Metrics(_) => Signal::Metrics,
            Self::Logs(_) => Signal::Logs,
        }
    }

    pub(super) fn protobuf(&self) -> Vec<u8> {
        match self {
            Self::Traces(request) => request.encode_to_vec(),
            Self::Metrics(request) => request.encode_to_vec(),
            Self::Logs(request) => request.encode_to_vec(),
        }
    }

    pub(super) fn json(&self) -> Result<Vec<u8>, String> {
        let encoded = match self {
            Self::Traces(request) => serde_json::to_vec(request),
            Self::Metrics(request) => serde_json::to_vec(request),
            Self::Logs(request) => serde_json::to_vec(request),
        };
        encoded.map_err(|error| format!("{} as JSON: {error}", self.signal().name()))
    }
}

/// Reads an answer. One that cannot be read rejects nothing: the status said that all was taken.
pub(super) fn rejected(signal: Signal, json: bool, body: &[u8]) -> Rejected {
    fn read<R: Message + Default + serde::de::DeserializeOwned>(json: bool, body: &[u8]) -> R {
        if json {
            serde_json::from_slice(body).unwrap_or_default()
        } else {
            R::decode(body).unwrap_or_default()
        }
    }
    match signal {
        Signal::Traces => of_traces(read(json, body)),
        Signal::Metrics => of_metrics(read(json, body)),
        Signal::Logs => of_logs(read(json, body)),
    }
}

pub(super) fn of_traces(answer: ExportTraceServiceResponse) -> Rejected {
    let partial = answer.partial_success.unwrap_or_default();
    Rejected { count: partial.rejected_spans, why: partial.error_message }
}

pub(super) fn of_metrics(answer: ExportMetricsServiceResponse) -> Rejected {
    let partial = answer.partial_success.unwrap_or_default();
    Rejected { count: partial.rejected_data_points, why: partial.error_message }
}

pub(super) fn of_logs(answer: ExportLogsServiceResponse) -> Rejected {
    let partial = answer.partial_success.unwrap_or_default();
    Rejected { count: partial.rejected_log_records, why: partial.error_message }
}
