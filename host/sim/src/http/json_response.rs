//! Short JSON responses with a content length: errors, the model list, the health check.

use crate::fault::Body;
use crate::http::after_reply::AfterReply;
use crate::http::error_response::ErrorResponse;
use crate::http::response_head::ResponseHead;
use crate::http::response_writer::ResponseWriter;
use std::io;

/// A JSON response.
#[derive(Debug)]
pub(crate) struct JsonResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl JsonResponse {
    /// A 200 with this body.
    pub(crate) fn ok(body: Vec<u8>, keep_alive: bool) -> Self {
        Self { status: 200, headers: Vec::new(), body, keep_alive }
    }

    /// The response that reports `error`.
    pub(crate) fn error(error: &ErrorResponse, keep_alive: bool) -> Self {
        Self { status: error.status, headers: Vec::new(), body: error.body(), keep_alive }
    }

    /// The response to a method that a path does not support.
    pub(crate) fn method_not_allowed(allowed: &'static str, keep_alive: bool) -> Self {
        let error = ErrorResponse { status: 405, message: format!("use {allowed}") };
        let headers = vec![("allow", allowed.to_owned())];
        Self { headers, ..Self::error(&error, keep_alive) }
    }

    /// Sends it.
    ///
    /// # Errors
    /// The client has disconnected.
    pub(crate) async fn send(self, writer: &mut ResponseWriter<'_>) -> io::Result<AfterReply> {
        let Self { status, headers, body, keep_alive } = self;
        let close = !keep_alive;
        let content_type = "application/json";
        writer.head(ResponseHead { status, content_type, headers, body: Body::Length, close });
        writer.push(&body);
        writer.end();
        writer.flush().await?;
        Ok(if close { AfterReply::Close } else { AfterReply::KeepAlive })
    }
}
