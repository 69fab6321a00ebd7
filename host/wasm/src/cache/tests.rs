//! Whatever is wrong with the cache costs a compilation and is never an error.

use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

/// Another user, where the tests run as the superuser.
const NOBODY: u32 = 65_534;

fn engine() -> Engine {
    crate::engine::start().unwrap().0
}

/// A component that is small and quick to compile.
fn component() -> Vec<u8> {
    wat::parse_str("(component (core module (func (export \"f\"))))").unwrap()
}

/// Where the component came from, and what was said about the cache.
fn noticed(engine: &Engine, parent: &Path) -> (Origin, Vec<String>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let notice: Notice = Arc::new(move |text: &str| heard.lock().unwrap().push(text.to_owned()));
    let cache = Cache::new(engine, Some(parent), notice);
    let (bytes, digest) = (component(), hex(&Sha256::digest(component())));
    let origin = cache.component(engine, &bytes, &digest, || {}).unwrap().1;
    let said = said.lock().unwrap().clone();
    (origin, said)
}

fn origin(engine: &Engine, parent: &Path) -> Origin {
    let (origin, said) = noticed(engine, parent);
    assert_eq!(said, Vec::<String>::new());
    origin
}

fn only_file(parent: &Path) -> PathBuf {
    let files = fs::read_dir(parent.join("compiled-plugins")).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn compiled_once_then_loaded_by_any_engine_of_the_same_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("a/b");
    assert_eq!(origin(&engine(), &parent), Origin::Compiled);
    assert_eq!(origin(&engine(), &parent), Origin::Cached);
    let file = only_file(&parent);
    assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let digest = hex(&Sha256::digest(component()));
    assert!(name.starts_with(&format!("{digest}-")) && name.ends_with(".cwasm"), "{name}");
}

#[test]
fn the_users_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path();
    fs::write(parent.join("notes.txt"), "mine").unwrap();
    set_mode(parent, 0o755);
    assert_eq!(origin(&engine(), parent), Origin::Compiled);
    assert_eq!(mode(parent), 0o755);
    assert_eq!(fs::read_to_string(parent.join("notes.txt")).unwrap(), "mine");
}

#[test]
fn damaged_and_truncated_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, parent) = (engine(), folder.path());
    origin(&engine, parent);
    let file = only_file(parent);
    let whole = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    // wasmtime itself checks only its headers, not the code.
    let spread = (0..24).map(|n| flipped(n * (whole.len() - 1) / 23));
    let bad = [Vec::new(), b"not code".to_vec(), whole[..whole.len() / 2].to_vec()];
    for bytes in spread.chain(bad) {
        fs::write(&file, bytes).unwrap();
        assert_eq!(origin(&engine, parent), Origin::Compiled);
        assert_eq!(fs::read(&file).unwrap(), whole, "it was replaced");
    }
    assert_eq!(origin(&engine, parent), Origin::Cached);
}

#[test]
fn engines_of_different_configurations_have_their_own_files() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path();
    origin(&engine(), parent);
    let ours = only_file(parent);
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    let other = Engine::new(&config).unwrap();
    assert_eq!(origin(&other, parent), Origin::Compiled);
    let files = fs::read_dir(ours.parent().unwrap()).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);

    // Code under the name of another file does not match its digest.
    let theirs = files.iter().find(|path| **path != ours).unwrap();
    fs::copy(theirs, &ours).unwrap();
    assert_eq!(origin(&engine(), parent), Origin::Compiled);
}

#[test]
fn files_that_others_could_have_written_are_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, parent) = (engine(), folder.path());
    origin(&engine, parent);
    let file = only_file(parent);
    for bits in [0o620, 0o602] {
        set_mode(&file, bits);
        assert_eq!(origin(&engine, parent), Origin::Compiled, "{bits:o}");
    }
    let elsewhere = parent.join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert_eq!(origin(&engine, parent), Origin::Compiled);
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    assert_eq!(origin(&engine, parent), Origin::Compiled, "opening a pipe does not wait");
    assert_eq!(origin(&engine, parent), Origin::Cached);
    // Only the superuser can give a file away.
    if chown(&file, Some(NOBODY), None).is_ok() {
        assert_eq!(origin(&engine, parent), Origin::Compiled);
    }
}

