//! What may be opened and read, and what each refusal says.

use super::{FileError, open, read, read_input, read_text};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A pipe with a name; nobody writes to it.
fn pipe() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    (folder, path)
}

fn said<T>(result: Result<T, FileError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn a_file_is_read_up_to_its_bound() {
    let (_folder, path) = file(b"four");
    assert_eq!(read(&path, 4).unwrap(), b"four");
    assert_eq!(read_text(&path, 4).unwrap(), "four");
    assert_eq!(read_input(&path, 4).unwrap(), "four");
    assert_eq!(said(read(&path, 3)), "is larger than 3 bytes");
    assert_eq!(said(read_input(&path, 3)), "is larger than 3 bytes");
    assert_eq!(said(read(Path::new("/dev/zero"), 9)), "is a device, not a regular file");
    assert_eq!(said(read_input(Path::new("/dev/zero"), 2 << 20)), "is larger than 2 MiB");
}

#[test]
fn only_regular_files_open_and_none_waits() {
    let (_keep, pipe) = pipe();
    let (_folder, path) = file(b"");
    let folder = path.parent().unwrap();
    assert_eq!(said(open(&pipe)), "is a pipe, not a regular file");
    assert_eq!(said(open(folder)), "is a folder, not a file");
    assert_eq!(said(open(Path::new("/dev/zero"))), "is a device, not a regular file");
    let missing = open(&folder.join("no")).err().unwrap();
    assert!(missing.is_missing());
    assert_eq!(missing.to_string(), "does not exist");
    let link = folder.join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(open(&link).is_ok(), "a user may name a link");
}

#[test]
fn a_pipe_that_is_written_to_is_input() {
    let (_keep, pipe) = pipe();
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "from a pipe").unwrap()
    });
    assert_eq!(read_input(&pipe, 100).unwrap(), "from a pipe");
    writer.join().unwrap();
}

#[test]
fn what_is_not_text_says_where() {
    let (_folder, path) = file(b"ab\xffc");
    assert_eq!(said(read_text(&path, 9)), "is not UTF-8 text: byte 2 does not fit");
}
