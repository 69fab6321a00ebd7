//! Identifies a component: reads and inspects it, and finds its manifest. Only one that does not carry
//! its manifest is compiled, once per machine.

use crate::cache::hex;
use crate::describe;
use crate::error::{HostError, LoadError, LoadFault};
use crate::host::Host;
use crate::inspect;
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::source::{self, Source};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A component that was read and inspected.
pub struct Identity {
    /// Where it came from.
    pub source: Source,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Its kind, read from its exports.
    pub kind: Kind,
    /// Its manifest.
    pub manifest: Manifest,
    /// Whether its manifest is in the file.
    pub(crate) stamped: bool,
    /// The component itself.
    pub(crate) bytes: Cow<'static, [u8]>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Identity({}, sha256 {})", self.source, self.digest)
    }
}

/// The same file from the same place.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, &self.digest) == (&other.source, &other.digest)
    }
}

impl Eq for Identity {}

impl Identity {
    /// Its name, as `--api` and `--dataset` take it.
    pub fn name(&self) -> &str {
        self.manifest.name()
    }

    /// The component itself.
    pub fn component(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is of this kind and name.
    pub fn is(&self, kind: Kind, name: &str) -> bool {
        self.name() == name && self.kind == kind
    }
}

/// Identifies the component at `source`. `host` is called where the component has to be asked for
/// its manifest.
///
/// # Errors
/// It is not a component for this host; the message says what to do.
pub fn identify(
    source: &Source,
    host: impl FnOnce() -> Result<Arc<Host>, HostError>,
) -> Result<Identity, LoadError> {
    read(source, host).map_err(|fault| LoadError { origin: source.to_string(), fault })
}

/// Identifies the bundled plugin `name`.
///
/// # Errors
/// There is none of this name.
pub fn identify_bundled(name: &str) -> Result<Identity, LoadError> {
    let no_host = || Err(HostError("bundled plugins carry their manifests".into()));
    identify(&Source::Bundled(name.into()), no_host)
}

fn read(
    source: &Source,
    host: impl FnOnce() -> Result<Arc<Host>, HostError>,
) -> Result<Identity, LoadFault> {
    of(source, source::bytes(source)?, host)
}

/// Identifies the component `bytes`, as [`identify`] does that at `source`.
pub(crate) fn of(
    source: &Source,
    bytes: Cow<'static, [u8]>,
    host: impl FnOnce() -> Result<Arc<Host>, HostError>,
) -> Result<Identity, LoadFault> {
    let digest = hex(&Sha256::digest(&bytes));
    let inspected = inspect::component(bytes)?;
    let kind = inspected.kind;
    let stamped = inspected.manifest.is_some();
    let manifest = match inspected.manifest {
        Some(text) => Manifest::read(&text, kind)?,
        None => {
            let component =
                describe::Component { source, digest: &digest, kind, bytes: &inspected.bytes };
            let text = describe::text(&host().map_err(LoadFault::Host)?, &component)?;
            Manifest::read(text.as_bytes(), kind)?
        }
    };
    Ok(Identity { source: source.clone(), digest, kind, manifest, stamped, bytes: inspected.bytes })
}
