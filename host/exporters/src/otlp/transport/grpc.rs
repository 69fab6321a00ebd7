//! OTLP over gRPC.

mod channel;
mod status;

use super::{MOST_RECEIVED, MOST_SENT, Trouble, late};
use crate::http::Network;
use crate::otlp::environment::Link;
use crate::otlp::payload::{Payload, Rejected, of_logs, of_metrics, of_traces};
use crate::usage::Usage;
use channel::Channel;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::{Request, Status};

/// The client of one signal.
pub(in crate::otlp) struct Client {
    pub(super) link: Link,
    channel: Channel,
    metadata: MetadataMap,
}

impl Client {
    /// Connects with the first request. Must be called within a runtime.
    pub(super) fn new(link: Link, network: &Network, usage: &Usage) -> Result<Self, String> {
        let channel = Channel::new(&link, network, usage)?;
        let metadata = metadata(&link)?;
        Ok(Self { channel, metadata, link })
    }

    pub(super) async fn send(&self, payload: &Payload) -> Result<Rejected, Trouble> {
        match tokio::time::timeout(self.link.timeout, self.export(payload)).await {
            Ok(answer) => answer.map_err(|status| status::trouble(&status, &self.link)),
            Err(_) => Err(late(&self.link)),
        }
    }

    async fn export(&self, payload: &Payload) -> Result<Rejected, Status> {
        macro_rules! export {
            ($client:ident, $request:expr, $rejected:ident) => {{
                // Answers are short: they are not asked for compressed, so that none can swell.
                let mut client = $client::new(self.channel.clone())
                    .max_encoding_message_size(MOST_SENT)
                    .max_decoding_message_size(MOST_RECEIVED);
                if self.link.gzip {
                    client = client.send_compressed(CompressionEncoding::Gzip);
                }
                let mut request = Request::new($request.clone());
                *request.metadata_mut() = self.metadata.clone();
                let answer = client.export(request).await;
                answer.map(|answer| $rejected(answer.into_inner()))
            }};
        }
        match payload {
            Payload::Traces(request) => export!(TraceServiceClient, request, of_traces),
            Payload::Metrics(request) => export!(MetricsServiceClient, request, of_metrics),
            Payload::Logs(request) => export!(LogsServiceClient, request, of_logs),
        }
    }
}

fn metadata(link: &Link) -> Result<MetadataMap, String> {
    let mut metadata = MetadataMap::new();
    for (name, value) in &link.headers {
        let broken =
            || format!("OTEL_EXPORTER_OTLP_HEADERS: `{name}` is no header that can be sent");
        let key = MetadataKey::from_bytes(name.to_lowercase().as_bytes()).map_err(|_| broken())?;
        let mut value = MetadataValue::try_from(value.as_str()).map_err(|_| broken())?;
        value.set_sensitive(true);
        metadata.insert(key, value);
    }
    Ok(metadata)
}
