//! HTTP/1.1 for the measured path: one request out, one reply in, every read stamped.
//!
//! The measured path has a reader of its own over httparse: hyper writes and reads from a task of
//! its own, so that neither `sent` nor a read's stamp could be tied to its bytes. HTTP/2 is hyper's.

pub mod body;
pub(crate) mod exchange;
pub mod head;
pub(crate) mod response;
