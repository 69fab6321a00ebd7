//! Files within the folder, and all that leads out of it.

use super::{Artifacts, Quota};
use crate::deadline::Deadline;
use loadwright_core::export::http::{Algorithm, Artifact};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;
use tempfile::TempDir;

struct Run {
    folder: TempDir,
    artifacts: Artifacts,
    deadline: Deadline,
}

fn run_with(quota: Quota) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    let deadline = Deadline::new();
    let (own, results) = (folder.path().join("exports/x"), folder.path().to_owned());
    let artifacts = Artifacts::new(own, Some(results), quota, deadline.clone());
    Run { folder, artifacts, deadline }
}

fn run() -> Run {
    run_with(Quota::default())
}

fn artifact(name: &str, size: u64) -> Artifact {
    Artifact { name: name.into(), size }
}

#[test]
fn files_are_cut_where_they_are_longer() {
    let Run { folder, mut artifacts, .. } = run_with(Quota { bytes: 10, files: 2 });
    artifacts.append("a.txt", b"0123456789").expect("appended");
    artifacts.cut("a.txt", 4).expect("cut");
    artifacts.cut("a.txt", 8).expect("it is shorter");
    artifacts.cut("none.txt", 0).expect("there is nothing to cut");
    assert_eq!(artifacts.read("a.txt", 0, 100), Ok(b"0123".to_vec()));
    assert_eq!(artifacts.append("a.txt", b"abcdef"), Ok(10), "there is room again");
    assert!(artifacts.cut("../a.txt", 0).is_err());
    symlink(folder.path().join("exports/x/a.txt"), folder.path().join("exports/x/link"))
        .expect("a link");
    assert!(artifacts.cut("link", 0).is_err());
}

#[test]
fn files_are_put_appended_read_and_listed() {
    let Run { folder, mut artifacts, .. } = run();
    assert!(!folder.path().join("exports").exists(), "nothing is made before it is needed");
    assert_eq!(artifacts.entries(""), Ok(vec![]));
    artifacts.put("b/c.txt", b"0123456789").expect("put");
    artifacts.put("a.txt", b"first").expect("put");
    artifacts.put("a.txt", b"second").expect("put again");
    assert_eq!(artifacts.append("a.txt", b"+"), Ok(7));
    assert_eq!(artifacts.append("new/n", b"12"), Ok(2));
    assert_eq!(artifacts.read("a.txt", 0, 100), Ok(b"second+".to_vec()));
    assert_eq!(artifacts.read("b/c.txt", 3, 4), Ok(b"3456".to_vec()));
    for (offset, count) in [(10, 5), (u64::MAX, u32::MAX), (0, 0)] {
        assert_eq!(artifacts.read("b/c.txt", offset, count), Ok(vec![]));
    }
    let all = [artifact("a.txt", 7), artifact("b/c.txt", 10), artifact("new/n", 2)];
    assert_eq!(artifacts.entries(""), Ok(all.to_vec()));
    assert_eq!(artifacts.entries("b"), Ok(all[1..2].to_vec()));
    assert_eq!(artifacts.entries("none"), Ok(vec![]));
    assert_eq!(fs::read(folder.path().join("exports/x/b/c.txt")).expect("a file"), b"0123456789");
    let names = fs::read_dir(folder.path().join("exports/x")).expect("a folder").count();
    assert_eq!(names, 3, "nothing unfinished is left");
}

