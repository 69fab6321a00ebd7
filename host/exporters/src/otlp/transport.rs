//! How one request of OTLP reaches a receiver, and why it did not.

pub(super) mod grpc;
pub(super) mod http;

use super::environment::Link;
use super::payload::{Payload, Rejected};
use super::signal::Protocol;
use crate::http::Network;
use std::time::Duration;

/// The most bytes of a request, as the specification has it.
const MOST_SENT: usize = 64 << 20;

/// The most bytes of an answer.
const MOST_RECEIVED: usize = 4 << 20;

/// A try that did not reach its aim.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// Worth another try, after the time that the receiver asks for.
    Again { why: String, after: Option<Duration> },
    /// Another try would end in the same way.
    Final(String),
}

/// A connection to the receiver of one signal.
pub(super) enum Transport {
    Http(http::Client),
    Grpc(grpc::Client),
}

impl Transport {
    /// Must be called within a runtime.
    pub(super) fn open(link: Link, network: &Network) -> Result<Self, String> {
        match link.protocol {
            Protocol::Protobuf | Protocol::Json => http::Client::new(link, network).map(Self::Http),
            Protocol::Grpc => grpc::Client::new(link, network).map(Self::Grpc),
        }
    }

    /// Where it leads, for messages.
    pub(super) fn place(&self) -> String {
        let link = match self {
            Self::Http(client) => &client.link,
            Self::Grpc(client) => &client.link,
        };
        loadwright_core::secret::masked_url(link.endpoint.as_str())
    }

    /// Sends `payload` once.
    pub(super) async fn send(&self, payload: &Payload) -> Result<Rejected, Trouble> {
        match self {
            Self::Http(client) => client.send(payload).await,
            Self::Grpc(client) => client.send(payload).await,
        }
    }
}
