//! `cargo xtask dist`: builds the shipped binary without debug information, and next to it a file with
//! its line tables, which debuggers and profilers find by the link in the binary.

use crate::plugins::root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shipped binary could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistError {
    #[error("{program} could not be started: {cause}; install it (cargo: Rust, objcopy: binutils)")]
    Start { program: String, cause: std::io::Error },
    #[error("{program} failed: see its output above")]
    Failed { program: String },
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: std::io::Error },
}

/// Builds `loadwright` with the profile `dist`, and splits it into binary and line tables in
/// `target/dist/shipped`.
///
/// # Errors
/// cargo or objcopy is missing or fails, or a file cannot be written.
pub(crate) fn dist() -> Result<(), DistError> {
    let cargo = std::env::var("CARGO").unwrap_or("cargo".into());
    let build = ["build", "--locked", "--profile", "dist", "--package", "loadwright"];
    // In the repository's root, from which cargo and this program then resolve a relative target.
    run(Command::new(cargo).args(build).current_dir(root()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let dist = root().join(target).join("dist");
    let split = split(&dist.join("loadwright"), &dist.join("shipped"))?;
    for path in [&split.binary, &split.tables] {
        println!("{} {:.1} MB", path.display(), size(path)? as f64 / 1e6);
    }
    Ok(())
}

/// A binary and the file with its line tables.
struct Split {
    binary: PathBuf,
    tables: PathBuf,
}

/// Splits the binary `built` into two files in `folder`.
fn split(built: &Path, folder: &Path) -> Result<Split, DistError> {
    std::fs::create_dir_all(folder)
        .map_err(|cause| DistError::File { path: folder.into(), cause })?;
    let (binary, tables) = (folder.join("loadwright"), folder.join("loadwright.debug"));
    run(Command::new("objcopy").arg("--only-keep-debug").arg(built).arg(&tables))?;
    // objcopy stores the file's name and checksum, so the two files can be moved together.
    let link = format!("--add-gnu-debuglink={}", tables.display());
    run(Command::new("objcopy").args(["--strip-all", &link]).arg(built).arg(&binary))?;
    Ok(Split { binary, tables })
}

fn run(command: &mut Command) -> Result<(), DistError> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(DistError::Failed { program }),
        Err(cause) => Err(DistError::Start { program, cause }),
    }
}

/// Bytes of the file at `path`.
fn size(path: &Path) -> Result<u64, DistError> {
    let file = std::fs::metadata(path);
    file.map(|file| file.len()).map_err(|cause| DistError::File { path: path.into(), cause })
}

#[cfg(test)]
mod tests;
