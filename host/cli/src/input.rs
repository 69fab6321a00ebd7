//! Settings and texts that are given as files: the settings file, and `@FILE` in place of a value.

use std::path::Path;

/// Bytes of such a file at most: room for the longest prompt that any model takes.
const MOST: u64 = 64 << 20;

/// The text of the file, or of a pipe such as `/dev/stdin`, which is read to its end.
///
/// # Errors
/// What is wrong with it, its name first.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    loadwright_files::read_input(path, MOST).map_err(|error| format!("{} {error}", path.display()))
}
