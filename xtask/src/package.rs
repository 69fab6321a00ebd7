//! `cargo xtask package`: packages the plugin SDK as cargo publishes it, builds it from there, and
//! checks that the package holds the contract.

use crate::plugins::{XtaskError, read, root, target};
use std::path::Path;
use std::process::Command;

/// The SDK's crate.
const SDK: &str = "loadwright-plugin";

/// Packages the SDK and builds it from the package, without the network.
///
/// # Errors
/// cargo fails, or the package's wit/ is not the repository's.
pub(crate) fn package() -> Result<(), XtaskError> {
    let cargo = std::env::var("CARGO").unwrap_or("cargo".into());
    let place = target().with_file_name("sdk");
    let status = Command::new(cargo)
        .current_dir(root().join("plugins"))
        .args(["package", "--package", SDK, "--offline", "--locked", "--allow-dirty", "--quiet"])
        .arg("--target-dir")
        .arg(&place)
        .env_remove("CARGO_TARGET_DIR")
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(XtaskError::Build(SDK));
    }
    let version = env!("CARGO_PKG_VERSION");
    let unpacked = place.join("package").join(format!("{SDK}-{version}"));
    compare(&root().join("wit"), &unpacked.join("wit"))?;
    println!("{SDK} {version} packages and builds; its wit/ is the contract.");
    Ok(())
}

/// Compares the files of the folder `wanted` with those in `packaged`.
fn compare(wanted: &Path, packaged: &Path) -> Result<(), XtaskError> {
    let failed = |cause| XtaskError::File { path: wanted.into(), cause };
    for entry in std::fs::read_dir(wanted).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if read(&wanted.join(&name))? != read(&packaged.join(&name))? {
            return Err(XtaskError::Differ(format!("wit/{} and its copy", name.display())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
