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
mod tests {
    use super::total_below;
    use std::fs;

    const GIB: u64 = 1 << 30;

    /// What is found where these files stand below the root.
    fn found(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        total_below(root.path())
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:    8388608 kB\nMemFree:  1 kB\n");

    #[test]
    fn without_groups_it_is_the_machines() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[MACHINE]), Some(8 * GIB));
        let elsewhere = ("proc/self/cgroup", "8:pids:/a\n1:cpu,cpuacct:/b\n");
        assert_eq!(found(&[MACHINE, elsewhere]), Some(8 * GIB));
    }

    #[test]
    fn of_version_2_the_least_limit_on_the_way_up_counts() {
        let group = ("proc/self/cgroup", "0::/user/run\n");
        let inner = ("sys/fs/cgroup/user/run/memory.max", "max\n");
        let outer = ("sys/fs/cgroup/user/memory.max", "2147483648\n");
        assert_eq!(found(&[MACHINE, group, inner, outer]), Some(2 * GIB));
        let inner = ("sys/fs/cgroup/user/run/memory.max", "1073741824\n");
        assert_eq!(found(&[MACHINE, group, inner, outer]), Some(GIB));
        // In a container the group itself is what is mounted.
        let mounted = ("sys/fs/cgroup/memory.max", "536870912\n");
        assert_eq!(found(&[MACHINE, group, mounted]), Some(GIB / 2));
    }

    #[test]
    fn of_version_1_no_limit_is_a_number_beyond_the_machine() {
        let group = ("proc/self/cgroup", "4:memory:/docker/1f\n0::/\n");
        let outer = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(found(&[MACHINE, group, outer]), Some(8 * GIB));
        let inner = ("sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes", "3221225472\n");
        assert_eq!(found(&[MACHINE, group, outer, inner]), Some(3 * GIB));
    }
}
