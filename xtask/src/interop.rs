//! `cargo xtask interop [NAME…]`: holds what exporters send and write against the real tools of their
//! backends, installed from PyPI into scratch environments below `target/interop`.
//!
//! A tool's checks are a module with a function of [`Check`]'s shape and a row in [`TOOLS`]. It runs the
//! built `loadwright` against the simulated server, hands what comes of it to the tool, and names each
//! claim that it checks. Every program that it starts is bounded in time and ended.

mod bench;
mod clearml;
mod files;
mod otlp;
mod site;
mod swanlab;
mod venv;
mod wandb;

use bench::Bench;
use std::fmt::Display;

/// Checks one backend.
type Check = fn(&mut Bench) -> Result<(), Failed>;

/// What can be checked, by name.
const TOOLS: &[(&str, Check)] = &[
    ("clearml", clearml::check),
    ("otlp", otlp::check),
    ("swanlab", swanlab::check),
    ("wandb", wandb::check),
];

/// Why a check could not go on: what failed, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failed(pub(crate) String);

impl Failed {
    /// `what` could not be done because of `cause`.
    fn because(what: impl Display, cause: impl Display) -> Self {
        Self(format!("{what}: {cause}"))
    }
}

/// Runs the checks of the tools `names`, or all of them, and prints each claim with its result.
///
/// # Errors
/// A name is unknown, or a claim does not hold.
pub(crate) fn interop(names: &[&str]) -> Result<(), Failed> {
    let known = |name: &&str| TOOLS.iter().any(|(tool, _)| tool == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let tools: Vec<_> = TOOLS.iter().map(|(tool, _)| *tool).collect();
        return Err(Failed(format!("`{unknown}` is none of {}", tools.join(", "))));
    }
    bench::build()?;
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, check) in TOOLS.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        let mut bench = Bench::new(name)?;
        let ended = check(&mut bench);
        failed.extend(bench.failed().iter().map(|claim| format!("{name}: {claim}")));
        failed.extend(ended.err().map(|error| format!("{name}: {error}")));
        passed += bench.passed();
    }
    println!("interop: {passed} passed, {} failed", failed.len());
    if failed.is_empty() { Ok(()) } else { Err(Failed(failed.join("\n"))) }
}
