//! Connections: the protocol negotiated on each, and its requests, served until it closes.

mod http1;
mod http2;
pub(crate) mod negotiate;
