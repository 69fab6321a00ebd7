//! What the head of a request may contain: one set of rules for every part of it, from the user or a
//! plugin. A part that could end a line, contradict the length of the body or change what the
//! connection is used for is refused. Nothing here writes a head.

use crate::foreign::escaped;
use crate::request::Head;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method};
use std::net::Ipv6Addr;

/// Headers that describe the connection or the length of the body: only the code that writes the
/// request knows them.
const RESERVED: [&str; 8] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A part of a head that cannot be sent. The text names the part and the remedy, and never holds a
/// header's value, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHead {
    /// Not a method, or one whose replies have no body to read.
    #[error("`{}` is not a method that can be measured; use POST or GET", escaped(.0))]
    Method(String),
    /// Holds a character that ends a target, or none that may be in one.
    #[error("the path `{}` holds a character that must be percent-encoded", escaped(.0))]
    Path(String),
    /// Holds a line break or another control character.
    #[error("it holds a line break or another control character; remove it")]
    Control,
    /// Not a header's name.
    #[error("`{}` is not a header's name", escaped(.0))]
    Name(String),
    /// A header's value holds what cannot be in one.
    #[error("the value of `{0}` cannot be sent; check it for line breaks")]
    Value(String),
    /// A header that the request's writer sets.
    #[error("`{0}` is set by loadwright, as the connection needs it; leave it out")]
    Reserved(String),
    /// Replies are not decompressed.
    #[error("`{0}` other than `identity` cannot be used: replies are read as they are sent")]
    Encoding(String),
    /// Not a host with or without a port.
    #[error("the value of `{0}` is not a host, or a host and a port such as `example.com:8000`")]
    Host(String),
    /// A request has one host.
    #[error("`{0}` is given more than once")]
    Twice(String),
    /// The host is the target's.
    #[error("`{0}` is for the user to choose: leave it out, and give it with --headers")]
    TargetHost(String),
}

/// Checks one header of the target, such as a user gives.
///
/// # Errors
/// It cannot be sent.
pub fn check_header(name: &str, value: &str) -> Result<(), BadHead> {
    let parsed = HeaderName::try_from(name).map_err(|_| BadHead::Name(name.to_owned()))?;
    if HeaderValue::from_str(value).is_err() {
        return Err(BadHead::Value(name.to_owned()));
    }
    match parsed.as_str() {
        reserved if RESERVED.contains(&reserved) => Err(BadHead::Reserved(name.to_owned())),
        "accept-encoding" if !value.trim().eq_ignore_ascii_case("identity") => {
            Err(BadHead::Encoding(name.to_owned()))
        }
        "host" if !is_host(value) => Err(BadHead::Host(name.to_owned())),
        _ => Ok(()),
    }
}

/// Checks all headers of the target: each of them, and that they name one host at most.
///
/// # Errors
/// The first that cannot be sent.
pub fn check_headers(headers: &[(String, String)]) -> Result<(), BadHead> {
    let mut hosts = 0;
    for (name, value) in headers {
        check_header(name, value)?;
        hosts += u32::from(name.eq_ignore_ascii_case("host"));
        if hosts > 1 {
            return Err(BadHead::Twice(name.clone()));
        }
    }
    Ok(())
}

/// Checks one header that a plugin made, for a request of its own or for a turn.
///
/// # Errors
/// It cannot be sent, or is for the user to choose.
pub fn check_plugin_header(name: &str, value: &str) -> Result<(), BadHead> {
    check_header(name, value)?;
    if name.eq_ignore_ascii_case("host") {
        return Err(BadHead::TargetHost(name.to_owned()));
    }
    Ok(())
}

/// Checks a URL as it was typed, before it is parsed: parsing drops line breaks silently.
///
/// # Errors
/// It holds a control character.
pub fn check_url(text: &str) -> Result<(), BadHead> {
    if text.chars().any(char::is_control) { Err(BadHead::Control) } else { Ok(()) }
}

impl Head {
    /// Checks what a plugin made.
    ///
    /// # Errors
    /// The first part that cannot be sent.
    pub fn check(&self) -> Result<(), BadHead> {
        check_method(&self.method)?;
        if let Some(path) = &self.path {
            check_path(path)?;
        }
        self.headers.iter().try_for_each(|(name, value)| check_plugin_header(name, value))
    }
}

fn check_method(method: &str) -> Result<(), BadHead> {
    match Method::try_from(method) {
        Ok(Method::CONNECT | Method::HEAD) | Err(_) => Err(BadHead::Method(method.to_owned())),
        Ok(_) => Ok(()),
    }
}

fn check_path(path: &str) -> Result<(), BadHead> {
    let visible = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    // A path may lack its first slash, which is added.
    let parses = PathAndQuery::try_from(format!("/{}", path.trim_start_matches('/'))).is_ok();
    if visible && parses { Ok(()) } else { Err(BadHead::Path(path.to_owned())) }
}

/// A name or an address, in brackets where that holds colons, and a port behind it or not.
fn is_host(value: &str) -> bool {
    let (host, port) = match value.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (value, None),
    };
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_address = |host: &str| host.parse::<Ipv6Addr>().is_ok();
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = !host.is_empty() && host.bytes().all(is_named);
    bracketed.map_or(named, is_address) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests;
