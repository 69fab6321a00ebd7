//! How far the simulated server was behind its configured pace, in words: who calibrates a client with
//! it must know how exact it was.

use loadwright_sim::{Lateness, Server};
use std::time::Duration;

/// How often the server is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// With fewer frames or replies than this, there is no warning.
const FEW: u64 = 100;

/// One in a hundred later than this, in nanoseconds, is worth a warning.
const BOUND: u64 = 5_000_000;

/// Warnings that were given already.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    frames: bool,
    counts: bool,
}

impl Lookout {
    /// Warnings that were not given yet.
    pub(super) fn look(&mut self, server: &Server) -> Vec<String> {
        self.warnings(server.lateness(), server.count_delay())
    }

    fn warnings(&mut self, frames: Lateness, counts: Lateness) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.frames && is_late(frames) {
            self.frames = true;
            warnings.push(format!(
                "frames are sent late: one in a hundred by more than {} behind the configured pace, \
                 and what is measured against this server is off by as much; lower the load, or \
                 give the server cores of its own",
                millis(frames.p99)
            ));
        }
        if !self.counts && is_late(counts) {
            self.counts = true;
            warnings.push(format!(
                "replies end late: one in a hundred waits more than {} for the count of its prompt; \
                 leave --tokenizer-path out, or send shorter prompts",
                millis(counts.p99)
            ));
        }
        warnings
    }
}

fn is_late(lateness: Lateness) -> bool {
    lateness.count >= FEW && lateness.p99 > BOUND
}

/// The lines printed when the server ends; none for one that keeps no pace.
pub(super) fn report(server: &Server) -> Vec<String> {
    lines(server.lateness(), server.count_delay())
}

fn lines(frames: Lateness, counts: Lateness) -> Vec<String> {
    let line = |of: Lateness, what: &str, unit: &str| {
        let (p50, p99, max) = (millis(of.p50), millis(of.p99), millis(of.max));
        format!("{what}: p50 {p50}, p99 {p99}, max {max}; {} {unit}", of.count)
    };
    let mut lines = Vec::new();
    if frames.count > 0 {
        lines.push(line(frames, "frames behind the configured pace", "frames"));
    }
    if counts.max > 0 {
        let what = "ends of replies behind the count of their prompt";
        lines.push(line(counts, what, "replies"));
    }
    lines
}

fn millis(nanos: u64) -> String {
    format!("{:.2} ms", nanos as f64 / 1e6)
}

#[cfg(test)]
mod tests;
