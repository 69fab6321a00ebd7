//! Python environments with the real tools, made once below `target/interop/venv`.

use super::Failed;
use super::bench::output;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long an installation may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// An environment with its packages installed.
#[derive(Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The environment `name` with `packages`, which name their exact versions (`wandb==0.23.0`). One
    /// that has just these packages is used again.
    ///
    /// # Errors
    /// There is no Python, or a package cannot be installed.
    pub(crate) fn with(root: &Path, name: &str, packages: &[&str]) -> Result<Self, Failed> {
        let venv = Self { folder: root.join("venv").join(name) };
        let installed = venv.folder.join("installed");
        let wanted = packages.join("\n");
        if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
            return Ok(venv);
        }
        println!("{name}: installing {}", packages.join(", "));
        let python = std::env::var("PYTHON").unwrap_or("python3".into());
        let mut create = Command::new(python);
        create.args(["-m", "venv", "--clear"]).arg(&venv.folder);
        output(&mut create, PATIENCE)?;
        let mut install = venv.command("python");
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        output(install.args(packages), PATIENCE)?;
        std::fs::write(&installed, wanted)
            .map_err(|cause| Failed::because(installed.display(), cause))?;
        Ok(venv)
    }

    /// A program of the environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        Command::new(self.folder.join("bin").join(program))
    }

    /// A file that a package installed, by its path below `site-packages`.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn site_file(&self, path: &str) -> Result<PathBuf, Failed> {
        let libraries = std::fs::read_dir(self.folder.join("lib"))
            .map_err(|cause| Failed::because(self.folder.display(), cause))?;
        let mut found = libraries.flatten().map(|lib| lib.path().join("site-packages").join(path));
        found
            .find(|file| file.exists())
            .ok_or_else(|| Failed(format!("{} has no {path}", self.folder.display())))
    }
}
