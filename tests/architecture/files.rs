//! What every file must satisfy: its length, its name, its first line, and texts it may not contain.

use crate::none;
use crate::tree::{File, files, rust};

/// Lines of a file, and of a file of tests.
const LINES: usize = 300;
const TEST_LINES: usize = 500;

/// Files that may be longer, each with its reason.
const LONGER: [(&str, &str); 0] = [];

/// Names that do not say what a module holds.
const NAMES: [&str; 8] =
    ["manager", "helper", "helpers", "utils", "util", "common", "data", "misc"];

fn budget(path: &str) -> usize {
    let name = path.rsplit('/').next().unwrap_or(path);
    let tests = name == "tests.rs"
        || name.ends_with("_tests.rs")
        || path.starts_with("tests/")
        || path.contains("/tests/");
    if tests { TEST_LINES } else { LINES }
}

#[test]
fn no_file_is_longer_than_its_budget() {
    let mut violations = Vec::new();
    for file in rust() {
        let (lines, budget) = (file.text.lines().count(), budget(&file.path));
        let listed = LONGER.iter().any(|(path, _)| *path == file.path);
        if lines > budget && !listed {
            violations.push(format!(
                "{} has {lines} lines of {budget}: split it where a second responsibility begins, or, \
                 if it is a table, list it in tests/architecture/files.rs with the reason",
                file.path
            ));
        } else if lines <= budget && listed {
            violations
                .push(format!("{} is within its budget now: remove it from LONGER", file.path));
        }
    }
    none(violations);
}

#[test]
fn files_that_may_be_longer_exist_and_have_a_reason() {
    let paths: Vec<String> = rust().into_iter().map(|file| file.path).collect();
    none(
        LONGER
            .iter()
            .filter(|(path, reason)| !paths.iter().any(|p| p == path) || reason.is_empty())
            .map(|(path, _)| format!("{path} is gone or has no reason: correct LONGER"))
            .collect(),
    );
}

#[test]
fn every_file_opens_with_what_it_is_responsible_for() {
    none(
        rust()
            .iter()
            // Unit tests are described by the module that they are named after.
            .filter(|file| !file.path.ends_with("/tests.rs") && !opens_with_docs(&file.text))
            .map(|file| {
                format!(
                    "{}: open it with `//!`, saying what it is responsible for and where it stops",
                    file.path
                )
            })
            .collect(),
    );
}

/// At least a short sentence: two words would only repeat the name.
fn opens_with_docs(text: &str) -> bool {
    let mut words = 0;
    for line in text.lines() {
        match line.strip_prefix("//!") {
            Some(docs) => words += docs.split_whitespace().count(),
            None => break,
        }
    }
    words >= 3
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    // Spelled in pieces, so that this file does not violate it.
    let forbidden = [["#[", "allow("].concat(), ["#![", "allow("].concat()];
    let remedy = "write `#[expect(lint, reason = \"…\")]`, which fails once it is not needed";
    none(
        lines(&rust())
            .filter(|(_, line)| forbidden.iter().any(|start| line.contains(start)))
            .map(|(place, _)| format!("{place}: {remedy}"))
            .collect(),
    );
}

#[test]
fn modules_are_named_for_what_they_are() {
    let mut violations = Vec::new();
    for file in rust() {
        let parts = file.path.split('/').map(|part| part.trim_end_matches(".rs"));
        let declared = file.text.lines().filter_map(|line| {
            let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            line.strip_prefix("mod ").map(|name| name.trim_end_matches([';', ' ', '{']))
        });
        for name in parts.chain(declared).filter(|name| NAMES.contains(name)) {
            violations.push(format!(
                "{}: `{name}` does not say what it holds; use the field's noun for it",
                file.path
            ));
        }
    }
    none(violations);
}

#[test]
fn no_path_of_one_machine() {
    let folders = ["tmp", "work", "root", "farm", "home"].map(|name| format!("/{name}/"));
    let all = files(&[
        ".", "host", "plugins", "examples", "xtask", "benches", "tests", "fuzz", "docs", "wit",
    ]);
    let ours: Vec<File> = all.into_iter().filter(|file| !file.path.ends_with(".lock")).collect();
    none(
        lines(&ours)
            .filter(|(_, line)| folders.iter().any(|folder| names_path(line, folder)))
            .map(|(place, line)| format!("{place}: `{}` is a path of one machine", line.trim()))
            .collect(),
    );
}

/// Whether `line` contains an absolute path below `folder`.
fn names_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        before.is_none_or(|c| !c.is_ascii_alphanumeric())
            && after.is_some_and(|c| c.is_ascii_alphabetic())
    })
}

fn lines(files: &[File]) -> impl Iterator<Item = (String, &str)> {
    files.iter().flat_map(|file| {
        file.text
            .lines()
            .enumerate()
            .map(|(index, line)| (format!("{}:{}", file.path, index + 1), line))
    })
}

#[test]
fn the_rules_see_what_they_forbid() {
    assert!(names_path(&["see \"", "/ho", "me/someone\""].concat(), &["/ho", "me/"].concat()));
    assert!(!names_path(&["a/ho", "me/someone"].concat(), &["/ho", "me/"].concat()));
    assert!(!opens_with_docs("// An ordinary comment is not enough.\n"));
    assert!(!opens_with_docs("//! Records\n"));
    assert!(opens_with_docs("//! Records on\n//! disk.\n"));
    assert_eq!(budget("host/core/src/plan.rs"), LINES);
    assert_eq!(budget("host/core/src/plan_tests.rs"), TEST_LINES);
    assert_eq!(budget("host/core/src/plan/tests.rs"), TEST_LINES);
    assert_eq!(budget("host/storage/tests/processes.rs"), TEST_LINES);
}
