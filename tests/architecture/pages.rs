//! What pages for contributors say of files: each file and folder that they name exists.

use crate::none;
use crate::tree::root;

const PAGES: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "tests/README.md"];

/// Folders in which a path named on a page begins.
const FOLDERS: [&str; 9] =
    ["host/", "tests/", "docs/", "plugins/", "examples/", "benches/", "fuzz/", "xtask/", "wit/"];

/// What paths contain that name no single file.
const SEVERAL: [&str; 6] = ["*", "…", "...", " ", "NAME", "TOPIC"];

/// The paths in backticks that name one file or folder.
fn named(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    let begins = |text: &&str| FOLDERS.iter().any(|folder| text.starts_with(folder));
    let is_one = |text: &&str| !SEVERAL.iter().any(|part| text.contains(part));
    quoted.filter(begins).filter(is_one).collect()
}

#[test]
fn files_that_pages_name_exist() {
    let mut violations = Vec::new();
    for page in PAGES {
        let text = std::fs::read_to_string(root().join(page)).expect("the page is there");
        for path in named(&text) {
            if !root().join(path).exists() {
                violations.push(format!("{page}: {path} does not exist"));
            }
        }
    }
    none(violations);
}

#[test]
fn the_rule_sees_what_it_checks() {
    let page = "`host/a.rs` and `host/*/b`, `wit/NAME.wit`, `core::a`, `docs/CLI.md`";
    assert_eq!(named(page), ["host/a.rs", "docs/CLI.md"]);
}
