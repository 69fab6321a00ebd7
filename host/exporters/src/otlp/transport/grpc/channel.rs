//! A channel of gRPC, through a proxy where the environment names one, whose traffic is counted.

use crate::http::{Network, Via, innermost};
use crate::otlp::environment::Link;
use crate::usage::Usage;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Frame;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Error, Identity};

/// Connects with the first request.
#[derive(Clone)]
pub(super) struct Channel {
    inner: tonic::transport::Channel,
    usage: Usage,
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

impl Channel {
    /// Must be called within a runtime.
    pub(super) fn new(link: &Link, network: &Network, usage: &Usage) -> Result<Self, String> {
        let place = loadwright_core::secret::masked_url(link.endpoint.as_str());
        let broken = |error: Error| format!("{place}: {}", innermost(&error));
        let mut endpoint = Endpoint::from_shared(link.endpoint.to_string())
            .and_then(|endpoint| {
                endpoint.user_agent(concat!("loadwright/", env!("CARGO_PKG_VERSION")))
            })
            .map_err(broken)?
            .connect_timeout(link.timeout);
        if link.endpoint.scheme() == "https" {
            endpoint = endpoint.tls_config(tls(link, network)).map_err(broken)?;
        }
        let inner = match network.proxies.via(&link.endpoint) {
            Some(via) => endpoint.connect_with_connector_lazy(tunnel(via, &place)?),
            None => endpoint.connect_lazy(),
        };
        Ok(Self { inner, usage: usage.clone() })
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

/// A connection to `place` that the proxy makes.
fn tunnel(via: Via, place: &str) -> Result<Tunnel<HttpConnector>, String> {
    if via.proxy.scheme_str() != Some("http") {
        return Err(format!(
            "{place}: gRPC goes through a proxy of http:// alone; name one, except the receiver \
             with NO_PROXY, or choose another OTEL_EXPORTER_OTLP_PROTOCOL"
        ));
    }
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let tunnel = Tunnel::new(via.proxy, connector);
    Ok(match via.credentials {
        Some(credentials) => tunnel.with_auth(credentials),
        None => tunnel,
    })
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        let (sent, received) = (self.usage.clone(), self.usage.clone());
        let answer =
            self.inner.call(request.map(|body| counted(body, move |size| sent.add_sent(size))));
        Box::pin(async move {
            Ok(answer.await?.map(|body| counted(body, move |size| received.add_received(size))))
        })
    }
}

fn counted(body: Body, count: impl Fn(usize) + Send + 'static) -> Body {
    Body::new(body.map_frame(move |frame: Frame<Bytes>| {
        count(frame.data_ref().map_or(0, Bytes::len));
        frame
    }))
}
