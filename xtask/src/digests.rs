//! Digests of the built guests and the compiler's version: `plugins/dist/digests.json`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The file, from the repository's root.
pub(crate) const FILE: &str = "plugins/dist/digests.json";

/// Digests of all guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digests {
    /// `rustc --version` of the compiler that built them.
    pub(crate) compiler: String,
    /// Name to sha256 in hexadecimal.
    pub(crate) sha256: BTreeMap<String, String>,
}

impl Digests {
    /// The content of the file.
    pub(crate) fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("strings are always JSON");
        json + "\n"
    }
}

/// The sha256 of `bytes` in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
