//! What surrounds a command: variables, folders and flags, as far as settings come from them.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What surrounds a command; tests make their own.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The folder in which it was started.
    pub folder: PathBuf,
    /// The user's own folder.
    pub home: Option<PathBuf>,
    /// Flags that exporters name as sources, without their dashes.
    pub flags: BTreeMap<String, String>,
}

impl Environment {
    /// That of this process. Variables that are not UTF-8 are left out.
    pub fn of_process(flags: BTreeMap<String, String>) -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let variables: BTreeMap<_, _> = std::env::vars_os().filter_map(text).collect();
        let home = variables.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        Self { variables, folder, home, flags }
    }

    /// A variable that has a value.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A path as manifests write it: `./x`, `~/x`, `$VAR`, `$VAR/x` or absolute; none: a variable or the
    /// home folder is missing.
    pub fn path(&self, text: &str) -> Option<PathBuf> {
        let resolved = if let Some(rest) = text.strip_prefix("~/") {
            self.home.as_ref()?.join(rest)
        } else if let Some(rest) = text.strip_prefix('$') {
            let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let base = self.variable(name)?;
            match base.strip_prefix("~/") {
                Some(base) => self.home.as_ref()?.join(base).join(rest),
                None => PathBuf::from(base).join(rest),
            }
        } else {
            PathBuf::from(text)
        };
        Some(self.folder.join(resolved).components().collect())
    }
}
