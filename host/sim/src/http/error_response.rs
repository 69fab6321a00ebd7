//! Error responses in the form of OpenAI's endpoints.

use crate::memory::BudgetExceeded;
use serde_json::json;

/// Why a request is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ErrorResponse {
    /// The HTTP status.
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl ErrorResponse {
    /// The request is malformed.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into() }
    }

    /// The body is larger than `limit` bytes.
    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self { status: 413, message: format!("the body is larger than {} MiB", limit >> 20) }
    }

    /// The error as JSON.
    pub(crate) fn body(&self) -> Vec<u8> {
        let kind = match self.status {
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        let error =
            json!({"message": self.message, "type": kind, "param": null, "code": self.status});
        json!({ "error": error }).to_string().into_bytes()
    }
}

impl From<BudgetExceeded> for ErrorResponse {
    fn from(_: BudgetExceeded) -> Self {
        let message = "requests and replies use all of the server's memory budget; try again later";
        Self { status: 503, message: message.into() }
    }
}
