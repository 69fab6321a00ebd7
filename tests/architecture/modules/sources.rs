//! The modules of each crate in host/, parsed, without its tests.

use crate::tree::{File, files};
use std::collections::BTreeMap;

/// A module that has a file of its own.
pub(super) struct Module {
    /// Names from the crate's root to it; empty for the root.
    pub(super) path: Vec<String>,
    /// Its file, from the project's root.
    pub(super) file: String,
    /// What the file holds.
    pub(super) syntax: syn::File,
}

impl Module {
    /// The module at `path` (`a::b`) with the text `text`.
    pub(super) fn parsed(path: &str, text: &str) -> Self {
        Self {
            path: path.split("::").filter(|name| !name.is_empty()).map(Into::into).collect(),
            file: path.replace("::", "/"),
            syntax: syn::parse_file(text).expect("the project's sources parse"),
        }
    }
}

/// The modules of each library or binary in host/, by the crate's folder.
pub(super) fn crates() -> BTreeMap<String, Vec<Module>> {
    let mut crates: BTreeMap<String, Vec<Module>> = BTreeMap::new();
    for file in files(&["host"]) {
        if let Some((name, module)) = module(&file) {
            crates.entry(name).or_default().push(module);
        }
    }
    assert!(crates.len() > 5, "the crates of host/ are found");
    crates
}

/// The crate and the module of `file`; none where it is no source, or a test.
fn module(file: &File) -> Option<(String, Module)> {
    let (name, path) = file.path.strip_suffix(".rs")?.split_once("/src/")?;
    let names: Vec<&str> = path.split('/').collect();
    if names.contains(&"tests") || path == "main" {
        return None;
    }
    let names = names.into_iter().filter(|name| !["lib", "mod"].contains(name));
    let path = names.collect::<Vec<_>>().join("::");
    Some((name.into(), Module { file: file.path.clone(), ..Module::parsed(&path, &file.text) }))
}
