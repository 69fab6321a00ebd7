//! A browser without a window: what it draws, and pictures of it for the documentation.

use crate::interop::Failed;
use crate::interop::bench::{Bench, output};
use crate::plugins::root;
use std::process::Command;
use std::time::Duration;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser.
pub(super) struct Browser(());

impl Browser {
    /// The one of this machine. Where there is none, this is told.
    pub(super) fn find(bench: &Bench) -> Option<Self> {
        let found = output(Command::new("chromium").arg("--version"), PATIENCE).is_ok();
        if !found {
            println!("skipped {}: there is no browser: apt-get install chromium", bench.name);
        }
        found.then_some(Self(()))
    }

    /// The document of `page` once it is drawn.
    ///
    /// # Errors
    /// The browser fails, or is not done in time.
    pub(super) fn document(&self, bench: &Bench, page: &str) -> Result<String, Failed> {
        output(chromium(bench).args(["--dump-dom", page]), PATIENCE)
    }

    /// Takes a picture of `page`, which is kept as `file` of the documentation where BLESS is set.
    ///
    /// # Errors
    /// The browser fails, or is not done in time, or the file cannot be written.
    pub(super) fn picture(&self, bench: &Bench, page: &str, file: &str) -> Result<(), Failed> {
        let picture = bench.folder.join("picture.png");
        let shot = format!("--screenshot={}", picture.display());
        output(chromium(bench).args([&shot, page]), PATIENCE)?;
        if std::env::var_os("BLESS").is_some() {
            std::fs::copy(&picture, root().join(file))
                .map_err(|cause| Failed::because(file, cause))?;
        }
        Ok(())
    }
}

fn chromium(bench: &Bench) -> Command {
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
    chromium.args(["--window-size=1280,640", "--virtual-time-budget=8000"]);
    chromium.arg(format!("--user-data-dir={}", bench.folder.join("browser").display()));
    chromium
}
