//! Describes the machine of a measurement, without which its metrics mean little.

use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

/// The machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) cpu: String,
    /// Cores that this program may use.
    pub(crate) cores: usize,
    /// Memory in gigabytes (10^9 bytes).
    pub(crate) memory_gb: f64,
    /// The kernel's name and release.
    pub(crate) kernel: String,
    /// Load average of the minute before; well above 0, the machine was not idle and the metrics are
    /// worse than they should be.
    pub(crate) load_before: f64,
}

impl Machine {
    /// This machine now; what cannot be read is empty or 0.
    pub(crate) fn here() -> Self {
        let cores = std::thread::available_parallelism();
        Self {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: cores.map_or(0, usize::from),
            memory_gb: first_number(&field("/proc/meminfo", "MemTotal")) * 1024.0 / 1e9,
            kernel: kernel(),
            load_before: first_number(&fs::read_to_string("/proc/loadavg").unwrap_or_default()),
        }
    }
}

/// The value of the first line `name: value` of a file.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or("", |line| line.trim_start_matches([' ', '\t', ':'])).trim().to_owned()
}

fn first_number(text: &str) -> f64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn kernel() -> String {
    let output = Command::new("uname").arg("-sr").output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
