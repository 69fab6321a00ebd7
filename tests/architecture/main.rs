//! The rules of ARCHITECTURE.md and CONTRIBUTING.md as tests: which crate and module may depend on
//! which, how long a file may be, what it opens with, what code may not contain. Each failure names
//! the place and the remedy.

mod code;
mod crates;
mod files;
mod modules;
mod pages;
mod tree;

/// Fails with every violation, one a line.
fn none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}
