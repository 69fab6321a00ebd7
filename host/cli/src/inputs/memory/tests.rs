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
