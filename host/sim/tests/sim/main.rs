//! The simulated server over its sockets, held against a client of plain blocking reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod counting;
mod faults;
mod hostile;
mod pacing;
mod plain;
mod reach;

use loadwright_sim::{Config, Model, Server};
use serde_json::{Value, json};

/// A server that answers as fast as it can.
pub(crate) fn fast() -> Config {
    Config { model: Model::Unpaced, ..Config::default() }
}

pub(crate) fn start(config: Config) -> Server {
    Server::start(config).unwrap()
}

/// A streaming chat request for this many tokens.
pub(crate) fn chat(tokens: u32) -> Value {
    json!({
        "model": "m",
        "messages": [{"role": "user", "content": "three plain words"}],
        "max_tokens": tokens,
        "stream": true,
        "stream_options": {"include_usage": true},
    })
}

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const COMPLETIONS: &str = "/v1/completions";
