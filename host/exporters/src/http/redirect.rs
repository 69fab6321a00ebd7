//! Where a response sends the client next, and what is left of the request there (RFC 9110).

use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

/// The most redirects of one request.
pub(super) const MOST: usize = 5;

/// A request that a response asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) method: Method,
    pub(super) url: Url,
    /// Whether the body goes along.
    pub(super) body: bool,
    /// Whether it goes to another origin: secrets stay behind.
    pub(super) elsewhere: bool,
}

/// The request that follows; none: the response is the last one.
pub(super) fn next(
    method: &Method,
    url: &Url,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Next>, &'static str> {
    let (method, body) = match status.as_u16() {
        307 | 308 => (method.clone(), true),
        301 | 302 if method != Method::POST => (method.clone(), true),
        303 if method == Method::HEAD => (Method::HEAD, false),
        301..=303 => (Method::GET, false),
        _ => return Ok(None),
    };
    let Some(location) = headers.get(header::LOCATION) else { return Ok(None) };
    let target = location.to_str().ok().and_then(|location| url.join(location).ok());
    let mut target = target.ok_or("redirect leads to no URL")?;
    target.set_fragment(None);
    let elsewhere = target.origin() != url.origin();
    Ok(Some(Next { method, url: target, body, elsewhere }))
}

/// Whether a header stays behind where a request goes to another origin.
pub(super) fn is_for_origin(name: &str) -> bool {
    ["authorization", "cookie", "proxy-authorization"].contains(&name)
}

/// Whether a header describes the body.
pub(super) fn is_of_body(name: &str) -> bool {
    name.starts_with("content-")
}
