//! Python environments with the real tools, made once below `target/interop/venv`.

use super::Failed;
use super::bench::output;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long an installation may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Installs packages in a small part of pip's time.
const UV: &str = "uv==0.13.9";

/// What an environment has: packages with their exact versions (`wandb==0.23.0`).
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) name: &'static str,
    pub(crate) packages: &'static [&'static str],
}

/// An environment with its packages installed.
#[derive(Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The `environment` below `root`. One that has just its packages is used again.
    ///
    /// # Errors
    /// There is no Python, or a package cannot be installed.
    pub(crate) fn with(root: &Path, environment: &Environment) -> Result<Self, Failed> {
        let Environment { name, packages } = environment;
        let folder = root.join("venv");
        let venv = Self { folder: folder.join(name) };
        venv.once(packages, || {
            let uv = Self { folder: folder.join("uv") };
            uv.once(&[UV], || uv.install_by_pip(&[UV]))?;
            let cache = folder.join("cache");
            let own = |arguments: &[&str]| {
                let mut command = uv.command("uv");
                command.arg("--cache-dir").arg(&cache).args(arguments);
                command.env("UV_PYTHON_DOWNLOADS", "never");
                command
            };
            let mut create = own(&["venv", "--quiet", "--clear", "--python", &python()]);
            output(create.arg(&venv.folder), PATIENCE)?;
            let mut install = own(&["pip", "install", "--quiet", "--python"]);
            output(install.arg(&venv.folder).args(*packages), PATIENCE).map(drop)
        })?;
        Ok(venv)
    }

    /// Makes the environment by `make`, unless it has just `packages`.
    fn once(
        &self,
        packages: &[&str],
        make: impl FnOnce() -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let installed = self.folder.join("installed");
        let wanted = packages.join("\n");
        if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
            return Ok(());
        }
        println!("installing {}", packages.join(", "));
        make()?;
        std::fs::write(&installed, wanted)
            .map_err(|cause| Failed::because(installed.display(), cause))
    }

    fn install_by_pip(&self, packages: &[&str]) -> Result<(), Failed> {
        let mut create = Command::new(python());
        output(create.args(["-m", "venv", "--clear"]).arg(&self.folder), PATIENCE)?;
        let mut install = self.command("python");
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        output(install.args(packages), PATIENCE).map(drop)
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

/// The Python that environments are made with.
fn python() -> String {
    std::env::var("PYTHON").unwrap_or("python3".into())
}
