//! The list of guests, and where their files are.

use std::path::{Path, PathBuf};

/// One guest crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest {
    /// Name of its file and of the plugin.
    pub(crate) name: &'static str,
    /// Name of its crate.
    pub(crate) package: &'static str,
    /// Where its crate is.
    pub(crate) origin: Origin,
    /// What its file contains.
    pub(crate) form: Form,
}

/// Where a guest's crate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A member of the workspace in plugins/, bundled with the binary.
    Bundled,
    /// A member of the workspace in plugins/, for tests.
    Fixture,
    /// A package of its own in examples/.
    Example,
}

/// What a guest's file contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A component with a manifest section.
    Plugin,
    /// A component without a manifest section.
    Bare,
    /// The core module as the compiler wrote it.
    Core,
}

/// Every guest.
pub(crate) const GUESTS: &[Guest] = &[
    plugin("clearml", Origin::Bundled),
    plugin("openai", Origin::Bundled),
    plugin("genai", Origin::Bundled),
    plugin("line_by_line", Origin::Bundled),
    plugin("prompt", Origin::Bundled),
    plugin("random", Origin::Bundled),
    plugin("random_vl", Origin::Bundled),
    plugin("wandb", Origin::Bundled),
    plugin("swanlab", Origin::Bundled),
    plugin("slow", Origin::Fixture),
    plugin("trap", Origin::Fixture),
    plugin("spin", Origin::Fixture),
    plugin("hog", Origin::Fixture),
    plugin("misbehave_api", Origin::Fixture),
    plugin("misbehave_dataset", Origin::Fixture),
    plugin("misbehave_conventions", Origin::Fixture),
    plugin("misbehave_exporter", Origin::Fixture),
    plugin("told", Origin::Fixture),
    plugin("indexed", Origin::Fixture),
    plugin("planned", Origin::Fixture),
    plugin("table", Origin::Fixture),
    plugin("signed", Origin::Fixture),
    plugin("five_spans", Origin::Fixture),
    plugin("folder", Origin::Fixture),
    Guest { name: "future", package: "future", origin: Origin::Fixture, form: Form::Bare },
    Guest { name: "core", package: "prompt", origin: Origin::Fixture, form: Form::Core },
    plugin("ollama", Origin::Example),
    plugin("minimal", Origin::Example),
    plugin("webhook", Origin::Example),
];

const fn plugin(name: &'static str, origin: Origin) -> Guest {
    Guest { name, package: name, origin, form: Form::Plugin }
}

impl Guest {
    /// Its file, from the repository's root.
    pub(crate) fn file(&self) -> PathBuf {
        let folder = match self.origin {
            Origin::Bundled => PathBuf::from("plugins/dist"),
            Origin::Fixture => PathBuf::from("plugins/fixtures/dist"),
            Origin::Example => Path::new("examples").join(self.name),
        };
        folder.join(format!("{}.wasm", self.name))
    }
}
