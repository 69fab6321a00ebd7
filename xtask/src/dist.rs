//! `cargo xtask dist`: the binary that is shipped, without debug information, and its line tables in
//! a file beside it, where debuggers and profilers look for them by the link in the binary.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The shipped binary could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistError {
    #[error("{program} could not be started: {cause}; install it (cargo: Rust, objcopy: binutils)")]
    Start { program: String, cause: std::io::Error },
    #[error("{program} failed: see its output above")]
    Failed { program: String },
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: std::io::Error },
}

/// Builds `loadwright` with the profile `dist` and splits its line tables off, into
/// `target/dist/shipped`.
///
/// # Errors
/// cargo or objcopy is missing or fails, or a file cannot be written.
pub(crate) fn dist() -> Result<(), DistError> {
    let cargo = std::env::var("CARGO").unwrap_or("cargo".into());
    let build = ["build", "--locked", "--profile", "dist", "--package", "loadwright"];
    run(Command::new(cargo).args(build))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let (built, shipped) = (target.join("dist/loadwright"), target.join("dist/shipped"));
    std::fs::create_dir_all(&shipped)
        .map_err(|cause| DistError::File { path: shipped.clone(), cause })?;
    let (binary, tables) = (shipped.join("loadwright"), shipped.join("loadwright.debug"));
    run(Command::new("objcopy").arg("--only-keep-debug").arg(&built).arg(&tables))?;
    // objcopy stores the file's name and checksum, so the two files can be moved together.
    let link = format!("--add-gnu-debuglink={}", tables.display());
    run(Command::new("objcopy").args(["--strip-all", &link]).arg(&built).arg(&binary))?;
    for path in [&binary, &tables] {
        println!("{} {:.1} MB", path.display(), size(path)? as f64 / 1e6);
    }
    Ok(())
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
