//! Writes the manifest into a component, as a custom section behind all others.

use crate::error::LoadFault;
use crate::inspect::{MANIFEST, malformed};
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{BinaryReader, Result};

/// Bytes before the first section: the magic number and the version.
const HEADER: usize = 8;

/// The component with this manifest in place of those that it carries at its top.
///
/// # Errors
/// Its sections cannot be told apart.
pub(super) fn stamped(component: &[u8], manifest: &[u8]) -> Result<Vec<u8>, LoadFault> {
    let mut stamped = unstamped(component).map_err(|error| malformed(&error, component.len()))?;
    let section = CustomSection { name: MANIFEST.into(), data: manifest.into() };
    stamped.push(section.id());
    section.encode(&mut stamped);
    Ok(stamped)
}

/// The component without the manifests at its top; those of nested modules stay.
fn unstamped(component: &[u8]) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(component, 0);
    let mut kept = reader.read_bytes(HEADER)?.to_vec();
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8()?;
        let content = reader.read_reader()?;
        let is_manifest = id == 0 && content.clone().read_string()? == MANIFEST;
        if !is_manifest {
            kept.extend_from_slice(&component[start..reader.original_position()]);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests;
