//! `cargo xtask interop [NAME…]`: holds what exporters send and write against the real tools of their
//! backends, installed from PyPI into scratch environments below `target/interop`.
//!
//! A tool's checks are a module with a function and a row in [`TOOLS`]. It runs the
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
use venv::{Environment, Venv};

/// A backend that is checked.
#[derive(Debug)]
struct Tool {
    name: &'static str,
    /// The environments that it has.
    environments: &'static [Environment],
    check: fn(&mut Bench) -> Result<(), Failed>,
}

/// All of them, by name.
const TOOLS: &[Tool] = &[
    Tool { name: "clearml", environments: clearml::ENVIRONMENTS, check: clearml::check },
    Tool { name: "otlp", environments: otlp::ENVIRONMENTS, check: otlp::check },
    Tool { name: "swanlab", environments: swanlab::ENVIRONMENTS, check: swanlab::check },
    Tool { name: "wandb", environments: wandb::ENVIRONMENTS, check: wandb::check },
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

/// Installs what all tools need, and checks nothing.
///
/// # Errors
/// Something cannot be installed.
pub(crate) fn install() -> Result<(), Failed> {
    TOOLS.iter().try_for_each(Tool::installed)
}

/// Runs the checks of the tools `names`, or all of them, and prints each claim with its result. The
/// tools are checked beside each other: most of the time their programs wait.
///
/// # Errors
/// A name is unknown, or a claim does not hold.
pub(crate) fn interop(names: &[&str]) -> Result<(), Failed> {
    let known = |name: &&str| TOOLS.iter().any(|tool| tool.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let tools: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
        return Err(Failed(format!("`{unknown}` is none of {}", tools.join(", "))));
    }
    bench::build()?;
    let wanted = TOOLS.iter().filter(|tool| names.is_empty() || names.contains(&tool.name));
    wanted.clone().try_for_each(Tool::installed)?;
    let results: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
        let started: Vec<_> = wanted.map(|tool| scope.spawn(|| tool.checked())).collect();
        started.into_iter().map(|it| it.join().unwrap_or((0, vec!["it panicked".into()]))).collect()
    });
    let passed: usize = results.iter().map(|(passed, _)| passed).sum();
    let failed: Vec<String> = results.into_iter().flat_map(|(_, failed)| failed).collect();
    println!("interop: {passed} passed, {} failed", failed.len());
    if failed.is_empty() { Ok(()) } else { Err(Failed(failed.join("\n"))) }
}

impl Tool {
    fn installed(&self) -> Result<(), Failed> {
        let mut environments = self.environments.iter();
        environments.try_for_each(|it| Venv::with(&bench::scratch(), it).map(drop))
    }

    /// How many claims hold, and those that do not, with what ended the check.
    fn checked(&self) -> (usize, Vec<String>) {
        let mut bench = match Bench::new(self.name) {
            Ok(bench) => bench,
            Err(error) => return (0, vec![format!("{}: {error}", self.name)]),
        };
        let ended = (self.check)(&mut bench).err().map(|error| error.to_string());
        let failed = bench.failed().iter().cloned().chain(ended);
        (bench.passed(), failed.map(|failed| format!("{}: {failed}", self.name)).collect())
    }
}
