//! HTTP/1.1 for the measured path: one request out, one reply in, every read stamped.
//!
//! hyper reads into its own buffers from its own task, which moves the stamp of `sent` and costs
//! more than the rest of a frame's way through this crate (`docs/design/hot-path.md` has the
//! figures), so the measured path has a reader of its own over httparse. HTTP/2 is hyper's.

pub mod body;
pub(crate) mod exchange;
pub mod head;
pub(crate) mod response;
