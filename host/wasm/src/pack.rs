//! Makes a plugin file of what a toolchain wrote, and tells what a file holds: what `loadwright plugin
//! pack` and `plugin inspect` are made of.

mod stamp;

use crate::cache::hex;
use crate::error::{LoadError, LoadFault};
use crate::host::Host;
use crate::identity::{self, Identity};
use crate::inspect;
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::plugin::Plugin;
use crate::source::{self, Source};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// The component at `path`, or the one made from the core module there, with its manifest inside:
/// `manifest`, else the one that it carries already, else what its `describe` returns. All that
/// loading checks is checked.
///
/// # Errors
/// It is not a plugin, or its manifest is not valid or not that of `describe`.
pub fn pack(
    host: &Arc<Host>,
    path: &Path,
    manifest: Option<&[u8]>,
) -> Result<Arc<Identity>, LoadError> {
    let source = Source::Path(path.into());
    packed(host, &source, manifest).map_err(|fault| LoadError { origin: source.to_string(), fault })
}

fn packed(
    host: &Arc<Host>,
    source: &Source,
    manifest: Option<&[u8]>,
) -> Result<Arc<Identity>, LoadFault> {
    let ask = || Ok(Arc::clone(host));
    let inspected = inspect::component(source::bytes(source)?)?;
    let known = manifest.map(<[u8]>::to_vec).or(inspected.manifest);
    let told = match &known {
        Some(_) => None,
        None => Some(Arc::new(identity::of(source, inspected.bytes.clone(), ask)?)),
    };
    let text = match &told {
        Some(bare) => bare.manifest.json.to_string().into_bytes(),
        None => known.unwrap_or_default(),
    };
    Manifest::read(&text, inspected.kind)?;
    let bytes = stamp::stamped(&inspected.bytes, &text)?;
    let packed = Arc::new(identity::of(source, bytes.into(), ask)?);
    // One that told its manifest is compiled already; with the section it would be compiled again.
    Plugin::identified(host, told.unwrap_or_else(|| Arc::clone(&packed))).check()?;
    Ok(packed)
}

/// What a file holds, whether it can be used or not.
#[derive(Debug)]
pub struct Inspection {
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Whether it is a core module, of which loading makes a component.
    pub is_module: bool,
    /// Its kinds, read from its exports.
    pub kinds: Vec<Kind>,
    /// Names of the interfaces that it imports.
    pub imports: Vec<String>,
    /// Its manifest as it carries it; text that may be no JSON.
    pub manifest: Option<String>,
    /// The same as it was read; none: it carries none that is valid.
    pub read: Option<Manifest>,
    /// Whether its compiled code was in the cache.
    pub is_compiled: bool,
    /// Why it cannot be used, in the order of the checks.
    pub refused: Vec<LoadFault>,
}

/// Inspects the plugin at `source`. What loading checks is checked; a component that passes all that can be
/// read from the file is compiled.
///
/// # Errors
/// It is neither a component nor a core module that can be made into one.
pub fn inspect_source(host: &Arc<Host>, source: &Source) -> Result<Inspection, LoadError> {
    let fault = |fault| LoadError { origin: source.to_string(), fault };
    let bytes = source::bytes(source).map_err(fault)?;
    let digest = hex(&Sha256::digest(&bytes));
    let size = bytes.len();
    let opened = inspect::opened(bytes).map_err(fault)?;
    let info = &opened.info;
    let kinds = info.kinds();
    let mut refused = info.faults();
    let manifest = info.manifest.as_ref();
    let mut read = None;
    if let ([kind], Some(text)) = (kinds.as_slice(), manifest) {
        match Manifest::read(text, *kind) {
            Ok(manifest) => read = Some(manifest),
            Err(fault) => refused.push(fault),
        }
    }
    let is_compiled = host.has_compiled(&digest);
    if refused.is_empty() {
        let whole = Plugin::open(host, source.clone()).and_then(|plugin| {
            plugin.check().map_err(|fault| LoadError { origin: source.to_string(), fault })
        });
        refused.extend(whole.err().map(|error| error.fault));
    }
    Ok(Inspection {
        size,
        digest,
        is_module: opened.is_module,
        kinds,
        imports: info.imports.clone(),
        manifest: manifest.map(|text| String::from_utf8_lossy(text).into_owned()),
        read,
        is_compiled,
        refused,
    })
}