#[test]
fn names_that_are_not_plain_are_refused() {
    let Run { folder, mut artifacts, .. } = run();
    let long = "x".repeat(256);
    let deep = vec!["d"; 17].join("/");
    let path = vec!["y".repeat(200); 6].join("/");
    let names = [
        "",
        ".",
        "..",
        "../x",
        "a/../b",
        "a/..",
        "/etc/passwd",
        "a//b",
        "a/",
        "./a",
        "a/./b",
        "a\\b",
        "a\0b",
        "a\nb",
        ".loadwright-x",
        "a/.loadwright-x/b",
        &long,
        &deep,
        &path,
        "//",
        "results/../x",
    ];
    for name in names {
        assert!(artifacts.put(name, b"").is_err(), "{name}");
        assert!(artifacts.append(name, b"").is_err(), "{name}");
        assert!(artifacts.read(name, 0, 1).is_err(), "{name}");
        assert!(artifacts.digest(name, Algorithm::Md5).is_err(), "{name}");
        assert!(artifacts.for_sqlite(name).is_err(), "{name}");
        assert!(name.is_empty() || artifacts.entries(name).is_err(), "{name}");
    }
    for name in ["x.db-journal", "x-wal", "a/x-shm"] {
        assert!(artifacts.put(name, b"").is_err(), "{name}");
    }
    artifacts.put(&"x".repeat(255), b"").expect("the longest name");
    artifacts.put(&vec!["d"; 16].join("/"), b"").expect("the deepest name");
    artifacts.put("...", b"").expect("a plain name");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn links_lead_nowhere() {
    let Run { folder, mut artifacts, .. } = run();
    artifacts.put("real", b"inside").expect("put");
    let own = folder.path().join("exports/x");
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("secret"), "secret").expect("a file");
    symlink(outside.join("secret"), own.join("file")).expect("a link");
    symlink(&outside, own.join("folder")).expect("a link");
    symlink("../../outside", own.join("relative")).expect("a link");
    symlink("real", own.join("inner")).expect("a link");
    for name in ["file", "folder/secret", "relative/secret", "inner"] {
        assert!(artifacts.read(name, 0, 10).is_err(), "{name}");
        assert!(artifacts.append(name, b"x").is_err(), "{name}");
        assert!(artifacts.for_sqlite(name).is_err(), "{name}");
        assert!(artifacts.put(name, b"x").is_err(), "{name}");
    }
    assert!(artifacts.put("folder/new", b"x").is_err());
    assert!(artifacts.entries("folder").is_err());
    assert_eq!(artifacts.entries(""), Ok(vec![artifact("real", 6)]));
    assert_eq!(fs::read_to_string(outside.join("secret")).expect("a file"), "secret");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1);
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let Run { folder, mut artifacts, .. } = run();
    artifacts.put("folder/x", b"").expect("put");
    let fifo = folder.path().join("exports/x/fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    for name in ["fifo", "folder"] {
        assert!(artifacts.read(name, 0, 1).is_err(), "{name}");
        assert!(artifacts.append(name, b"x").is_err(), "{name}");
        assert!(artifacts.put(name, b"x").is_err(), "{name}");
    }
    let fault = artifacts.read("none", 0, 1).expect_err("a fault").to_string();
    assert_eq!(fault, "artifact `none` does not exist");
}

#[test]
fn the_runs_own_files_are_read_only() {
    let Run { folder, mut artifacts, .. } = run();
    fs::create_dir_all(folder.path().join("point")).expect("a folder");
    fs::create_dir_all(folder.path().join("exports/other")).expect("a folder");
    for name in [
        "performance_summary.txt",
        "point/a.json",
        "records.db",
        "records.db-wal",
        "point/records.db",
        "exports/other/x",
    ] {
        fs::write(folder.path().join(name), name).expect("a file");
    }
    let read = artifacts.read("results/point/a.json", 0, 100);
    assert_eq!(read, Ok(b"point/a.json".to_vec()));
    let all =
        [artifact("results/performance_summary.txt", 23), artifact("results/point/a.json", 12)];
    assert_eq!(artifacts.entries("results"), Ok(all.to_vec()));
    assert_eq!(artifacts.entries("results/point"), Ok(all[1..].to_vec()));
    for name in [
        "results/records.db",
        "results/records.db-wal",
        "results/point/records.db",
        "results/exports/other/x",
        "results/none",
        "results",
    ] {
        assert!(artifacts.read(name, 0, 1).is_err(), "{name}");
    }
    for name in ["results", "results/new", "results/performance_summary.txt"] {
        assert!(artifacts.put(name, b"x").is_err(), "{name}");
        assert!(artifacts.append(name, b"x").is_err(), "{name}");
        assert!(artifacts.for_sqlite(name).is_err(), "{name}");
    }
    symlink("/etc/hostname", folder.path().join("link")).expect("a link");
    assert!(artifacts.read("results/link", 0, 1).is_err());
    let own = folder.path().join("exports/x");
    let alone = Artifacts::new(own, None, Quota::default(), Deadline::new());
    assert!(alone.read("results/performance_summary.txt", 0, 1).is_err());
}

