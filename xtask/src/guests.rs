//! Which guests there are, and where each one's component is kept.

use std::path::{Path, PathBuf};

/// One guest crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest {
    /// Name of its file, and of the plugin.
    pub(crate) name: &'static str,
    /// Name of its crate.
    pub(crate) package: &'static str,
    /// Where its manifest is built from.
    pub(crate) origin: Origin,
    /// What its file holds.
    pub(crate) form: Form,
}

/// Where a guest's crate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A member of the workspace in plugins/, bundled with the binary.
    Bundled,
    /// A member of the workspace in plugins/, for tests.
    Fixture,
    /// A package of its own in examples/.
    Example,
}

/// What a guest's file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A component with its manifest in a custom section.
    Plugin,
    /// A component without a manifest.
    Bare,
    /// The core module as the compiler left it.
    Core,
}

/// Every guest.
pub(crate) const GUESTS: &[Guest] = &[
    plugin("openai", Origin::Bundled),
    plugin("line_by_line", Origin::Bundled),
    plugin("prompt", Origin::Bundled),
    plugin("random", Origin::Bundled),
    plugin("random_vl", Origin::Bundled),
    plugin("slow", Origin::Fixture),
    plugin("trap", Origin::Fixture),
    plugin("spin", Origin::Fixture),
    plugin("hog", Origin::Fixture),
    Guest { name: "future", package: "future", origin: Origin::Fixture, form: Form::Bare },
    Guest { name: "core", package: "prompt", origin: Origin::Fixture, form: Form::Core },
    plugin("ollama", Origin::Example),
];

const fn plugin(name: &'static str, origin: Origin) -> Guest {
    Guest { name, package: name, origin, form: Form::Plugin }
}

impl Guest {
    /// Where its file is kept, from the repository's root.
    pub(crate) fn file(&self) -> PathBuf {
        let folder = match self.origin {
            Origin::Bundled => PathBuf::from("plugins/dist"),
            Origin::Fixture => PathBuf::from("plugins/fixtures/dist"),
            Origin::Example => Path::new("examples").join(self.name),
        };
        folder.join(format!("{}.wasm", self.name))
    }
}