#[test]
fn a_folder_that_is_unsafe_or_unusable_gives_a_notice() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, parent) = (engine(), folder.path());
    let own = parent.join("compiled-plugins");
    origin(&engine, parent);
    let refused = |wanted: &str| {
        let (origin, said) = noticed(&engine, parent);
        assert_eq!(origin, Origin::Compiled);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("compiled plugins are not cached: "), "{said:?}");
        assert!(said[0].contains(wanted) && said[0].contains("--cache-dir"), "{said:?}");
    };
    set_mode(&own, 0o770);
    refused("other users may write to");
    assert_eq!(mode(&own), 0o770, "nothing was changed");
    set_mode(&own, 0o755);
    assert_eq!(origin(&engine, parent), Origin::Cached, "others may read it");
    if chown(&own, Some(NOBODY), None).is_ok() {
        refused("belongs to another user");
    }
    let moved = parent.join("moved");
    fs::rename(&own, &moved).unwrap();
    symlink(&moved, &own).unwrap();
    refused("cannot be opened as a folder");
    fs::remove_file(&own).unwrap();
    fs::write(&own, "").unwrap();
    refused("cannot be opened as a folder");
    let (origin, said) = noticed(&engine, &own);
    assert_eq!((origin, said.len()), (Origin::Compiled, 1));
    assert!(said[0].contains("cannot be created: "), "{said:?}");
    let none = Cache::new(&engine, None, Arc::new(|text: &str| panic!("{text}")));
    assert_eq!(none.component(&engine, &component(), "x", || {}).unwrap().1, Origin::Compiled);
}

/// Which of `files`, each with its age in days and its size, remain after a component is added.
fn left_of(files: &[(&str, u32, u64)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("compiled-plugins");
    fs::create_dir(&own).unwrap();
    for (name, days, size) in files {
        let file = fs::File::create(own.join(name)).unwrap();
        // Sparse: it takes no disk space, but its size counts.
        file.set_len(*size).unwrap();
        let age = Duration::from_hours(24) * *days;
        file.set_modified(UNIX_EPOCH + crate::clock::wall() - age).unwrap();
    }
    origin(&engine(), folder.path());
    let entries = fs::read_dir(&own).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let added = hex(&Sha256::digest(component()));
    let mut left: Vec<String> = names.filter(|name| !name.starts_with(&added)).collect();
    assert_eq!(left.len() + 1, fs::read_dir(&own).unwrap().count(), "the new file is there");
    left.sort();
    left
}

#[test]
fn unused_files_are_removed_when_one_is_added() {
    let old = ("old.cwasm", 91, 1);
    let recent = ("recent.cwasm", 89, 1);
    let abandoned = ("killed.partial", 1, 1);
    let written = ("running.partial", 0, 1);
    let theirs = ("notes.txt", 500, 2 << 30);
    assert_eq!(
        left_of(&[old, recent, abandoned, written, theirs]),
        ["notes.txt", "recent.cwasm", "running.partial"]
    );
    // 1 GiB in all: the least recently used go first.
    let huge = [("a.cwasm", 3, 700 << 20), ("b.cwasm", 2, 700 << 20), ("c.cwasm", 1, 100 << 20)];
    assert_eq!(left_of(&huge), ["b.cwasm", "c.cwasm"]);
}

#[test]
fn the_last_use_is_recorded_about_once_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, parent) = (engine(), folder.path());
    origin(&engine, parent);
    let file = fs::File::options().write(true).open(only_file(parent)).unwrap();
    // Hours since the recorded use, after a use of a file that was last used `hours` ago.
    let recorded = |hours: u64| {
        let now = UNIX_EPOCH + crate::clock::wall();
        file.set_modified(now - Duration::from_hours(hours)).unwrap();
        assert_eq!(origin(&engine, parent), Origin::Cached);
        let used = file.metadata().unwrap().modified().unwrap();
        now.duration_since(used).map_or(0, |ago| ago.as_secs() / 3600)
    };
    assert_eq!(recorded(23), 23);
    assert_eq!(recorded(25), 0);
}

#[test]
fn only_long_work_is_announced() {
    let (said, heard) = sync_channel::<()>(1);
    let announce = || said.try_send(()).expect("said once");
    announced(announce, || ());
    assert!(heard.try_recv().is_err());
    // The work waits for the announcement.
    announced(announce, || heard.recv().unwrap());
}
