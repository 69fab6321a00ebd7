//! Makes a plugin file from a core module: a valid component with its manifest section.

use crate::plugins::XtaskError;
use serde_json::Value;
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};

/// The custom section that carries the manifest, in the module and in the component.
const MANIFEST: &str = "loadwright:manifest";

/// Makes a component from a core module built with wit-bindgen.
pub(crate) fn componentise(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder =
        wit_component::ComponentEncoder::default().module(module).map_err(full)?.validate(true);
    encoder.encode().map_err(full)
}

/// Copies the manifest section from the core module to its component, where a host finds it without
/// parsing modules.
pub(crate) fn add_manifest(
    name: &str,
    module: &[u8],
    component: &mut Vec<u8>,
) -> Result<(), XtaskError> {
    let wrong = |cause: String| XtaskError::Manifest { name: name.into(), cause };
    let manifest = section(module).map_err(wrong)?;
    let parsed: Value = serde_json::from_slice(manifest).map_err(|e| wrong(e.to_string()))?;
    if parsed["name"].as_str() != Some(name) {
        return Err(wrong(format!("its name is {}", parsed["name"])));
    }
    for member in ["version", "summary", "license"] {
        if parsed[member].as_str().is_none_or(str::is_empty) {
            return Err(wrong(format!("it has no {member}")));
        }
    }
    if !parsed["settings"].is_object() {
        return Err(wrong("it has no schema for its settings".into()));
    }
    let section = CustomSection { name: MANIFEST.into(), data: manifest.into() };
    component.push(section.id());
    section.encode(component);
    Ok(())
}

fn section(module: &[u8]) -> Result<&[u8], String> {
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(|error| error.to_string())? {
            Payload::CustomSection(section) if section.name() == MANIFEST => {
                return Ok(section.data());
            }
            _ => {}
        }
    }
    Err(format!("the module has no section {MANIFEST}"))
}

fn full(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

#[cfg(test)]
mod tests;
