//! Command lines of `perf` as unit tests write them.

mod stamp;

use crate::parse;
use crate::plan::Run;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The run that `perf` with the arguments `line` describes.
pub(crate) fn run(line: &str) -> Run {
    convert(line).unwrap_or_else(|errors| panic!("{line}: {errors}"))
}

/// Why `perf` with the arguments `line` cannot be used.
pub(crate) fn errors(line: &str) -> String {
    convert(line).expect_err(line)
}

fn convert(line: &str) -> Result<Run, String> {
    convert_with(line, &[])
}

/// As [`run`], with these variables in the environment.
pub(crate) fn convert_with(line: &str, environment: &[(String, String)]) -> Result<Run, String> {
    let words = shlex::split(line).expect("well quoted").into_iter().map(OsString::from);
    let request =
        parse::perf(&words.collect::<Vec<_>>(), environment).map_err(|error| error.to_string())?;
    let address = ([127, 0, 0, 1], 1).into();
    request.convert(Some(address)).map_err(|errors| errors.to_string())
}

/// A component with a manifest of this name, whose section of its kind is `section`. Only its manifest
/// can be used: the code is that of another plugin.
pub(crate) fn stamped(name: &str, section: &Value) -> PathBuf {
    stamped_with(name, "openai", json!({ "api": section }))
}

/// As [`stamped`], made from the bundled plugin `of`, with all members but the name.
pub(crate) fn stamped_with(name: &str, of: &str, mut members: Value) -> PathBuf {
    members["name"] = name.into();
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist");
    let bytes = std::fs::read(dist.join(format!("{of}.wasm"))).expect("it is bundled");
    let bytes = stamp::stamped(&bytes, &members.to_string());
    let folder = tempfile::tempdir().expect("there is room").keep();
    let path = folder.join(format!("{name}.wasm"));
    std::fs::write(&path, bytes).expect("it is writable");
    path
}
