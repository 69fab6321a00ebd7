//! HTTP as the server reads and writes it: request heads and bodies in, responses out. Which response
//! a request gets is decided elsewhere.

pub(crate) mod after_reply;
pub(crate) mod chunked_body;
pub(crate) mod error_response;
pub(crate) mod http2_stream;
pub(crate) mod json_response;
pub(crate) mod request;
pub(crate) mod response_head;
pub(crate) mod response_writer;
pub(crate) mod socket;
