//! The loadwright command.
fn main() {}
