//! The rules of the house as tests: which crate may know which, how long a file may be, what every
//! file opens with, what may not be written. Each failure names the place and how to mend it.

mod arrows;
mod files;
mod modules;
mod tree;

/// Fails with every violation, one a line.
fn none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}
