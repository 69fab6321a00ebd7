//! Components and manifests of any bytes, up to where a component would be compiled.

use super::given::Given;
use crate::error::HostError;
use crate::identity;
use crate::inspect;
use crate::kind::Kind;
use crate::manifest::{MAX_MEMORY, Manifest};
use crate::source::Source;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// `whole`, changed as `edits` say: bytes replaced, inserted and removed, and the end cut off.
pub fn edited(whole: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let given = &mut Given::new(edits);
    for _ in 0..=given.byte() % 8 {
        let kind = given.byte();
        let place = u32::from_le_bytes(std::array::from_fn(|_| given.byte())) as usize;
        let at = place % (bytes.len() + 1);
        let new = given.bytes();
        let behind = (at + new.len()).min(bytes.len());
        match kind % 8 {
            0..=3 => drop(bytes.splice(at..behind, new.iter().copied())),
            4 | 5 => drop(bytes.splice(at..at, new.iter().copied())),
            6 => drop(bytes.drain(at..behind)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// Inspects and identifies a file.
pub fn component(bytes: Vec<u8>) {
    let bytes: Cow<'static, [u8]> = Cow::Owned(bytes);
    if let Ok(opened) = inspect::opened(bytes.clone()) {
        let faults = opened.info.faults();
        assert_eq!(faults.is_empty(), inspect::check(&opened.info).is_ok());
        if let Some(text) = &opened.info.manifest {
            manifest(text);
        }
    }
    let no_host = || Err(HostError("nothing is compiled here".into()));
    if let Ok(identity) = identity::of(&Source::Path("fuzzed.wasm".into()), bytes, no_host) {
        assert!(!identity.name().is_empty());
    }
}

/// Reads a manifest for each kind of plugin.
pub fn manifest(text: &[u8]) {
    for kind in Kind::ALL {
        let Ok(manifest) = Manifest::read(text, kind) else { continue };
        assert!(!manifest.name().is_empty());
        assert!((64 << 20..=MAX_MEMORY).contains(&manifest.memory()));
        assert_eq!(manifest.difference(&manifest.json), None);
        let mut settings = Value::Object(Map::new());
        if manifest.validate(&mut settings).is_empty() {
            assert_eq!(manifest.validate(&mut settings), [], "defaults are valid settings");
        }
    }
}
