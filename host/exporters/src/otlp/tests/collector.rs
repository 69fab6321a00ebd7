//! A receiver of OTLP over gRPC, with the services that opentelemetry-proto generates.

use crate::otlp::payload::Payload;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::codegen::Service;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

/// What the receiver does with a call; once there are none, it takes everything.
pub(super) enum Reply {
    /// Takes it.
    Take,
    /// Rejects this many parts of it, and says why.
    Part(i64, String),
    Refuse(Status),
    Hang,
}

/// A call as it arrived.
pub(super) struct Call {
    pub(super) payload: Payload,
    pub(super) metadata: MetadataMap,
}

pub(super) struct Collector {
    pub(super) address: SocketAddr,
    seen: Receiver<Call>,
}

#[derive(Clone)]
struct Script(Arc<(Mutex<VecDeque<Reply>>, SyncSender<Call>)>);

impl Collector {
    pub(super) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, seen) = sync_channel(64);
        let script = Script(Arc::new((Mutex::new(replies.into()), tell)));
        in_a_thread(serve(listener, script));
        Self { address, seen }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next call that arrived.
    pub(super) fn next(&self) -> Call {
        self.seen.recv_timeout(Duration::from_secs(30)).expect("a call arrives")
    }

    /// That nothing more arrived.
    pub(super) fn is_quiet(&self) -> bool {
        self.seen.try_recv().is_err()
    }
}

/// Runs `server` for as long as the tests do.
pub(super) fn in_a_thread(server: impl Future<Output = ()> + Send + 'static) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(server);
    });
}

/// The listener, within a runtime.
pub(super) fn listening(listener: TcpListener) -> tokio::net::TcpListener {
    listener.set_nonblocking(true).unwrap();
    tokio::net::TcpListener::from_std(listener).unwrap()
}

async fn serve(listener: TcpListener, script: Script) {
    let listener = listening(listener);
    while let Ok((stream, _)) = listener.accept().await {
        let script = script.clone();
        let service = service_fn(move |request| call(script.clone(), request));
        let server = http2::Builder::new(TokioExecutor::new());
        tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
    }
}

async fn call(
    script: Script,
    request: http::Request<Incoming>,
) -> Result<http::Response<tonic::body::Body>, std::convert::Infallible> {
    match request.uri().path() {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => {
            TraceServiceServer::new(script).accept_compressed(Gzip).call(request).await
        }
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
            MetricsServiceServer::new(script).accept_compressed(Gzip).call(request).await
        }
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => {
            LogsServiceServer::new(script).accept_compressed(Gzip).call(request).await
        }
        other => panic!("a call of {other}"),
    }
}

impl Script {
    /// What is rejected, and why; none: nothing.
    async fn answer<T>(
        &self,
        request: Request<T>,
        of: impl FnOnce(T) -> Payload,
    ) -> Result<Option<(i64, String)>, Status> {
        let (metadata, _, message) = request.into_parts();
        let reply = self.0.0.lock().unwrap().pop_front().unwrap_or(Reply::Take);
        self.0.1.send(Call { payload: of(message), metadata }).unwrap();
        match reply {
            Reply::Take => Ok(None),
            Reply::Part(count, why) => Ok(Some((count, why))),
            Reply::Refuse(status) => Err(status),
            Reply::Hang => std::future::pending().await,
        }
    }
}

#[tonic::async_trait]
impl TraceService for Script {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let rejected = self.answer(request, Payload::Traces).await?;
        let partial_success = rejected.map(|(rejected_spans, error_message)| {
            ExportTracePartialSuccess { rejected_spans, error_message }
        });
        Ok(Response::new(ExportTraceServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl MetricsService for Script {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let rejected = self.answer(request, Payload::Metrics).await?;
        let partial_success = rejected.map(|(rejected_data_points, error_message)| {
            ExportMetricsPartialSuccess { rejected_data_points, error_message }
        });
        Ok(Response::new(ExportMetricsServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl LogsService for Script {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let rejected = self.answer(request, Payload::Logs).await?;
        let partial_success = rejected.map(|(rejected_log_records, error_message)| {
            ExportLogsPartialSuccess { rejected_log_records, error_message }
        });
        Ok(Response::new(ExportLogsServiceResponse { partial_success }))
    }
}
