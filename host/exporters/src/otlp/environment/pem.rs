//! Files of certificates and keys, read within bounds.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::File;
use std::io::Read;

/// The longest file, in bytes.
const LONGEST: u64 = 1 << 20;

/// What a file must hold.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    Certificates,
    Key,
}

/// The content of the file at `path`, which the variable `name` names.
///
/// # Errors
/// It cannot be read, is too long, or does not hold what it must.
pub(super) fn read(name: &str, path: &str, holds: Holds) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("{name}: {path}: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("{name}: {path}: is longer than {LONGEST} bytes"));
    }
    let (valid, what) = match holds {
        Holds::Certificates => (CertificateDer::from_pem_slice(&bytes).is_ok(), "certificate"),
        Holds::Key => (PrivateKeyDer::from_pem_slice(&bytes).is_ok(), "private key"),
    };
    match valid {
        true => Ok(bytes),
        false => Err(format!("{name}: {path}: holds no {what} in PEM")),
    }
}
