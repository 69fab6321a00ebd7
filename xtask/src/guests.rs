//! Which guests there are, and where each one's component is kept.

use std::path::{Path, PathBuf};

/// One guest crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest {
    /// Name of the crate, and of the component's file.
    pub(crate) name: &'static str,
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
    bundled("openai"),
    bundled("line_by_line"),
    bundled("prompt"),
    bundled("random"),
    bundled("random_vl"),
];

const fn bundled(name: &'static str) -> Guest {
    Guest { name, origin: Origin::Bundled, form: Form::Plugin }
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
