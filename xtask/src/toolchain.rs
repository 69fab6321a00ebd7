//! Finds a compiler for wasm32-unknown-unknown, and calls cargo so that the same sources give the same
//! bytes in any folder.

use crate::plugins::XtaskError;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler, and how it gets the standard library for the target.
#[derive(Debug)]
pub(crate) struct Toolchain {
    rustc: PathBuf,
    cargo: PathBuf,
    /// The linker, if the standard library must be built from source.
    build_std: Option<PathBuf>,
    sysroot: PathBuf,
    /// `rustc --version`: digests are valid for this version only.
    pub(crate) version: String,
}

/// Where a package is built.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The repository.
    pub(crate) root: &'a Path,
    /// The package's workspace: in the repository, or a copy in `target`.
    pub(crate) workspace: &'a Path,
    /// cargo's output.
    pub(crate) target: &'a Path,
}

impl Toolchain {
    /// The compiler in use if the target is installed; otherwise Debian's packages.
    pub(crate) fn find() -> Result<Self, XtaskError> {
        let named = |name: &str, fallback: &str| std::env::var(name).unwrap_or(fallback.into());
        let rustc = PathBuf::from(named("RUSTC", "rustc"));
        let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"])?);
        if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            let version = ask(&rustc, &["--version"])?;
            let cargo = PathBuf::from(named("CARGO", "cargo"));
            return Ok(Self { rustc, cargo, build_std: None, sysroot, version });
        }
        Self::debian(&sysroot)
    }

    /// Debian's `rustc-web`, `cargo-web` and `rust-web-src`, and the linker that rustup ships.
    fn debian(sysroot: &Path) -> Result<Self, XtaskError> {
        let (rustc, cargo) = (PathBuf::from("/usr/bin/rustc"), PathBuf::from("/usr/bin/cargo"));
        let linker = sysroot.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
        let source = Path::new("/usr/lib/rustlib/src/rust/library/std");
        if !(rustc.is_file() && cargo.is_file() && linker.is_file() && source.is_dir()) {
            return Err(XtaskError::NoToolchain);
        }
        let version = ask(&rustc, &["--version"])?;
        let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"])?);
        Ok(Self { rustc, cargo, build_std: Some(linker), sysroot, version })
    }

    /// A cargo command that compiles one package for the target.
    ///
    /// Packages of all workspaces are built with the same flags and share the standard library.
    pub(crate) fn cargo_rustc(&self, place: &Place<'_>, package: &str) -> Command {
        let mut command = Command::new(&self.cargo);
        command
            .current_dir(place.workspace)
            .args(["rustc", "--release", "--locked", "--quiet", "--target", TARGET])
            // cdylib only: with an rlib, which other guests use, cargo skips link-time optimisation.
            .args(["--crate-type", "cdylib", "--package", package, "--target-dir"])
            .arg(place.target)
            .env("RUSTC", &self.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags(place))
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR");
        if let Some(linker) = &self.build_std {
            command
                .args(["-Z", "build-std=std,panic_abort"])
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }

    /// Where cargo writes a package's module.
    pub(crate) fn module(target: &Path, package: &str) -> PathBuf {
        let file = format!("{}.wasm", package.replace('-', "_"));
        target.join(TARGET).join("release").join(file)
    }

    /// Replaces paths that panic messages would contain; the last one that matches applies.
    fn rustflags(&self, place: &Place<'_>) -> String {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let cargo = std::env::var_os("CARGO_HOME").map_or(home.join(".cargo"), PathBuf::from);
        let mut paths = vec![(home, "/home"), (cargo.clone(), "/cargo")];
        // The folder's name depends on the registry's protocol.
        for entry in std::fs::read_dir(cargo.join("registry/src")).into_iter().flatten().flatten() {
            paths.push((entry.path(), "/cargo/registry"));
        }
        paths.push((self.sysroot.join("lib/rustlib/src/rust"), "/rust"));
        paths.push((place.root.to_path_buf(), "/loadwright"));
        paths.push((place.target.to_path_buf(), "/target"));
        let flags = paths.iter().filter(|(path, _)| !path.as_os_str().is_empty());
        let flags = flags.map(|(path, to)| format!("--remap-path-prefix={}={to}", path.display()));
        flags.collect::<Vec<_>>().join("\x1f")
    }
}

fn ask(program: &Path, arguments: &[&str]) -> Result<String, XtaskError> {
    let failed = |cause: String| XtaskError::Compiler { program: program.into(), cause };
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}
