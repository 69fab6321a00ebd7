//! How far the simulated server was behind the pace it was asked for, in words: whoever calibrates a
//! client by it must be able to believe it.

use loadwright_sim::{Lateness, Server};
use std::time::Duration;

/// How often the server is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// With fewer frames or replies than this, nothing is said.
const FEW: u64 = 100;

/// One in a hundred later than this, in nanoseconds, is worth a warning.
const BOUND: u64 = 5_000_000;

/// What was warned of already.
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
                "frames are sent late: one in a hundred by more than {} behind the pace asked for, \
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

/// What is said of a server at its end. One that keeps no pace has nothing to say.
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
        lines.push(line(frames, "frames behind the pace asked for", "frames"));
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
mod tests {
    use super::*;

    fn late(count: u64, p99: u64) -> Lateness {
        Lateness { count, p50: 70_000, p99, max: 9_000_000 }
    }

    #[test]
    fn what_is_late_is_warned_of_once() {
        let none = Lateness::default();
        let mut lookout = Lookout::default();
        for (frames, counts) in
            [(none, none), (late(99, BOUND * 9), none), (late(100, BOUND), none)]
        {
            assert_eq!(lookout.warnings(frames, counts), Vec::<String>::new());
        }
        let said = lookout.warnings(late(100, 7_125_000), none);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("late: one in a hundred by more than 7.12 ms"), "{}", said[0]);
        let said = lookout.warnings(late(200, 8_000_000), late(100, 6_000_000));
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("replies end late: ") && said[0].contains("6.00 ms"));
        assert!(lookout.warnings(late(300, BOUND * 2), late(300, BOUND * 2)).is_empty());
    }

    #[test]
    fn the_end_says_how_late_what_was() {
        let none = Lateness::default();
        assert_eq!(lines(none, none), Vec::<String>::new());
        let counts = Lateness { count: 30, ..none };
        let said = lines(late(480, 210_000), counts);
        let frames = "frames behind the pace asked for: p50 0.07 ms, p99 0.21 ms, max 9.00 ms; 480 \
                      frames";
        assert_eq!(said, [frames]);
        let said = lines(none, late(3, 8_000_000));
        let replies = "ends of replies behind the count of their prompt: p50 0.07 ms, p99 8.00 ms, \
                       max 9.00 ms; 3 replies";
        assert_eq!(said, [replies]);
    }
}
