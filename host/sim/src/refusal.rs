//! Why a request is refused, and the short replies that say so.

use crate::fault::Body;
use crate::head::{BODY_LIMIT, Request};
use crate::memory::Full;
use crate::service::After;
use crate::wire::{ReplyHead, Wire};
use serde_json::json;
use std::io;

/// Why a request gets no reply of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Refusal {
    /// The status of the answer.
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Refusal {
    /// Bytes that are no request.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { status: 400, text: text.into() }
    }

    /// A body beyond its limit.
    pub(crate) fn too_large() -> Self {
        let text = format!("the body is larger than {} MiB", BODY_LIMIT >> 20);
        Self { status: 413, text }
    }
}

impl From<Full> for Refusal {
    fn from(_: Full) -> Self {
        let text = "requests and replies hold as much memory as they may; try again later";
        Self { status: 503, text: text.into() }
    }
}

/// An error as OpenAI's endpoints give it.
pub(crate) fn error_body(status: u16, message: &str) -> Vec<u8> {
    let kind = match status {
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    let error = json!({"message": message, "type": kind, "param": null, "code": status});
    json!({ "error": error }).to_string().into_bytes()
}

/// Answers a method that a path does not take.
pub(crate) async fn refuse_method(
    request: &Request,
    allowed: &'static str,
    wire: &mut Wire<'_>,
) -> io::Result<After> {
    let body = error_body(405, &format!("use {allowed}"));
    let headers = vec![("allow", allowed.to_owned())];
    reply(wire, request.head.keep_alive, (405, headers), &body).await
}

/// Sends a JSON body of known length.
pub(crate) async fn reply(
    wire: &mut Wire<'_>,
    keep_alive: bool,
    (status, headers): (u16, Vec<(&'static str, String)>),
    body: &[u8],
) -> io::Result<After> {
    let close = !keep_alive;
    let content_type = "application/json";
    wire.head(ReplyHead { status, content_type, headers, body: Body::Length, close });
    wire.push(body);
    wire.end();
    wire.flush().await?;
    Ok(if close { After::Close } else { After::Keep })
}
