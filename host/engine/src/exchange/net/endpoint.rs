//! Where requests go: scheme, host and port, the proxy, the request target.

use crate::error::InvalidUrl;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use loadwright_core::plan::Target;
use loadwright_core::secret::Secrets;
use std::path::PathBuf;
use url::{Host, Url};

/// Where connections go.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// The target's URL.
    pub(crate) url: Url,
    /// Whether TLS is used.
    pub(crate) tls: bool,
    /// Host as TLS and name lookup want it: no brackets.
    pub(crate) host: String,
    /// Port; the scheme's default if none is given.
    pub(crate) port: u16,
    /// Host and port as the `host` header wants them.
    pub(crate) authority: String,
    /// The Unix socket to use instead of host and port.
    pub(crate) unix_socket: Option<PathBuf>,
    /// The proxy, if there is one.
    pub(crate) proxy: Option<Proxy>,
}

/// An HTTP proxy from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// Its host.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// A `proxy-authorization` value, if the environment has credentials.
    pub(crate) authorization: Option<String>,
}

impl Endpoint {
    /// The secrets of `target` and of the proxy.
    pub(crate) fn secrets(&self, target: &Target) -> Secrets {
        let proxy = self.proxy.as_ref().and_then(|proxy| proxy.authorization.as_deref());
        Secrets::of(target).with_header(proxy)
    }

    /// The endpoint of `target`, through the environment's proxy for it.
    ///
    /// # Errors
    /// The URL or the proxy cannot be used.
    pub(crate) fn new(target: &Target) -> Result<Self, InvalidUrl> {
        let url = Url::parse(&target.url).map_err(|error| InvalidUrl::Parse {
            url: target.url.clone(),
            reason: error.to_string(),
        })?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(InvalidUrl::Scheme(target.url.clone())),
        };
        let host = match url.host().expect("http and https URLs have a host") {
            Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        };
        let port = url.port_or_known_default().expect("http and https have default ports");
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let unix_socket = target.unix_socket.clone();
        let proxy = if unix_socket.is_some() || is_loopback(&url) {
            None
        } else {
            proxy_for(&url, &Matcher::from_env())?
        };
        Ok(Self { url, tls, host, port, authority, unix_socket, proxy })
    }

    /// The target of a request that may replace the URL's path, in pieces to be concatenated: origin
    /// form, or absolute form through a plain-text proxy. The URL's query is kept.
    pub(crate) fn request_target<'a>(&'a self, path: Option<&'a str>) -> [&'a str; 6] {
        let (scheme, authority) = match &self.proxy {
            Some(_) if !self.tls => ("http://", self.authority.as_str()),
            _ => ("", ""),
        };
        let path = path.unwrap_or_else(|| self.url.path());
        let root = if path.starts_with('/') { "" } else { "/" };
        let (joint, query) = match self.url.query() {
            Some(query) => (if path.contains('?') { "&" } else { "?" }, query),
            None => ("", ""),
        };
        [scheme, authority, root, path, joint, query]
    }

    /// The endpoint's name in errors.
    pub(crate) fn name(&self) -> String {
        match (&self.unix_socket, &self.proxy) {
            (Some(path), _) => path.display().to_string(),
            (None, Some(proxy)) => {
                format!(
                    "{}:{} through the proxy {}:{}",
                    self.host, self.port, proxy.host, proxy.port
                )
            }
            (None, None) => format!("{}:{}", self.host, self.port),
        }
    }
}

/// Proxies are not used for loopback addresses: they would be measured instead of the service.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// The one of `proxies` that `url` is reached through.
fn proxy_for(url: &Url, proxies: &Matcher) -> Result<Option<Proxy>, InvalidUrl> {
    let uri = url.as_str().parse::<http::Uri>().ok();
    let Some(intercept) = uri.and_then(|uri| proxies.intercept(&uri)) else {
        return Ok(None);
    };
    match intercept.uri().scheme_str() {
        None | Some("http") => Ok(proxy(&intercept)),
        Some(other) => Err(InvalidUrl::Proxy(other.to_owned())),
    }
}

fn proxy(intercept: &Intercept) -> Option<Proxy> {
    Some(Proxy {
        host: intercept.uri().host()?.trim_matches(['[', ']']).to_owned(),
        port: intercept.uri().port_u16().unwrap_or(80),
        authorization: intercept
            .basic_auth()
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
