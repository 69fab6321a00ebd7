//! Command lines of `perf` as unit tests write them.

use crate::parse;
use crate::plan::Run;
use std::ffi::OsString;

/// The run that `perf` with the arguments `line` describes.
pub(crate) fn run(line: &str) -> Run {
    convert(line).unwrap_or_else(|errors| panic!("{line}: {errors}"))
}

/// Why `perf` with the arguments `line` cannot be used.
pub(crate) fn errors(line: &str) -> String {
    convert(line).expect_err(line)
}

fn convert(line: &str) -> Result<Run, String> {
    let words = shlex::split(line).expect("well quoted").into_iter().map(OsString::from);
    let request =
        parse::perf(&words.collect::<Vec<_>>(), &[]).map_err(|error| error.to_string())?;
    let address = ([127, 0, 0, 1], 1).into();
    request.convert(Some(address)).map_err(|errors| errors.to_string())
}
