//! The limits to compare with, each a process of its own: the bare socket client and a minimal hyper
//! client.

use crate::Failure;
use crate::bare;
use crate::hyper;
use crate::metrics::Metrics;
use crate::process::{self, allow_sockets};
use crate::scenario::{ENDPOINT, MODEL, PROMPT};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::net::SocketAddr;

/// Settings of a client.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClientArgs {
    /// Where the server listens, e.g. 127.0.0.1:8000
    #[arg(long)]
    pub(crate) address: SocketAddr,
    /// What reads the replies
    #[arg(long, value_enum, default_value_t = ClientKind::Bare)]
    by: ClientKind,
    /// Connections, each with one request in in_flight
    #[arg(long, default_value_t = 200)]
    pub(crate) workers: u32,
    /// Requests in all
    #[arg(long, default_value_t = 2_000)]
    pub(crate) requests: u64,
    /// Output tokens of each request, one per frame
    #[arg(long, default_value_t = 64)]
    pub(crate) tokens: u32,
}

/// What reads the replies.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ClientKind {
    /// Plain reads, no HTTP library
    Bare,
    /// hyper's HTTP/1.1 connection over reads with kernel timestamps
    Hyper,
}

/// What it prints.
#[derive(Debug, Serialize)]
struct Printed {
    metrics: Metrics,
    frames: u64,
    cpu_s: f64,
    peak_mb: f64,
}

/// Runs the client and prints its metrics.
pub(crate) fn run(args: &ClientArgs) -> Result<(), Failure> {
    allow_sockets(u64::from(args.workers))?;
    let tally = match args.by {
        ClientKind::Bare => bare::drive(args)?,
        ClientKind::Hyper => hyper::drive(args)?,
    };
    let printed = Printed {
        frames: tally.frames,
        cpu_s: process::own_cpu_s()?,
        peak_mb: process::own_peak_mb()?,
        metrics: tally.metrics(),
    };
    println!("{}", serde_json::to_string(&printed)?);
    Ok(())
}

/// The request's body, always the same, with the fields that `loadwright perf` sends.
pub(crate) fn body(tokens: u32) -> String {
    serde_json::json!({
        "model": MODEL,
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": tokens,
        "min_tokens": tokens,
        "temperature": 0.0,
        "stream": true,
        "stream_options": {"include_usage": true},
        "ignore_eos": true,
    })
    .to_string()
}

/// The whole request as bytes.
pub(crate) fn request(address: SocketAddr, tokens: u32) -> Vec<u8> {
    let body = body(tokens);
    format!(
        "POST {ENDPOINT} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
