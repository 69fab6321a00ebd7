//! How one request of OTLP reaches a receiver, and why it did not.

pub(super) mod grpc;
pub(super) mod http;
mod tls;

use super::environment::Link;
use super::payload::{Payload, Rejected};
use super::signal::Protocol;
use crate::http::Network;
use crate::usage::Usage;
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
    pub(super) fn open(link: Link, network: &Network, usage: &Usage) -> Result<Self, String> {
        match link.protocol {
            Protocol::Protobuf | Protocol::Json => {
                http::Client::new(link, network, usage).map(Self::Http)
            }
            Protocol::Grpc => grpc::Client::new(link, network, usage).map(Self::Grpc),
        }
    }

    fn link(&self) -> &Link {
        match self {
            Self::Http(client) => &client.link,
            Self::Grpc(client) => &client.link,
        }
    }

    /// Where it leads, for messages.
    pub(super) fn place(&self) -> String {
        loadwright_core::secret::masked_url(self.link().endpoint.as_str())
    }

    /// The longest time of one try.
    pub(super) fn timeout(&self) -> Duration {
        self.link().timeout
    }

    /// Sends `payload` once.
    pub(super) async fn send(&self, payload: &Payload) -> Result<Rejected, Trouble> {
        match self {
            Self::Http(client) => client.send(payload).await,
            Self::Grpc(client) => client.send(payload).await,
        }
    }
}

/// Of a try that took too long.
fn late(link: &Link) -> Trouble {
    let why = format!("no answer within {} s", link.timeout.as_secs_f64());
    Trouble::Again { why, after: None }
}
