//! The simulated server as a process of its own, and what it measured of a run.

use crate::Failure;
use crate::metrics::{Metrics, Spread};
use crate::process::allow_sockets;
use crate::scenario::Scenario;
use clap::Args;
use loadwright_sim::{Served, Server};
use loadwright_timing::clock;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::net::SocketAddr;

/// Settings of the server.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The scenario to serve
    #[arg(long, value_enum)]
    scenario: Scenario,
    /// Address to listen on; port 0 takes a free port
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// What it prints once it listens.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listening {
    /// Where.
    pub(crate) address: SocketAddr,
}

/// What it prints at the end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServerReport {
    /// Its metrics, from the kernel's receive timestamp of each request.
    #[serde(alias = "figures")]
    pub(crate) metrics: Metrics,
    /// Requests received, whole or not.
    pub(crate) received: u64,
    /// Connections accepted.
    pub(crate) connections: u64,
    /// Frames with output sent.
    pub(crate) frames: u64,
    /// When the first request was received, in nanoseconds since the Unix epoch.
    #[serde(default)]
    pub(crate) first_at: Option<u64>,
}

/// Serves until standard input ends, then prints its report.
pub(crate) fn serve(args: &ServerArgs) -> Result<(), Failure> {
    allow_sockets(10_000)?;
    let mut config = args.scenario.config();
    config.listen = args.listen;
    let mut server = Server::start(config)?;
    let listening = Listening { address: server.address() };
    println!("{}", serde_json::to_string(&listening)?);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    server.stop();
    let counts = server.counts();
    let served = server.truth();
    let first = served.iter().map(|served| served.received).min();
    let report = ServerReport {
        metrics: metrics(&served),
        first_at: first.map(|first| clock::wall_at_origin() + first),
        received: counts.received,
        connections: counts.connections,
        frames: counts.frames,
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

fn metrics(served: &[Served]) -> Metrics {
    let whole: Vec<&Served> = served.iter().filter(|served| served.complete).collect();
    let mut ttft: Vec<u64> = whole
        .iter()
        .filter_map(|served| served.frames.first().map(|first| first - served.received))
        .collect();
    let mut gaps: Vec<u64> = whole
        .iter()
        .flat_map(|served| served.frames.windows(2).map(|pair| pair[1] - pair[0]))
        .collect();
    let first = whole.iter().map(|served| served.received).min();
    let last = whole.iter().map(|served| served.ended).max();
    let span = last.zip(first).map(|(last, first)| (last - first) as f64 / 1e9);
    Metrics {
        requests: whole.len() as u64,
        requests_per_s: span.map_or(0.0, |span| whole.len() as f64 / span),
        ttft_ms: Spread::of(&mut ttft),
        itl_ms: Spread::of(&mut gaps),
        dispatch_delay_ms: None,
    }
}

#[cfg(test)]
mod tests;
