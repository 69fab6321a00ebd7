//! Dependencies between the modules of one crate: siblings form no cycle, and a stage of the engine
//! uses only the stages after it. Tests are left out.

mod paths;
mod sources;

use crate::none;
use sources::{Module, crates};
use std::collections::{BTreeMap, BTreeSet};

/// The engine's modules in the order of its data flow: each may use only those after it.
const ENGINE_ORDER: [&str; 8] =
    ["run", "prepare", "schedule", "exchange", "interpret", "messages", "context", "error"];

/// Uses between siblings: user and used, with the first file that shows it.
type Uses = BTreeMap<(String, String), String>;

/// The uses between siblings, by the path of their parent module.
fn sibling_uses(modules: &[Module]) -> BTreeMap<String, Uses> {
    let mut levels: BTreeMap<String, Uses> = BTreeMap::new();
    for (user, used, file) in paths::uses(modules) {
        let common = user.iter().zip(&used).take_while(|(a, b)| a == b).count();
        let (Some(from), Some(to)) = (user.get(common), used.get(common)) else { continue };
        levels
            .entry(user[..common].join("::"))
            .or_default()
            .entry((from.clone(), to.clone()))
            .or_insert(file);
    }
    levels
}

/// Siblings that reach themselves, each cycle as its members.
fn cycles(uses: &Uses) -> Vec<Vec<&str>> {
    let nodes: BTreeSet<&str> =
        uses.keys().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        nodes.iter().map(|node| (*node, reachable(uses, node))).collect();
    let mut found: Vec<Vec<&str>> = Vec::new();
    for node in nodes {
        let mutual = |other: &&str| reached[node].contains(other) && reached[*other].contains(node);
        let members: Vec<&str> = reached.keys().copied().filter(|other| mutual(other)).collect();
        if !members.is_empty() && !found.contains(&members) {
            found.push(members);
        }
    }
    found
}

fn reachable<'a>(uses: &'a Uses, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for (_, to) in uses.keys().filter(|(user, _)| user == node) {
            if seen.insert(to.as_str()) {
                open.push(to);
            }
        }
    }
    seen
}

#[test]
fn modules_of_a_crate_form_no_cycle() {
    let mut violations = Vec::new();
    for (name, modules) in crates() {
        for (parent, uses) in sibling_uses(&modules) {
            for members in cycles(&uses) {
                let inside = |(from, to): &(String, String)| {
                    members.contains(&from.as_str()) && members.contains(&to.as_str())
                };
                let shown: Vec<String> = uses
                    .iter()
                    .filter(|(pair, _)| inside(pair))
                    .map(|((from, to), file)| format!("    {from} -> {to} in {file}"))
                    .collect();
                violations.push(format!(
                    "{name}: {} form a cycle{}: move what both need below them\n{}",
                    members.join(", "),
                    if parent.is_empty() { String::new() } else { format!(" in {parent}") },
                    shown.join("\n")
                ));
            }
        }
    }
    none(violations);
}

#[test]
fn stages_of_the_engine_use_only_what_comes_after_them() {
    let (_, modules) = crates()
        .into_iter()
        .find(|(name, _)| name == "host/engine")
        .expect("the engine is a crate of host/");
    let place = |name: &str| ENGINE_ORDER.iter().position(|known| *known == name);
    let mut violations: Vec<String> = modules
        .iter()
        .filter_map(|module| module.path.first())
        .filter(|name| place(name).is_none())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| format!("host/engine: {name} has no place in ENGINE_ORDER"))
        .collect();
    let levels = sibling_uses(&modules);
    let top = levels.get("").expect("the engine's modules use each other");
    for ((from, to), file) in top {
        if place(from) > place(to) {
            violations.push(format!("{file}: {from} uses {to}, which comes before it"));
        }
    }
    none(violations);
}

#[test]
fn the_rules_see_what_they_forbid() {
    let module = |path: &str, text: &str| Module::parsed(path, text);
    let modules = [
        module("", "mod a; mod b; pub use b::inner::Deep; mod c;"),
        module("a", "use crate::Deep; #[cfg(test)] mod tests { use crate::c::X; }"),
        module("b", "pub mod inner;"),
        module("b::inner", "pub struct Deep; fn f() { super::super::a::g(); }"),
        module("c", "use crate::{a::{self, g}, b::*};"),
    ];
    let levels = sibling_uses(&modules);
    let top: Vec<String> = levels[""].keys().map(|(from, to)| format!("{from}->{to}")).collect();
    assert_eq!(top, ["a->b", "b->a", "c->a", "c->b"]);
    assert_eq!(cycles(&levels[""]), [["a", "b"]]);
    assert_eq!(levels.len(), 1, "the children of b do not use each other");
}
