//! The user's cache folder: the one rule for everything that can be recreated.

use etcetera::BaseStrategy;
use std::path::PathBuf;

/// Where this program caches files: `loadwright` in the platform's cache folder (`XDG_CACHE_HOME` or
/// `~/.cache`, on macOS `~/Library/Caches`); none: there is no home folder.
pub fn cache_dir() -> Option<PathBuf> {
    let platform = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(platform.cache_dir().join("loadwright"))
}
