//! Copies an example and the SDK it depends on into one folder. Cargo's hash of a crate, which orders
//! its code, depends on its path relative to the workspace, and outside of it on the location of the
//! repository.

use std::path::Path;
use std::{fs, io};

/// The SDK's path in an example, and in the copy.
const SDK: (&str, &str) = ("../../plugins/sdk", "plugins/sdk");

/// Copies `examples/<name>` of the repository `root` and what it needs to `to`.
pub(crate) fn example(root: &Path, name: &str, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    let package = root.join("examples").join(name);
    copy_folder(&package.join("src"), &to.join("src"))?;
    fs::copy(package.join("Cargo.lock"), to.join("Cargo.lock"))?;
    fs::copy(package.join("manifest.json"), to.join("manifest.json"))?;
    let manifest = fs::read_to_string(package.join("Cargo.toml"))?;
    // Its own workspace, even inside another one; the SDK has its own too.
    let manifest = manifest.replace(SDK.0, SDK.1) + "\n[workspace]\nexclude = [\"plugins\"]\n";
    fs::write(to.join("Cargo.toml"), manifest)?;
    copy_folder(&root.join("plugins/sdk"), &to.join("plugins/sdk"))?;
    fs::copy(root.join("plugins/Cargo.toml"), to.join("plugins/Cargo.toml")).map(|_| ())
}

/// Copies a folder; of a link, what it leads to.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
