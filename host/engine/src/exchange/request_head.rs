//! The heads of requests: bytes for HTTP/1.1, an `http::Request` for HTTP/2.

use crate::exchange::net::endpoint::Endpoint;
use crate::messages::AttemptId;
use bytes::Bytes;
use http_body_util::Full;
use loadwright_core::plan::Plan;
use loadwright_core::request::Request;
use loadwright_core::trace::AttemptKey;
use std::io::Write as _;
use std::sync::Arc;

/// Writes the heads of a point's requests.
pub(crate) struct RequestHeads {
    plan: Arc<Plan>,
    /// Headers of every request; those of the user replace others.
    fixed: Vec<(String, String)>,
    endpoint: Endpoint,
}

impl RequestHeads {
    /// The heads of `plan`'s requests to `endpoint`.
    pub(crate) fn new(plan: &Arc<Plan>, endpoint: &Endpoint) -> Self {
        let mut fixed = vec![
            ("user-agent".to_owned(), concat!("loadwright/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("accept".to_owned(), "*/*".to_owned()),
        ];
        if let (Some(proxy), false) = (&endpoint.proxy, endpoint.tls)
            && let Some(authorization) = &proxy.authorization
        {
            fixed.push(("proxy-authorization".to_owned(), authorization.clone()));
        }
        for (name, value) in &plan.target.headers {
            fixed.retain(|(earlier, _)| !earlier.eq_ignore_ascii_case(name));
            fixed.push((name.to_ascii_lowercase(), value.clone()));
        }
        Self { plan: Arc::clone(plan), fixed, endpoint: endpoint.clone() }
    }

    /// Writes the head of `request` into `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, request: &Request, id: AttemptId) {
        out.clear();
        put(out, &[&request.head.method, " "]);
        put(out, &self.endpoint.request_target(request.head.path.as_deref()));
        put(out, &[" HTTP/1.1\r\n"]);
        if !self.is_fixed("host") {
            put(out, &["host: ", &self.endpoint.authority, "\r\n"]);
        }
        for (name, value) in self.headers(request) {
            put(out, &[name, ": ", value, "\r\n"]);
        }
        if !self.is_fixed("x-request-id") {
            put(out, &["x-request-id: "]);
            self.put_id(out, id);
            put(out, &["\r\n"]);
        }
        if let Some(traceparent) = self.traceparent(id) {
            put(out, &["traceparent: "]);
            out.extend_from_slice(&traceparent);
            put(out, &["\r\n"]);
        }
        let length = request.body.len();
        write!(out, "content-length: {length}\r\n\r\n").expect("writing to memory cannot fail");
    }

    /// The same request for HTTP/2.
    ///
    /// # Errors
    /// A header is invalid.
    pub(crate) fn http2(
        &self,
        request: &Request,
        id: AttemptId,
    ) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let scheme = if self.endpoint.tls { "https" } else { "http" };
        let path = self.endpoint.request_target(request.head.path.as_deref()).concat();
        let host = self.fixed.iter().find(|(name, _)| name == "host");
        let authority = host.map_or(&self.endpoint.authority, |(_, host)| host);
        let uri = format!("{scheme}://{authority}{path}");
        let mut builder = http::Request::builder().method(request.head.method.as_str()).uri(uri);
        for (name, value) in self.headers(request).filter(|(name, _)| *name != "host") {
            builder = builder.header(name, value);
        }
        if !self.is_fixed("x-request-id") {
            let mut value = Vec::new();
            self.put_id(&mut value, id);
            builder = builder.header("x-request-id", value);
        }
        if let Some(traceparent) = self.traceparent(id) {
            builder = builder.header("traceparent", &traceparent[..]);
        }
        builder.body(Full::new(Bytes::copy_from_slice(&request.body)))
    }

    /// The fixed headers, and those of `request` that none of them overrides.
    fn headers<'a>(&'a self, request: &'a Request) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = request.head.headers.iter().filter(|(name, _)| !self.is_taken(name));
        self.fixed.iter().chain(own).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a plugin's header `name` is replaced by one of the user or of the host.
    fn is_taken(&self, name: &str) -> bool {
        let traced = self.plan.request.traceparent.is_some();
        self.is_fixed(name) || traced && name.eq_ignore_ascii_case("traceparent")
    }

    fn is_fixed(&self, name: &str) -> bool {
        self.fixed.iter().any(|(fixed, _)| fixed.eq_ignore_ascii_case(name))
    }

    /// By which servers continue the trace of a request, where the plan asks for it; a connection test
    /// belongs to none. The user's own header replaces it, as an API plugin's does not.
    fn traceparent(&self, id: AttemptId) -> Option<[u8; 55]> {
        let traceparent = self.plan.request.traceparent.filter(|_| id.seq != AttemptId::PROBE)?;
        if self.is_fixed("traceparent") {
            return None;
        }
        let AttemptId { seq, turn, attempt, .. } = id;
        let key = AttemptKey { point: self.plan.index, seq, turn, attempt };
        Some(traceparent.ids(key).traceparent())
    }

    /// Writes a request id by which the server's log and the records can be matched.
    fn put_id(&self, out: &mut Vec<u8>, id: AttemptId) {
        if id.seq == AttemptId::PROBE {
            return put(out, &["lw-probe"]);
        }
        let AttemptId { seq, turn, attempt, .. } = id;
        let index = self.plan.index;
        write!(out, "lw-{index}-{seq}-{turn}-{attempt}").expect("writing to memory cannot fail");
    }
}

fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests;
