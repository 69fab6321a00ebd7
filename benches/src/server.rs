//! The simulated server as a process of its own, and what it knows of a run.

use crate::Failure;
use crate::figures::{Figures, Spread};
use crate::process::allow_sockets;
use crate::scenario::Scenario;
use clap::Args;
use loadwright_sim::{Served, Server};
use loadwright_stamps::clock;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::net::SocketAddr;

/// Settings of the server.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// What is served
    #[arg(long, value_enum)]
    scenario: Scenario,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// What it prints once it listens.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listening {
    /// Where.
    pub(crate) address: SocketAddr,
}

/// What it prints at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// The figures as it knows them: times from the kernel's receipt of a request.
    pub(crate) figures: Figures,
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

/// Serves until the standard input ends, then prints the truth.
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
    let truth = Truth {
        figures: figures(&served),
        first_at: first.map(|first| clock::wall_at_origin() + first),
        received: counts.received,
        connections: counts.connections,
        frames: counts.frames,
    };
    println!("{}", serde_json::to_string(&truth)?);
    Ok(())
}

fn figures(served: &[Served]) -> Figures {
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
    Figures {
        requests: whole.len() as u64,
        requests_per_s: span.map_or(0.0, |span| whole.len() as f64 / span),
        ttft_ms: Spread::of(&mut ttft),
        itl_ms: Spread::of(&mut gaps),
        lag_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_of_what_was_sent() {
        let served = |received: u64, frames: &[u64], ended, complete| Served {
            received,
            frames: frames.to_vec(),
            ended,
            complete,
            ..Served::default()
        };
        let ms = 1_000_000;
        let figures = figures(&[
            served(0, &[5 * ms, 7 * ms, 12 * ms], 13 * ms, true),
            served(10 * ms, &[13 * ms], 500 * ms, true),
            served(0, &[900 * ms], 901 * ms, false),
        ]);
        let expected = Figures {
            requests: 2,
            requests_per_s: 4.0,
            ttft_ms: Some(Spread { mean: 4.0, p99: 5.0 }),
            itl_ms: Some(Spread { mean: 3.5, p99: 5.0 }),
            lag_ms: None,
        };
        assert_eq!(figures, expected);
    }
}
