//! The arrows between crates: `core, stamps, files <- {engine, wasm, tokens, sim, report, export} <- cli`,
//! and what outside crates may not be reached from where.

use crate::none;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::BTreeSet;
use std::process::Command;

const CORE: &str = "loadwright-core";
const STAMPS: &str = "loadwright-timing";
const FILES: &str = "loadwright-files";

/// The crates that all others may use, and which use none of them.
const BASE: [&str; 3] = [CORE, STAMPS, FILES];

/// The crates in the middle, which do not know each other.
const MIDDLE: [&str; 6] = [
    "loadwright-engine",
    "loadwright-wasm",
    "loadwright-tokens",
    "loadwright-sim",
    "loadwright-report",
    "loadwright-storage",
];

/// What a crate may not reach, by whatever way, and why.
const UNREACHABLE: [(&str, &[&str], &str); 2] = [
    (
        CORE,
        &["tokio", "mio", "socket2", "hyper", "reqwest", "wasmtime", "clap"],
        "the core is pure: move what needs it into a crate of the middle, behind a port",
    ),
    (
        "loadwright-report",
        &["tokio", "mio", "socket2", "hyper", "reqwest", "loadwright-timing"],
        "a report is text made of a summary: let the caller fetch what it needs",
    ),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(crate::tree::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata reads the workspace")
}

/// Which of our crates `package` depends on, by kind of dependency.
fn ours(metadata: &Metadata, package: &str, dev: bool) -> BTreeSet<String> {
    let members = metadata.workspace_packages();
    let package = members.iter().find(|member| member.name == package);
    let package = package.expect("a crate named here is in the workspace");
    package
        .dependencies
        .iter()
        .filter(|dependency| (dependency.kind == DependencyKind::Development) == dev)
        .map(|dependency| dependency.name.clone())
        .filter(|name| members.iter().any(|member| member.name == name.as_str()))
        .collect()
}

#[test]
fn cargo_run_means_loadwright() {
    let metadata = metadata();
    let runnable: Vec<String> = metadata
        .workspace_default_packages()
        .iter()
        .flat_map(|package| &package.targets)
        .filter(|target| target.is_bin())
        .map(|target| target.name.clone())
        .collect();
    assert_eq!(runnable, ["loadwright"], "the README's first command has to find one binary");
}

#[test]
fn the_base_knows_none_of_us() {
    let metadata = metadata();
    none(
        BASE.iter()
            .flat_map(|package| {
                ours(&metadata, package, false).into_iter().map(move |other| {
                    format!("{package} depends on {other}: what both need belongs into {package}")
                })
            })
            .collect(),
    );
}

#[test]
fn the_middle_does_not_know_each_other() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in MIDDLE {
        for other in ours(&metadata, package, false) {
            if !BASE.contains(&other.as_str()) {
                violations.push(format!(
                    "{package} depends on {other}: let them meet at a trait in core's ports, and \
                     have the cli put them together"
                ));
            }
        }
    }
    none(violations);
}

#[test]
fn tests_of_the_middle_may_know_the_simulated_server_alone() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in MIDDLE.iter().chain(&BASE) {
        for other in ours(&metadata, package, true) {
            if !BASE.contains(&other.as_str()) && other != "loadwright-sim" {
                violations.push(format!(
                    "{package}'s tests depend on {other}: what needs both belongs into tests/"
                ));
            }
        }
    }
    none(violations);
}

#[test]
fn every_host_crate_has_its_place() {
    let metadata = metadata();
    let host = metadata.workspace_root.join("host");
    let known: BTreeSet<&str> = MIDDLE.iter().chain(&BASE).copied().chain(["loadwright"]).collect();
    let found: BTreeSet<String> = metadata
        .workspace_packages()
        .iter()
        .filter(|package| package.manifest_path.starts_with(&host))
        .map(|package| package.name.to_string())
        .collect();
    none(
        found
            .iter()
            .filter(|name| !known.contains(name.as_str()))
            .map(|name| format!("{name} is new in host/: give it a place in tests/architecture"))
            .collect(),
    );
    assert_eq!(found.len(), known.len(), "a crate named here is gone from host/: {found:?}");
}

#[test]
fn what_is_pure_reaches_nothing_impure() {
    let mut violations = Vec::new();
    for (package, forbidden, why) in UNREACHABLE {
        let reached = reached(package);
        assert!(reached.contains("serde"), "{package} reaches what it is known to: {reached:?}");
        for name in reached {
            if forbidden.contains(&name.as_str()) {
                violations.push(format!("{package} reaches {name}: {why}"));
            }
        }
    }
    none(violations);
}

/// Names of all crates that `package` is built with on this machine.
fn reached(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .current_dir(crate::tree::root())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("crates' names are text");
    lines.lines().skip(1).filter_map(|line| line.split(' ').next()).map(Into::into).collect()
}
