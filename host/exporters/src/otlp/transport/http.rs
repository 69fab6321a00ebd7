//! OTLP over HTTP, with protobuf or JSON.

use super::{MOST_RECEIVED, MOST_SENT, Trouble, late, tls};
use crate::clock;
use crate::http::{Network, asked, why};
use crate::otlp::environment::Link;
use crate::otlp::payload::{Payload, Rejected, rejected};
use crate::otlp::signal::Protocol;
use crate::usage::Usage;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Certificate, Identity};
use std::io::Write;

/// The client of one signal.
pub(in crate::otlp) struct Client {
    pub(super) link: Link,
    client: reqwest::Client,
    headers: HeaderMap,
    usage: Usage,
}

impl Client {
    pub(super) fn new(link: Link, network: &Network, usage: &Usage) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .use_rustls_tls()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(link.timeout)
            .user_agent(concat!("loadwright/", env!("CARGO_PKG_VERSION")));
        for proxy in network.proxies.rules()? {
            builder = builder.proxy(proxy);
        }
        builder = builder.tls_built_in_root_certs(link.authority.is_none());
        let own = link.authority.as_deref().unwrap_or_default();
        for pem in [own, &network.authorities] {
            let found = Certificate::from_pem_bundle(pem)
                .map_err(|error| format!("the receiver's authorities: {error}"))?;
            builder =
                found.into_iter().fold(builder, |builder, one| builder.add_root_certificate(one));
        }
        if let Some(identity) = &link.identity {
            let pem = [&identity.key[..], b"\n", &identity.certificate].concat();
            let identity = Identity::from_pem(&pem)
                .map_err(|_| "OTEL_EXPORTER_OTLP_CLIENT_KEY: no key and certificate in PEM")?;
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|error| format!("no client of HTTP: {error}"))?;
        let headers = headers(&link)?;
        Ok(Self { link, client, headers, usage: usage.clone() })
    }

    pub(super) async fn send(&self, payload: &Payload) -> Result<Rejected, Trouble> {
        let json = self.link.protocol == Protocol::Json;
        let body = if json { payload.json().map_err(Trouble::Final)? } else { payload.protobuf() };
        if body.len() > MOST_SENT {
            let text = format!("a request of {} bytes is more than OTLP allows", body.len());
            return Err(Trouble::Final(text));
        }
        let body = if self.link.gzip { compressed(&body)? } else { body };
        self.usage.add_sent(body.len());
        // Without it an empty body has no length, which some servers want.
        let mut headers = self.headers.clone();
        headers.insert("content-length", body.len().into());
        let request = self.client.post(self.link.endpoint.clone()).headers(headers).body(body);
        let mut response = request.send().await.map_err(|error| self.trouble(&error))?;
        if !response.status().is_success() {
            return Err(refused(&response));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.trouble(&error))? {
            self.usage.add_received(chunk.len());
            if answer.len() + chunk.len() > MOST_RECEIVED {
                return Err(Trouble::Final("an answer of more than 4 MiB".into()));
            }
            answer.extend_from_slice(&chunk);
        }
        Ok(rejected(payload.signal(), json, &answer))
    }

    fn trouble(&self, error: &reqwest::Error) -> Trouble {
        if error.is_timeout() {
            return late(&self.link);
        }
        if let Some(why) = tls::why(error, &self.link) {
            return Trouble::Final(why);
        }
        let (text, is_final) = why(error, self.link.endpoint.host_str().unwrap_or_default());
        if is_final { Trouble::Final(text) } else { Trouble::Again { why: text, after: None } }
    }
}

fn headers(link: &Link) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &link.headers {
        let broken =
            || format!("OTEL_EXPORTER_OTLP_HEADERS: `{name}` is no header that can be sent");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| broken())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| broken())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    let json = link.protocol == Protocol::Json;
    let kind = if json { "application/json" } else { "application/x-protobuf" };
    headers.insert("content-type", HeaderValue::from_static(kind));
    if link.gzip {
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    }
    Ok(headers)
}

fn compressed(body: &[u8]) -> Result<Vec<u8>, Trouble> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let done = encoder.write_all(body).and_then(|()| encoder.finish());
    done.map_err(|error| Trouble::Final(format!("gzip: {error}")))
}

/// By the status of `response`: the body of an error may be anything, and is not read.
fn refused(response: &reqwest::Response) -> Trouble {
    let status = response.status();
    let text = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            format!("answered {status}; check OTEL_EXPORTER_OTLP_HEADERS")
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => format!(
            "answered {status}; check OTEL_EXPORTER_OTLP_ENDPOINT, or leave a signal that it does \
             not take out with traces, metrics or logs=false"
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            format!("answered {status}; choose another OTEL_EXPORTER_OTLP_PROTOCOL")
        }
        _ => format!("answered {status}"),
    };
    match status.as_u16() {
        429 | 502..=504 => {
            Trouble::Again { why: text, after: asked(response.headers(), clock::time_of_day()) }
        }
        _ => Trouble::Final(text),
    }
}
