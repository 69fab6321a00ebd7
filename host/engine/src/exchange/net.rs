//! Connections: where they go, how they are opened, and reads that carry their stamps.

pub(crate) mod connect;
pub(crate) mod endpoint;
mod failure;
mod handshake;
pub(crate) mod stream;
mod tls;
