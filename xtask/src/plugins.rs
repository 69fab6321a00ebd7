//! `cargo xtask plugins` builds every guest; `--check` checks that the committed files match their
//! sources.

use crate::component;
use crate::digests::{self, Digests, sha256};
use crate::guests::{Form, GUESTS, Guest, Origin};
use crate::stage;
use crate::toolchain::{Place, Toolchain};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Building or checking guests failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XtaskError {
    /// No installed compiler supports the target.
    #[error(
        "no installed compiler supports wasm32-unknown-unknown: run `rustup target add \
         wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web cargo-web rust-web-src`"
    )]
    NoToolchain,
    /// The compiler does not run.
    #[error("{} does not run: {cause}", program.display())]
    Compiler {
        /// The compiler.
        program: PathBuf,
        /// Why.
        cause: String,
    },
    /// cargo failed; it has printed why.
    #[error("the guest `{0}` does not build: see cargo's output above")]
    Build(&'static str),
    /// The module cannot be made into a component.
    #[error("the guest `{name}` cannot be made into a component: {cause}")]
    Component {
        /// The guest.
        name: &'static str,
        /// Why.
        cause: String,
    },
    /// The manifest is missing or wrong.
    #[error("the manifest of `{name}` is not valid: {cause}")]
    Manifest {
        /// The guest.
        name: String,
        /// Why.
        cause: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The contract does not parse, or the page cannot hold it.
    #[error("the contract in wit/: {0}")]
    Contract(String),
    /// No such guest.
    #[error("there is no guest `{0}`; xtask/src/guests.rs lists them")]
    Unknown(String),
    /// Committed files do not match their sources.
    #[error("{0} do not match their sources; run `cargo xtask plugins` and commit what it writes")]
    Differ(String),
}

/// Builds the guests of these names to their places, all if there is none, and writes the digests.
pub(crate) fn build(names: &[&str]) -> Result<(), XtaskError> {
    if let Some(name) = names.iter().find(|name| GUESTS.iter().all(|it| it.name != **name)) {
        return Err(XtaskError::Unknown((*name).to_owned()));
    }
    let toolchain = Toolchain::find()?;
    let kept = if names.is_empty() { BTreeMap::new() } else { read_digests(&root())?.sha256 };
    let wanted = |guest: &&Guest| names.is_empty() || names.contains(&guest.name);
    build_into(&toolchain, &root(), GUESTS.iter().filter(wanted), kept).map(|_| ())
}

/// Rebuilds every guest elsewhere and compares.
pub(crate) fn check() -> Result<(), XtaskError> {
    let (root, toolchain) = (root(), Toolchain::find()?);
    let recorded = read_digests(&root)?;
    let aside = target().join("rebuilt");
    let rebuilt = build_into(&toolchain, &aside, GUESTS.iter(), BTreeMap::new())?;
    stray_files(&root, &recorded)?;
    if recorded.compiler != toolchain.version {
        println!(
            "The committed guests were built by {}, this is {}: bytes are not compared. The rebuilt \
             guests are in {}.",
            recorded.compiler,
            toolchain.version,
            aside.display()
        );
        return Ok(());
    }
    let differ: Vec<&str> = GUESTS
        .iter()
        .filter(|guest| recorded.sha256.get(guest.name) != rebuilt.sha256.get(guest.name))
        .map(|guest| guest.name)
        .collect();
    if !differ.is_empty() {
        return Err(XtaskError::Differ(differ.join(", ")));
    }
    println!("All {} guests match their sources.", GUESTS.len());
    Ok(())
}

/// Checks that the committed files match the committed digests.
fn stray_files(root: &Path, recorded: &Digests) -> Result<(), XtaskError> {
    for guest in GUESTS {
        let bytes = read(&root.join(guest.file()))?;
        if recorded.sha256.get(guest.name) != Some(&sha256(&bytes)) {
            return Err(XtaskError::Differ(format!("{} and its digest", guest.file().display())));
        }
    }
    Ok(())
}

/// Builds `guests` into `place`; their digests join those in `sha256`.
fn build_into<'a>(
    toolchain: &Toolchain,
    place: &Path,
    guests: impl Iterator<Item = &'a Guest>,
    mut sha256: BTreeMap<String, String>,
) -> Result<Digests, XtaskError> {
    for guest in guests {
        let bytes = make(toolchain, guest)?;
        println!("{:>9} bytes  {}", bytes.len(), guest.file().display());
        sha256.insert(guest.name.to_string(), digests::sha256(&bytes));
        write(&place.join(guest.file()), &bytes)?;
    }
    let digests = Digests { compiler: toolchain.version.clone(), sha256 };
    write(&place.join(digests::FILE), digests.to_json().as_bytes())?;
    Ok(digests)
}

fn make(toolchain: &Toolchain, guest: &Guest) -> Result<Vec<u8>, XtaskError> {
    let module = compile(toolchain, guest)?;
    if guest.form == Form::Core {
        return Ok(module);
    }
    let mut component = component::componentise(&module)
        .map_err(|cause| XtaskError::Component { name: guest.name, cause })?;
    if guest.form == Form::Plugin {
        component::add_manifest(guest.name, &module, &mut component)?;
    }
    Ok(component)
}

fn compile(toolchain: &Toolchain, guest: &Guest) -> Result<Vec<u8>, XtaskError> {
    let (root, target) = (root(), target());
    let workspace = match guest.origin {
        Origin::Bundled | Origin::Fixture => root.join("plugins"),
        Origin::Example => {
            let stage = target.join("stage").join(guest.name);
            stage::example(&root, guest.name, &stage)
                .map_err(|cause| XtaskError::File { path: stage.clone(), cause })?;
            stage
        }
    };
    let place = Place { root: &root, workspace: &workspace, target: &target };
    let status = toolchain.cargo_rustc(&place, guest.package).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(XtaskError::Build(guest.name));
    }
    read(&Toolchain::module(&target, guest.package))
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    // cargo's variable at run time, so that a copy of the repository builds itself.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let xtask = xtask.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    xtask.parent().expect("xtask is a folder of the repository").to_path_buf()
}

/// Target folder of guests, inside that of the host.
pub(crate) fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| root().join("target")).join("guests")
}

fn read_digests(root: &Path) -> Result<Digests, XtaskError> {
    let path = root.join(digests::FILE);
    serde_json::from_slice(&read(&path)?)
        .map_err(|cause| XtaskError::File { path, cause: cause.into() })
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, XtaskError> {
    fs::read(path).map_err(|cause| XtaskError::File { path: path.into(), cause })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), XtaskError> {
    let failed = |cause| XtaskError::File { path: path.into(), cause };
    fs::create_dir_all(path.parent().expect("every file is in a folder")).map_err(failed)?;
    fs::write(path, bytes).map_err(failed)
}
