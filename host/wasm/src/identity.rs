//! Identifies a component without starting the host or compiling anything.

use crate::error::LoadError;
use crate::inspect;
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::source::{self, Source};

/// A component's kinds and manifest.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its kinds, read from its exports.
    pub kinds: Vec<Kind>,
    /// Its manifest; `None` if it has no manifest section, so that only a call can tell.
    pub manifest: Option<Manifest>,
}

/// Identifies the component at `source`.
///
/// # Errors
/// It is not a component for this host; the message says what to do.
pub fn identify(source: &Source) -> Result<Identity, LoadError> {
    let identity = source::bytes(source).and_then(|bytes| {
        let inspected = inspect::component(bytes)?;
        let manifest = inspected.manifest.map(|text| Manifest::read(&text)).transpose()?;
        Ok(Identity { kinds: inspected.kinds, manifest })
    });
    identity.map_err(|fault| LoadError { origin: source.to_string(), fault })
}
