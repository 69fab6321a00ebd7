//! Inspects a file before anything is compiled, and says precisely why it is not a plugin.

mod contract;

use crate::Kind;
use crate::error::LoadFault;
pub(crate) use contract::check;
use std::borrow::Cow;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Encoding, Parser, Payload};

/// The custom section that holds the manifest.
pub(crate) const MANIFEST: &str = "loadwright:manifest";

/// What the top level of a component declares.
#[derive(Debug, Default)]
pub(crate) struct ComponentInfo {
    /// Names of its imports.
    pub(crate) imports: Vec<String>,
    /// Names of its exports.
    pub(crate) exports: Vec<String>,
    /// The text of the manifest section; a nested module's if the top level has none.
    pub(crate) manifest: Option<Vec<u8>>,
    /// Whether it stands at the top level.
    has_own_manifest: bool,
    /// Whether it is a core module with a `component-type` section.
    typed: bool,
    /// Whether it is a core module that imports WASI preview 1.
    preview1: bool,
}

impl ComponentInfo {
    /// Its kinds, read from its exports.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        contract::kinds(self)
    }

    /// Every way in which its imports and exports are not those of a plugin.
    pub(crate) fn faults(&self) -> Vec<LoadFault> {
        contract::faults(self)
    }
}

/// A component, and what it declares.
pub(crate) struct Opened {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) info: ComponentInfo,
    /// Whether it was made from a core module.
    pub(crate) is_module: bool,
}

/// A valid plugin in binary form.
pub(crate) struct Inspected {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) kind: Kind,
    pub(crate) manifest: Option<Vec<u8>>,
}

/// Inspects `bytes`: a component, or a core module that can be made into one.
///
/// # Errors
/// It is neither, or does not fit this host.
pub(crate) fn component(bytes: Cow<'static, [u8]>) -> Result<Inspected, LoadFault> {
    let Opened { bytes, info, .. } = opened(bytes)?;
    let kind = check(&info)?;
    Ok(Inspected { bytes, kind, manifest: info.manifest })
}

/// Opens `bytes` without a look at its interfaces.
///
/// # Errors
/// They are neither a component nor a core module that can be made into one.
pub(crate) fn opened(bytes: Cow<'static, [u8]>) -> Result<Opened, LoadFault> {
    check_format(&bytes)?;
    let (encoding, mut info) = component_info(&bytes)?;
    let bytes = match encoding {
        Encoding::Component => bytes,
        Encoding::Module if !info.typed => return Err(LoadFault::CoreModule),
        Encoding::Module => {
            let component = componentise(&bytes, info.preview1)?;
            info = component_info(&component)?.1;
            Cow::Owned(component)
        }
    };
    Ok(Opened { bytes, info, is_module: encoding == Encoding::Module })
}

/// Recognises files that people pass by mistake.
fn check_format(bytes: &[u8]) -> Result<(), LoadFault> {
    if bytes.is_empty() {
        return Err(LoadFault::Empty);
    }
    if bytes.starts_with(b"\0asm") {
        return Ok(());
    }
    if b"\0asm".starts_with(bytes) {
        return Err(LoadFault::Truncated(bytes.len()));
    }
    if bytes.starts_with(b"\x7fELF") {
        return Err(LoadFault::Compiled);
    }
    let head = &bytes[..bytes.len().min(512)];
    let text = String::from_utf8_lossy(head);
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with("(component") || start.starts_with("(module") || start.starts_with(";;") {
        return Err(LoadFault::Wat);
    }
    if start.starts_with('<') {
        return Err(LoadFault::WebPage);
    }
    let is_text = head.iter().all(|&byte| byte >= b' ' || b"\t\r\n".contains(&byte));
    Err(if is_text { LoadFault::Text } else { LoadFault::Unknown })
}

/// Parses the whole file, including nested modules and components, and records the top level.
fn component_info(bytes: &[u8]) -> Result<(Encoding, ComponentInfo), LoadFault> {
    let mut info = ComponentInfo::default();
    let mut encoding = Encoding::Component;
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| malformed(&error, bytes.len()))?;
        match payload {
            Payload::Version { encoding: top, .. } if depth == 0 => {
                encoding = top;
                depth = 1;
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if section.name() == MANIFEST && depth == 1 => {
                if std::mem::replace(&mut info.has_own_manifest, true) {
                    return Err(LoadFault::Manifest("is in the file more than once".into()));
                }
                info.manifest = Some(section.data().to_vec());
            }
            Payload::CustomSection(section)
                if section.name() == MANIFEST && info.manifest.is_none() =>
            {
                info.manifest = Some(section.data().to_vec());
            }
            payload if depth == 1 => {
                record(&payload, &mut info).map_err(|error| malformed(&error, bytes.len()))?;
            }
            _ => {}
        }
    }
    Ok((encoding, info))
}

fn record(payload: &Payload<'_>, info: &mut ComponentInfo) -> wasmparser::Result<()> {
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section.clone() {
                info.imports.push(import?.name.name.into());
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section.clone() {
                info.exports.push(export?.name.name.into());
            }
        }
        Payload::ImportSection(section) => {
            for import in section.clone().into_imports() {
                info.preview1 |= import?.module == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
            }
        }
        Payload::CustomSection(section) => {
            info.typed |= section.name().starts_with("component-type");
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn malformed(error: &wasmparser::BinaryReaderError, length: usize) -> LoadFault {
    // A section longer than the file means that the file was truncated.
    let truncated = error.message().contains("unexpected end") || error.offset() >= length;
    if truncated {
        return LoadFault::Truncated(length);
    }
    LoadFault::Malformed { offset: error.offset() as u64, text: error.message().into() }
}

/// Makes a component from a core module that carries its interfaces' types; one that imports WASI
/// preview 1 (wasi-libc, TinyGo) with the adapter of those imports.
fn componentise(module: &[u8], preview1: bool) -> Result<Vec<u8>, LoadFault> {
    let adapter = preview1.then_some(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    let encoder = wit_component::ComponentEncoder::default().validate(true).module(module);
    let adapted = encoder.and_then(|encoder| match adapter {
        Some(adapter) => encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter),
        None => Ok(encoder),
    });
    adapted
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| LoadFault::Componentise(format!("{error:#}")))
}

#[cfg(test)]
mod tests;
