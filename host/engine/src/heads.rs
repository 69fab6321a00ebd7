//! The head of a request, for HTTP/1.1 as bytes and for HTTP/2 as a `http::Request`.

use crate::flight::Attempt;
use crate::net::endpoint::Endpoint;
use bytes::Bytes;
use http_body_util::Full;
use loadwright_core::plan::Plan;
use loadwright_core::request::Request;
use std::io::Write as _;
use std::sync::Arc;

/// Writes the heads of a point's requests.
pub(crate) struct Heads {
    plan: Arc<Plan>,
    /// Headers that every request carries, those of the user last and so stronger.
    fixed: Vec<(String, String)>,
    endpoint: Endpoint,
}

impl Heads {
    /// Heads for `plan`'s requests to `endpoint`.
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
    pub(crate) fn write(&self, out: &mut Vec<u8>, request: &Request, attempt: Attempt) {
        out.clear();
        let target = self.endpoint.request_target(request.path.as_deref());
        let mut line = |text: std::fmt::Arguments<'_>| {
            out.write_fmt(text).expect("writing to memory cannot fail");
        };
        line(format_args!("{} {target} HTTP/1.1\r\n", request.method));
        if !self.is_fixed("host") {
            line(format_args!("host: {}\r\n", self.endpoint.authority));
        }
        for (name, value) in self.headers(request) {
            line(format_args!("{name}: {value}\r\n"));
        }
        if !self.is_fixed("x-request-id") {
            line(format_args!("x-request-id: {}\r\n", self.id(attempt)));
        }
        line(format_args!("content-length: {}\r\n\r\n", request.body.len()));
    }

    /// The same request for HTTP/2.
    ///
    /// # Errors
    /// A header is not one.
    pub(crate) fn http2(
        &self,
        request: &Request,
        attempt: Attempt,
    ) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let scheme = if self.endpoint.tls { "https" } else { "http" };
        let path = self.endpoint.request_target(request.path.as_deref());
        let uri = format!("{scheme}://{}{path}", self.endpoint.authority);
        let mut builder = http::Request::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in self.headers(request).filter(|(name, _)| *name != "host") {
            builder = builder.header(name, value);
        }
        if !self.is_fixed("x-request-id") {
            builder = builder.header("x-request-id", self.id(attempt));
        }
        builder.body(Full::new(Bytes::copy_from_slice(&request.body)))
    }

    /// The fixed headers, and those of `request` that none of them overrides.
    fn headers<'a>(&'a self, request: &'a Request) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = request.headers.iter().filter(|(name, _)| !self.is_fixed(name));
        self.fixed.iter().chain(own).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn is_fixed(&self, name: &str) -> bool {
        self.fixed.iter().any(|(fixed, _)| fixed.eq_ignore_ascii_case(name))
    }

    /// Names the attempt in the server's log as in the records.
    fn id(&self, attempt: Attempt) -> String {
        if attempt.seq == Attempt::PROBE {
            return "lw-probe".to_owned();
        }
        let Attempt { seq, turn, attempt, .. } = attempt;
        format!("lw-{}-{seq}-{turn}-{attempt}", self.plan.index)
    }
}

#[cfg(test)]
#[path = "heads_tests.rs"]
mod tests;
