//! Splitting, with this test's own binary.

use super::*;

#[test]
#[cfg(target_os = "linux")]
fn the_binary_runs_without_its_line_tables_and_names_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let built = std::env::current_exe().unwrap();
    let split = split(&built, &folder.path().join("shipped")).unwrap();
    let listed = Command::new(&split.binary).arg("--list").output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("the_binary_runs_without"));
    let bytes = std::fs::read(&split.binary).unwrap();
    // Assembled here, since this binary contains its own constants.
    let name = [split.tables.file_name().unwrap().as_encoded_bytes(), b"\0"].concat();
    assert!(bytes.windows(name.len()).any(|window| window == name));
    assert!(size(&split.binary).unwrap() < size(&built).unwrap());
    assert!(size(&split.tables).unwrap() > 0);
}

#[test]
fn a_missing_program_is_named_with_the_remedy() {
    let error = run(&mut Command::new("no-such-objcopy")).unwrap_err().to_string();
    assert!(error.starts_with("no-such-objcopy could not be started: "), "{error}");
    assert!(error.ends_with("install it (cargo: Rust, objcopy: binutils)"), "{error}");
    let error = run(&mut Command::new("false")).unwrap_err().to_string();
    assert_eq!(error, "false failed: see its output above");
}
