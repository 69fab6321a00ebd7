//! Connections: where they go, how they are opened, and timestamped reads.

pub(crate) mod connect;
pub(crate) mod endpoint;
mod failure;
mod handshake;
pub(crate) mod stream;
mod tls;
