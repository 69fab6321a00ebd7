//! What one sweep point does: target, load, limits and settings, validated and immutable.
//!
//! A plan is data. It is made once from what the user typed, stored with the results, and read
//! again by `loadwright report`. Each part has defaults, which also hold for a field that an older
//! stored plan does not have.

mod load;
mod request;

pub use load::Load;
pub use request::RequestSettings;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// One sweep point.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Position in the sweep, from 0.
    pub index: u32,
    /// Name of the point and of its folder, e.g. `parallel_4_number_80`.
    pub name: String,
    /// Seed for prompts, lengths and arrivals.
    pub seed: u64,
    /// Where requests go.
    pub target: Target,
    /// What is sent.
    pub request: RequestSettings,
    /// How requests arrive.
    pub load: Load,
    /// When the point ends.
    pub limits: Limits,
    /// How long each stage of an exchange may take.
    pub timeouts: Timeouts,
    /// Limits that a request must meet to count towards goodput.
    pub objectives: Objectives,
    /// How the engine runs.
    pub engine: EngineSettings,
    /// The plugins that were used.
    #[serde(default)]
    pub plugins: Vec<PluginVersion>,
    /// Every setting as the user would type it, secrets masked: the content of
    /// `benchmark_args.json`.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// A plugin, so that another run can use the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginVersion {
    /// e.g. dataset
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// Where requests go and how the connection is made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    /// Absolute http or https URL; an API plugin may replace its path.
    /// Stored with its secrets masked.
    #[serde(serialize_with = "crate::secret::serialize_url")]
    pub url: String,
    /// Connect to this Unix socket instead of the URL's host.
    pub unix_socket: Option<PathBuf>,
    /// Speak HTTP/2 (prior knowledge on http, ALPN on https).
    pub http2: bool,
    /// Headers on every request; values may be secret and never appear in stored plans.
    #[serde(skip)]
    pub headers: Vec<(String, String)>,
    /// Values of the placeholders in headers of the API plugin, by name: `api-key`, `secret:NAME`.
    #[serde(skip)]
    pub secrets: Vec<(String, String)>,
    /// Do not check the server's certificate.
    pub insecure: bool,
    /// PEM file of additional trusted certificates.
    pub ca_cert: Option<PathBuf>,
}

/// When a point ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Measured requests; none: until the duration is over.
    pub number: Option<u64>,
    /// No request starts later than this after the first measured slot.
    pub duration: Option<Duration>,
    /// Slots before the measured ones, kept out of every metric; all of them end before the first
    /// measured slot starts.
    pub warmup: u64,
}

/// How long each stage may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// DNS, TCP and TLS together.
    pub connect: Duration,
    /// Between two reads of a reply, the first one included.
    pub read: Duration,
    /// The whole request.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            read: Duration::from_secs(600),
            total: Duration::from_secs(21_600),
        }
    }
}

/// How the engine runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EngineSettings {
    /// Engine threads.
    pub threads: u16,
    /// Which timestamp of a read its frames get.
    pub timestamps: TimestampSource,
    /// How much memory replies may take.
    pub replies: ReplyLimits,
    /// What happens to the run when a plugin fails.
    pub on_plugin_failure: FailurePolicy,
    /// Whether engine threads may be pinned to processors.
    pub cpu_pinning: CpuPinning,
}

/// Whether an engine thread is pinned to one processor while it competes for CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CpuPinning {
    /// If the engine threads leave at least as many processors to everything else.
    #[default]
    Auto,
    /// Never.
    Off,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            threads: 1,
            timestamps: TimestampSource::default(),
            replies: ReplyLimits::default(),
            on_plugin_failure: FailurePolicy::default(),
            cpu_pinning: CpuPinning::default(),
        }
    }
}

/// How much memory replies may take. A request whose reply exceeds a limit fails as `too_large`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplyLimits {
    /// Bytes of one reply's body.
    pub bytes: u64,
    /// Frames of one reply.
    pub frames: u64,
    /// Bytes of memory that all replies hold together, from their arrival to their record.
    pub memory: u64,
}

impl Default for ReplyLimits {
    /// 256 MiB and a million frames for one reply; 1 GiB for all, where the machine's memory is not
    /// known.
    fn default() -> Self {
        Self { bytes: 256 << 20, frames: 1_000_000, memory: 1 << 30 }
    }
}

/// Which of a read's two timestamps its frames get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimestampSource {
    /// The kernel's receive time, where the platform gives it.
    #[default]
    Kernel,
    /// The time after the read returned.
    User,
}

/// What happens to the run when a plugin fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailurePolicy {
    /// The request fails with outcome `plugin`; the run goes on.
    #[default]
    FailRequest,
    /// The run ends.
    FailRun,
}

/// Limits in nanoseconds that a request must meet to count towards goodput.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Objectives {
    /// Time to first token.
    pub ttft: Option<u64>,
    /// Time per output token.
    pub tpot: Option<u64>,
    /// Latency.
    pub latency: Option<u64>,
}

impl Objectives {
    /// Whether any objective was given.
    pub fn any(&self) -> bool {
        self.ttft.is_some() || self.tpot.is_some() || self.latency.is_some()
    }
}

impl Plan {
    /// Whether slot `seq` belongs to the warm-up.
    pub fn is_warmup(&self, seq: u64) -> bool {
        seq < self.limits.warmup
    }

    /// Slots in all, warm-up included; none where only the duration ends the point.
    pub fn slots(&self) -> Option<u64> {
        self.limits.number.map(|number| number + self.limits.warmup)
    }
}

#[cfg(test)]
mod tests;
