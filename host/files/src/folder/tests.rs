//! Folders with everything in them that must not be opened, and many entries.

use super::*;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

fn never() -> bool {
    false
}

fn said<T>(result: Result<T, FileError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn names_do_not_lead_out_of_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir_all(inner.join("a")).unwrap();
    fs::write(outer.path().join("secret"), "no").unwrap();
    fs::write(inner.join("a/file"), "yes").unwrap();
    symlink("../secret", inner.join("up")).unwrap();
    symlink("/etc", inner.join("etc")).unwrap();
    symlink("a/file", inner.join("within")).unwrap();
    let folder = Folder::open(&inner).unwrap();
    for name in ["../secret", "up", "etc/passwd", "/etc/passwd", "a/../../secret"] {
        assert_eq!(said(folder.file(name)), "leads out of its folder", "{name}");
    }
    for name in ["..", "etc", "/etc"] {
        let listed = folder.names(name, 9, &never);
        assert_eq!(said(listed), "leads out of its folder", "{name}");
    }
    for name in ["a/file", "within", "a/../within"] {
        assert_eq!(io::read_to_string(folder.file(name).unwrap()).unwrap(), "yes", "{name}");
    }
    assert_eq!(folder.names("", 9, &never).unwrap(), ["a", "etc", "up", "within"].map(Box::from));
    let entry = |name: &str| folder.entry("", name);
    assert_eq!(entry("a"), Entry { name: "a".into(), folder: true, size: 0 });
    assert_eq!(entry("up"), Entry { name: "up".into(), folder: false, size: 0 });
    assert_eq!(entry("within"), Entry { name: "within".into(), folder: false, size: 3 });
}

#[test]
fn a_link_that_is_put_in_while_names_are_opened_is_never_followed_out() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(outer.path().join("secret"), "no").unwrap();
    fs::write(inner.join("good"), "yes").unwrap();
    let folder = Folder::open(&inner).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                symlink("good", inner.join("next")).unwrap();
                fs::rename(inner.join("next"), inner.join("name")).unwrap();
                symlink("../secret", inner.join("next")).unwrap();
                fs::rename(inner.join("next"), inner.join("name")).unwrap();
            }
        });
        for _ in 0..2000 {
            if let Ok(file) = folder.file("name") {
                assert_eq!(io::read_to_string(file).unwrap(), "yes");
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn only_regular_files_open_and_none_waits() {
    let place = tempfile::tempdir().unwrap();
    let pipe = place.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(place.path().join("folder")).unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    let folder = Folder::open(place.path()).unwrap();
    assert_eq!(said(folder.file("pipe")), "is a pipe, not a regular file");
    assert_eq!(said(folder.file("folder")), "is a folder, not a file");
    assert_eq!(said(folder.file("none")), "does not exist");
    assert!(folder.names("file", 9, &never).is_err(), "a file is no folder");
    assert!(Folder::open(&pipe).is_err(), "and a pipe neither");
    assert_eq!(folder.entry("", "pipe"), Entry { name: "pipe".into(), folder: false, size: 0 });
}

#[test]
fn names_are_sorted_bounded_and_left_out_where_they_are_not_utf_8() {
    let place = tempfile::tempdir().unwrap();
    for name in ["b", "é", "a", "B"] {
        fs::write(place.path().join(name), name).unwrap();
    }
    fs::write(place.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    let folder = Folder::open(place.path()).unwrap();
    assert_eq!(folder.names("", 5, &never).unwrap(), ["B", "a", "b", "é"].map(Box::from));
    assert_eq!(said(folder.names("", 4, &never)), "holds more than 4 entries");
    assert_eq!(said(folder.names("", 5, &|| true)), "was not read: the run was stopped");
}