#[test]
fn bytes_and_files_are_bounded() {
    let Run { mut artifacts, .. } = run_with(Quota { bytes: 10, files: 2 });
    artifacts.put("a", b"0123456789").expect("all of it");
    assert!(
        artifacts.append("a", b"x").expect_err("a fault").to_string().contains("exceed 10 bytes")
    );
    assert_eq!(artifacts.read("a", 0, 20), Ok(b"0123456789".to_vec()), "nothing was appended");
    artifacts.put("a", b"012").expect("less");
    artifacts.put("b", b"0123456").expect("the rest");
    assert!(artifacts.put("b", b"01234567").is_err());
    assert_eq!(artifacts.read("b", 0, 20), Ok(b"0123456".to_vec()), "the one before stays whole");
    assert!(artifacts.put("c", b"").expect_err("a fault").to_string().contains("exceed 2 files"));
    assert!(artifacts.append("c", b"").is_err());
    artifacts.append("a", b"").expect("no new file");
    let few = Artifacts { quota: Quota { bytes: 10, files: 1 }, ..artifacts };
    assert!(few.entries("").is_err(), "a list is bounded too");
}

#[test]
fn a_session_that_continues_counts_what_is_there() {
    let quota = Quota { bytes: 10, files: 3 };
    let Run { mut artifacts, folder, .. } = run_with(quota);
    artifacts.put("a", b"01234").expect("a file");
    let at = |own: &str, results: &str| {
        let [own, results] = [own, results].map(|name| folder.path().join(name));
        Artifacts::new(own, Some(results), quota, Deadline::new())
    };
    let mut second = at("exports/x", "");
    let fault = second.append("b", b"678901").expect_err("a fault").to_string();
    assert!(fault.contains("exceed 10 bytes"), "{fault}");
    second.append("b", b"67890").expect("what is left");
    assert!(second.put("a", b"012345").is_err());
    second.put("a", b"").expect("it shrinks");
    let mut third = at("exports/x", "");
    assert_eq!(third.left().expect("counted"), 5);
    third.put("c", b"").expect("the third file");
    assert!(third.put("d", b"").expect_err("a fault").to_string().contains("exceed 3 files"));
    let mut granted = at("exports/x", "elsewhere");
    assert_eq!(granted.left().expect("counted"), 10, "what others wrote there does not count");
}

#[test]
fn digests_are_those_of_the_tools() {
    let Run { folder, mut artifacts, deadline } = run();
    let content: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    artifacts.put("x", &content).expect("put");
    let hex = |algorithm| {
        let bytes = artifacts.digest("x", algorithm).expect("a digest");
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let path = folder.path().join("exports/x/x");
    for (tool, algorithm) in [("md5sum", Algorithm::Md5), ("sha256sum", Algorithm::Sha256)] {
        let output = std::process::Command::new(tool).arg(&path).output().expect("the tool").stdout;
        let output = String::from_utf8(output).expect("text");
        assert_eq!(output.split(' ').next(), Some(hex(algorithm).as_str()), "{tool}");
    }
    artifacts.put("check", b"123456789").expect("put");
    assert_eq!(artifacts.digest("check", Algorithm::Crc32), Ok(vec![0xcb, 0xf4, 0x39, 0x26]));
    deadline.set(Duration::ZERO);
    let fault = artifacts.digest("x", Algorithm::Md5).expect_err("a fault");
    assert!(fault.to_string().contains("--export-timeout"), "{fault}");
}

proptest! {
    #[test]
    fn no_name_leaves_the_folder(name in "([a-z.]{0,3}|/|\\.\\./|\\PC){0,8}") {
        let Run { folder, mut artifacts, .. } = run();
        if artifacts.put(&name, b"x").is_ok() {
            prop_assert!(folder.path().join("exports/x").join(&name).is_file());
        }
        let inside = folder.path().join("exports/x");
        let count = fs::read_dir(folder.path()).expect("a folder").count();
        prop_assert!(count == 0 || (count == 1 && inside.is_dir()));
    }
}
