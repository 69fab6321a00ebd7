//! The cache costs a compilation when it fails, and is never an error.

use super::*;
use std::os::unix::fs::symlink;

fn engine() -> Engine {
    crate::engine::start().unwrap().0
}

/// A component that is small and quick to compile.
fn component() -> Vec<u8> {
    wat::parse_str("(component (core module (func (export \"f\"))))").unwrap()
}

fn origin(engine: &Engine, dir: &Path) -> Origin {
    Cache::new(engine, Some(dir)).component(engine, &component(), || {}).unwrap().1
}

fn only_file(dir: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

#[test]
fn compiled_once_then_mapped_by_any_engine_of_the_same_making() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("a/b");
    assert_eq!(origin(&engine(), &dir), Origin::Compiled);
    assert_eq!(origin(&engine(), &dir), Origin::Cached);
    assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
    let file = only_file(&dir);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let digest = hex(&Sha256::digest(component()));
    assert!(name.starts_with(&format!("{digest}-")) && name.ends_with(".cwasm"), "{name}");
}

#[test]
fn damaged_and_truncated_files_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, dir) = (engine(), folder.path());
    origin(&engine, dir);
    let file = only_file(dir);
    let whole = fs::read(&file).unwrap();
    for bad in [&b""[..], b"not code", &whole[..whole.len() / 2]] {
        fs::write(&file, bad).unwrap();
        assert_eq!(origin(&engine, dir), Origin::Compiled);
        assert_eq!(origin(&engine, dir), Origin::Cached);
    }
}

#[test]
fn another_engine_keeps_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    origin(&engine(), dir);
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    let other = Engine::new(&config).unwrap();
    assert_eq!(origin(&other, dir), Origin::Compiled);
    assert_eq!(fs::read_dir(dir).unwrap().count(), 2);

    // Code of one engine under the name of another is refused by wasmtime and made again.
    let mine = Cache::new(&engine(), Some(dir)).engine;
    let (mut theirs, mut ours) = (PathBuf::new(), PathBuf::new());
    for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let is_mine = path.to_str().unwrap().contains(&mine);
        *if is_mine { &mut ours } else { &mut theirs } = path;
    }
    fs::copy(theirs, ours).unwrap();
    assert_eq!(origin(&engine(), dir), Origin::Compiled);
}

#[test]
fn code_that_others_could_have_written_is_not_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, dir) = (engine(), folder.path());
    origin(&engine, dir);
    let file = only_file(dir);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o622)).unwrap();
    assert_eq!(origin(&engine, dir), Origin::Compiled);
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert_eq!(origin(&engine, dir), Origin::Compiled);
}

#[test]
fn no_directory_is_no_cache_and_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let engine = engine();
    assert_eq!(origin(&engine, &file.join("below")), Origin::Compiled);
    assert_eq!(origin(&engine, &file.join("below")), Origin::Compiled);
    let none = Cache::new(&engine, None);
    assert_eq!(none.component(&engine, &component(), || {}).unwrap().1, Origin::Compiled);
}

#[test]
fn only_long_work_is_announced() {
    let (said, heard) = sync_channel::<()>(1);
    let announce = || said.try_send(()).expect("said once");
    announced(announce, || ());
    assert!(heard.try_recv().is_err());
    // The work ends when it has been announced, however long that takes.
    announced(announce, || heard.recv().unwrap());
}
