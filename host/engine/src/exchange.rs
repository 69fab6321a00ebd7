//! Sends requests and receives their replies, with a timestamp for every read. Deals in bytes and
//! nanoseconds only; what a frame means is for `interpret`.

pub(crate) mod attempt;
pub(crate) mod deadlines;
pub mod framing;
pub mod http1;
pub(crate) mod http2;
pub(crate) mod net;
pub(crate) mod receiving;
pub(crate) mod request_head;
pub mod response;
pub(crate) mod transport;
