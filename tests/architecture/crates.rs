//! Dependencies between crates, in three layers: `core, timing, files <- engine, wasm, tokens, sim,
//! report, storage, exporters <- cli`; and which third-party crates may not be reached from where.

use crate::none;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::BTreeSet;
use std::process::Command;

const CORE: &str = "loadwright-core";
const TIMING: &str = "loadwright-timing";
const FILES: &str = "loadwright-files";

/// The lowest layer: all others may depend on these, and these on no other.
const BASE: [&str; 3] = [CORE, TIMING, FILES];

/// The layer above it, whose crates do not depend on each other.
const MIDDLE: [&str; 7] = [
    "loadwright-engine",
    "loadwright-wasm",
    "loadwright-tokens",
    "loadwright-sim",
    "loadwright-report",
    "loadwright-storage",
    "loadwright-exporters",
];

/// What a crate may not depend on, directly or not, and why.
const UNREACHABLE: [(&str, &[&str], &str); 2] = [
    (
        CORE,
        &["tokio", "mio", "socket2", "hyper", "reqwest", "wasmtime", "clap"],
        "core does no I/O: move what needs it into a crate of the middle layer, behind a port",
    ),
    (
        "loadwright-report",
        &["tokio", "mio", "socket2", "hyper", "reqwest", "loadwright-timing"],
        "a report is a function of summaries: let the caller fetch what it needs",
    ),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(crate::tree::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata reads the workspace")
}

/// The workspace crates that `package` depends on; `dev`: for its tests only.
fn internal(metadata: &Metadata, package: &str, dev: bool) -> BTreeSet<String> {
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
fn base_crates_depend_on_no_other() {
    let metadata = metadata();
    none(
        BASE.iter()
            .flat_map(|package| {
                internal(&metadata, package, false).into_iter().map(move |other| {
                    format!("{package} depends on {other}: what both need belongs in {package}")
                })
            })
            .collect(),
    );
}

#[test]
fn middle_crates_depend_on_base_crates_only() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in MIDDLE {
        for other in internal(&metadata, package, false) {
            if !BASE.contains(&other.as_str()) {
                violations.push(format!(
                    "{package} depends on {other}: define a trait in core's ports, and connect \
                     them in the cli"
                ));
            }
        }
    }
    none(violations);
}

#[test]
fn tests_of_a_crate_use_base_crates_and_the_simulated_server_only() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in MIDDLE.iter().chain(&BASE) {
        for other in internal(&metadata, package, true) {
            if !BASE.contains(&other.as_str()) && other != "loadwright-sim" {
                violations.push(format!(
                    "{package}'s tests depend on {other}: what needs both belongs in tests/"
                ));
            }
        }
    }
    none(violations);
}

#[test]
fn every_host_crate_has_a_layer() {
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
            .map(|name| format!("{name} is new in host/: give it a layer in tests/architecture"))
            .collect(),
    );
    assert_eq!(found.len(), known.len(), "a crate listed here is gone from host/: {found:?}");
}

#[test]
fn core_and_report_reach_no_io() {
    let mut violations = Vec::new();
    for (package, forbidden, why) in UNREACHABLE {
        let reached = reached(package);
        assert!(reached.contains("serde"), "{package} depends on serde: {reached:?}");
        for name in reached {
            if forbidden.contains(&name.as_str()) {
                violations.push(format!("{package} reaches {name}: {why}"));
            }
        }
    }
    none(violations);
}

/// All crates that `package` is built with on this machine.
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
