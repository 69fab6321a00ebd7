//! OTLP over gRPC.

use super::{MOST_RECEIVED, MOST_SENT, Trouble};
use crate::http::Network;
use crate::otlp::environment::Link;
use crate::otlp::payload::{Payload, Rejected, of_logs, of_metrics, of_traces};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use std::error::Error;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

/// The client of one signal.
pub(in crate::otlp) struct Client {
    pub(super) link: Link,
    channel: Channel,
    metadata: MetadataMap,
}

impl Client {
    /// Connects with the first request. Must be called within a runtime.
    pub(super) fn new(link: Link, network: &Network) -> Result<Self, String> {
        let place = loadwright_core::secret::masked_url(link.endpoint.as_str());
        let broken = |error: tonic::transport::Error| format!("{place}: {}", innermost(&error));
        let mut endpoint = Endpoint::from_shared(link.endpoint.to_string())
            .map_err(broken)?
            .timeout(link.timeout)
            .connect_timeout(link.timeout);
        if link.endpoint.scheme() == "https" {
            endpoint = endpoint.tls_config(tls(&link, network)).map_err(broken)?;
        }
        let metadata = metadata(&link)?;
        Ok(Self { channel: endpoint.connect_lazy(), metadata, link })
    }

    pub(super) async fn send(&self, payload: &Payload) -> Result<Rejected, Trouble> {
        macro_rules! export {
            ($client:ident, $request:expr, $rejected:ident) => {{
                let mut client = $client::new(self.channel.clone())
                    .max_encoding_message_size(MOST_SENT)
                    .max_decoding_message_size(MOST_RECEIVED)
                    .accept_compressed(CompressionEncoding::Gzip);
                if self.link.gzip {
                    client = client.send_compressed(CompressionEncoding::Gzip);
                }
                let mut request = Request::new($request.clone());
                *request.metadata_mut() = self.metadata.clone();
                let answer = client.export(request).await;
                answer.map(|answer| $rejected(answer.into_inner()))
            }};
        }
        let answer = match payload {
            Payload::Traces(request) => export!(TraceServiceClient, request, of_traces),
            Payload::Metrics(request) => export!(MetricsServiceClient, request, of_metrics),
            Payload::Logs(request) => export!(LogsServiceClient, request, of_logs),
        };
        answer.map_err(|status| trouble(&status))
    }
}

fn tls(link: &Link, network: &Network) -> ClientTlsConfig {
    let mut tls = ClientTlsConfig::new();
    tls = match &link.authority {
        Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
        None => tls.with_native_roots(),
    };
    if !network.authorities.is_empty() {
        tls = tls.ca_certificate(Certificate::from_pem(&network.authorities));
    }
    match &link.identity {
        Some(own) => tls.identity(Identity::from_pem(&own.certificate, &own.key)),
        None => tls,
    }
}

fn metadata(link: &Link) -> Result<MetadataMap, String> {
    let mut metadata = MetadataMap::new();
    for (name, value) in &link.headers {
        let broken =
            || format!("OTEL_EXPORTER_OTLP_HEADERS: `{name}` is no header that can be sent");
        let key = MetadataKey::from_bytes(name.to_lowercase().as_bytes()).map_err(|_| broken())?;
        let value = MetadataValue::try_from(value.as_str()).map_err(|_| broken())?;
        metadata.insert(key, value);
    }
    Ok(metadata)
}

fn trouble(status: &Status) -> Trouble {
    let cause = Error::source(status).map(innermost);
    let told: String = cause.unwrap_or_else(|| status.message().into()).chars().take(200).collect();
    let text = format!("answered {:?}: {told}", status.code());
    match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Trouble::Again { why: text, after: None },
        Code::Unauthenticated | Code::PermissionDenied => {
            Trouble::Final(format!("{text}; check OTEL_EXPORTER_OTLP_HEADERS"))
        }
        _ => Trouble::Final(text),
    }
}

/// The cause of all: those around it say nothing of their own.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
