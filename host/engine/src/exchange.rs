//! One request out and its reply in, every read stamped: bytes and nanoseconds only.

pub(crate) mod attempt;
pub(crate) mod deadlines;
pub mod framing;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod net;
pub(crate) mod request_head;
pub mod response;
pub(crate) mod transport;
