//! What a component says of itself, read without starting the host or compiling anything.

use crate::diagnose;
use crate::error::LoadError;
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::source::{self, Source};

/// What a component says of itself.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What it can be, read from its exports.
    pub kinds: Vec<Kind>,
    /// Its manifest; none if it does not carry one, so that only a call can tell.
    pub manifest: Option<Manifest>,
}

/// Reads what the component at `source` is.
///
/// # Errors
/// It is not a component for this host; the text says what to do.
pub fn identify(source: &Source) -> Result<Identity, LoadError> {
    let identity = source::bytes(source).and_then(|bytes| {
        let passed = diagnose::read(bytes)?;
        let manifest = passed.manifest.map(|text| Manifest::read(&text)).transpose()?;
        Ok(Identity { kinds: passed.kinds, manifest })
    });
    identity.map_err(|fault| LoadError { origin: source.to_string(), fault })
}
