//! How much memory there is for this process: the machine's, or less where control groups limit it.

use std::fs;
use std::path::Path;

/// Bytes of memory that this process can have; none where the system does not say.
pub(super) fn total() -> Option<u64> {
    total_below(Path::new("/"))
}

/// As [`total`], with the system's files below `root`.
fn total_below(root: &Path) -> Option<u64> {
    let machine =
        fs::read_to_string(root.join("proc/meminfo")).ok().and_then(|text| installed(&text));
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| limit(root, line));
    machine.into_iter().chain(limits).min()
}

/// `MemTotal:       24683656 kB`
fn installed(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The least limit of a group and those that it lies in. `group` is a line of `/proc/self/cgroup`:
/// number, controllers, path. In a container the path may not exist: what is mounted is then the
/// group itself.
fn limit(root: &Path, group: &str) -> Option<u64> {
    let mut parts = group.splitn(3, ':');
    let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let (mount, file) = if number == "0" && controllers.is_empty() {
        ("sys/fs/cgroup", "memory.max")
    } else if controllers.split(',').any(|name| name == "memory") {
        ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
    } else {
        return None;
    };
    let mount = root.join(mount);
    // A group without a limit of its own says `max`, which is no number.
    let own = |path: &Path| -> Option<u64> {
        fs::read_to_string(mount.join(path).join(file)).ok()?.trim().parse().ok()
    };
    Path::new(path.trim_start_matches('/')).ancestors().filter_map(own).min()
}

#[cfg(test)]
mod tests;
