//! Resource usage of this process and of children.

use crate::Failure;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::process::Child;
use wait4::Wait4;

/// What a child used from start to end.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// CPU seconds, in its own code and in the kernel.
    pub(crate) cpu_s: f64,
    /// CPU seconds in its own code.
    pub(crate) user_s: f64,
    /// Peak resident memory, in megabytes (10^6 bytes). At least what this program used when it
    /// started the child, since the kernel counts from the fork.
    pub(crate) peak_mb: f64,
}

/// Waits for `child` and returns its usage; an error if it failed.
pub(crate) fn wait(child: Child, name: &str) -> Result<Usage, Failure> {
    let ended = child.wait4()?;
    if !ended.status.success() {
        return Err(format!("{name} failed: {}", ended.status).into());
    }
    let (user, system) = (ended.rusage.utime.as_secs_f64(), ended.rusage.stime.as_secs_f64());
    Ok(Usage { cpu_s: user + system, user_s: user, peak_mb: ended.rusage.maxrss as f64 / 1e6 })
}

/// CPU seconds that this process's main thread has used so far.
pub(crate) fn own_cpu_s() -> Result<f64, Failure> {
    let schedstat = fs::read_to_string("/proc/self/schedstat")?;
    let on_cpu = schedstat.split_whitespace().next().ok_or("schedstat is empty")?;
    Ok(on_cpu.parse::<f64>()? / 1e9)
}

/// This process's peak resident memory so far, in megabytes (10^6 bytes).
pub(crate) fn own_peak_mb() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kib.parse::<f64>()? * 1024.0 / 1e6)
}

/// Raises the limit of open files to `sockets` and a few more.
pub(crate) fn allow_sockets(sockets: u64) -> io::Result<()> {
    rlimit::increase_nofile_limit(sockets + 64).map(drop)
}
