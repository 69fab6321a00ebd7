//! Which modules a module names: paths from `crate`, `super`, `self` or a child on, resolved to the
//! module that defines what they name, through re-exports. Paths inside macro calls are not seen.

use super::sources::Module;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, UseTree};

/// Names from a crate's root on.
type Path = Vec<String>;

/// Every use of one module by another: the user, the used, and the user's file.
pub(super) fn uses(modules: &[Module]) -> Vec<(Path, Path, String)> {
    let known: BTreeSet<&Path> = modules.iter().map(|module| &module.path).collect();
    let seen: Vec<(&Module, Names)> =
        modules.iter().map(|module| (module, Names::of(module))).collect();
    let exports: BTreeMap<(&Path, &str), Path> = seen
        .iter()
        .flat_map(|(module, names)| {
            names.exports.iter().filter_map(|(name, path)| {
                let path = absolute(&module.path, path, &known)?;
                Some(((&module.path, name.as_str()), path))
            })
        })
        .collect();
    let mut uses = Vec::new();
    for (module, names) in &seen {
        for path in &names.paths {
            let Some(path) = absolute(&module.path, path, &known) else { continue };
            let used = defining(path, &known, &exports);
            if used != module.path {
                uses.push((module.path.clone(), used, module.file.clone()));
            }
        }
    }
    uses
}

/// `path` as written in the module `from`, from the crate's root on; none where it names another
/// crate or a local.
fn absolute(from: &Path, path: &[String], known: &BTreeSet<&Path>) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    let mut base = from.clone();
    match first.as_str() {
        "crate" => return Some(rest.to_vec()),
        "self" => {}
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            base.truncate(from.len().saturating_sub(ups));
            return Some([base, path[ups..].to_vec()].concat());
        }
        _ => {
            base.push(first.clone());
            return known.contains(&base).then(|| [from, path].concat());
        }
    }
    Some([base, rest.to_vec()].concat())
}

/// The module that defines what `path` names.
fn defining(
    mut path: Path,
    known: &BTreeSet<&Path>,
    exports: &BTreeMap<(&Path, &str), Path>,
) -> Path {
    // Cyclic re-exports do not compile, so this ends; the bound guards against faults of this test.
    for _ in 0..16 {
        let depth = (0..=path.len()).rev().find(|depth| known.contains(&path[..*depth].to_vec()));
        let module = path[..depth.unwrap_or_default()].to_vec();
        let Some(name) = path.get(module.len()) else { return module };
        match exports.get(&(&module, name.as_str())) {
            Some(target) => path = [target.clone(), path[module.len() + 1..].to_vec()].concat(),
            None => return module,
        }
    }
    path
}

/// The paths that a module writes, and the names it re-exports.
#[derive(Default)]
struct Names {
    paths: Vec<Path>,
    exports: Vec<(String, Path)>,
}

impl Names {
    fn of(module: &Module) -> Self {
        let mut names = Self::default();
        names.visit_file(&module.syntax);
        names
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if is_test(&item.attrs) {
            return;
        }
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut found);
        for (name, path) in found {
            if !matches!(item.vis, syn::Visibility::Inherited) {
                self.exports.push((name, path.clone()));
            }
            self.paths.push(path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            self.paths.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

/// Every name that `tree` brings in, with its path.
fn flatten(tree: &UseTree, before: &mut Path, found: &mut Vec<(String, Path)>) {
    match tree {
        UseTree::Path(part) => {
            before.push(part.ident.to_string());
            flatten(&part.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned().unwrap_or_default();
            found.push((last, before.clone()));
        }
        UseTree::Name(name) => named(&name.ident, &name.ident, before, found),
        UseTree::Rename(renamed) => named(&renamed.rename, &renamed.ident, before, found),
        UseTree::Glob(_) => found.push(("*".into(), before.clone())),
    }
}

fn named(name: &syn::Ident, ident: &syn::Ident, before: &Path, found: &mut Vec<(String, Path)>) {
    let mut path = before.clone();
    path.push(ident.to_string());
    found.push((name.to_string(), path));
}
