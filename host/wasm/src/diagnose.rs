//! Reads a file before anything is compiled, and says in plain words what is wrong with it.

mod contract;

use crate::Kind;
use crate::error::LoadFault;
pub(crate) use contract::check;
use std::borrow::Cow;
use wasmparser::{Encoding, Parser, Payload};

/// The custom section that holds the manifest.
const MANIFEST: &str = "loadwright:manifest";

/// What a component says of itself before it is compiled.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Names of what it imports.
    pub(crate) imports: Vec<String>,
    /// Names of what it exports.
    pub(crate) exports: Vec<String>,
    /// The manifest section's text; of a nested module where the top level has none.
    pub(crate) manifest: Option<Vec<u8>>,
    /// Whether a core module says what its functions mean.
    typed: bool,
}

/// A component that passed, in binary form.
pub(crate) struct Passed {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) manifest: Option<Vec<u8>>,
}

/// Reads `bytes` as a component, or a core module that can be made into one.
///
/// # Errors
/// It is neither, or not one for this host.
pub(crate) fn read(bytes: Cow<'static, [u8]>) -> Result<Passed, LoadFault> {
    not_something_else(&bytes)?;
    let (encoding, mut outline) = outline(&bytes)?;
    let bytes = match encoding {
        Encoding::Component => bytes,
        Encoding::Module if !outline.typed => return Err(LoadFault::CoreModule),
        Encoding::Module => {
            let component = componentise(&bytes)?;
            outline = self::outline(&component)?.1;
            Cow::Owned(component)
        }
    };
    let kinds = check(&outline)?;
    Ok(Passed { bytes, kinds, manifest: outline.manifest })
}

/// Files that people pass by mistake.
fn not_something_else(bytes: &[u8]) -> Result<(), LoadFault> {
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

/// Walks the whole file, nested modules and components included, and notes what is at the top.
fn outline(bytes: &[u8]) -> Result<(Encoding, Outline), LoadFault> {
    let mut outline = Outline::default();
    let mut encoding = Encoding::Component;
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| broken(&error, bytes.len()))?;
        match payload {
            Payload::Version { encoding: top, .. } if depth == 0 => {
                encoding = top;
                depth = 1;
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section)
                if section.name() == MANIFEST && (depth == 1 || outline.manifest.is_none()) =>
            {
                outline.manifest = Some(section.data().to_vec());
            }
            payload if depth == 1 => {
                note(&payload, &mut outline).map_err(|error| broken(&error, bytes.len()))?;
            }
            _ => {}
        }
    }
    Ok((encoding, outline))
}

fn note(payload: &Payload<'_>, outline: &mut Outline) -> wasmparser::Result<()> {
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section.clone() {
                outline.imports.push(import?.name.name.into());
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section.clone() {
                outline.exports.push(export?.name.name.into());
            }
        }
        Payload::CustomSection(section) => {
            outline.typed |= section.name().starts_with("component-type");
        }
        _ => {}
    }
    Ok(())
}

fn broken(error: &wasmparser::BinaryReaderError, length: usize) -> LoadFault {
    // A section that says it is longer than the file is one that was cut.
    let cut = error.message().contains("unexpected end") || error.offset() >= length;
    if cut {
        return LoadFault::Truncated(length);
    }
    LoadFault::Malformed { offset: error.offset() as u64, text: error.message().into() }
}

/// Makes a component of a core module that carries its interfaces' types.
fn componentise(module: &[u8]) -> Result<Vec<u8>, LoadFault> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| LoadFault::Componentise(format!("{error:#}")))
}
