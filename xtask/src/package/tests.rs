//! What a package must hold.

use super::*;

#[test]
fn a_file_that_is_missing_or_differs_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (wanted, packaged) = (folder.path().join("wit"), folder.path().join("packaged"));
    for place in [&wanted, &packaged] {
        std::fs::create_dir(place).unwrap();
    }
    std::fs::write(wanted.join("api.wit"), "interface api {}").unwrap();
    assert!(matches!(compare(&wanted, &packaged), Err(XtaskError::File { .. })));
    std::fs::write(packaged.join("api.wit"), "interface other {}").unwrap();
    let error = compare(&wanted, &packaged).unwrap_err();
    assert!(error.to_string().starts_with("wit/api.wit and its copy do not match"), "{error}");
    std::fs::write(packaged.join("api.wit"), "interface api {}").unwrap();
    compare(&wanted, &packaged).unwrap();
}

#[test]
fn the_sdk_has_the_version_that_is_checked() {
    let manifest = read(&root().join("plugins/Cargo.toml")).unwrap();
    let manifest = String::from_utf8(manifest).unwrap();
    assert!(manifest.contains(&format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))));
}
