//! docs/plugins: each page goes from nothing to a run, in its own commands. A page whose toolchain is
//! missing is left out, loudly; with `LOADWRIGHT_TOOLCHAINS=required` that is a failure.

mod page;

use page::{Step, steps};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// Says which page is left out for lack of `tool`, past the capture of the tests' output.
fn leave_out(page: &str, tool: &str) {
    let required = std::env::var_os("LOADWRIGHT_TOOLCHAINS").is_some_and(|it| it == "required");
    assert!(!required, "{tool} is missing: see docs/plugins/{page}.md for how to install it");
    let said = format!("\nNOT TESTED: docs/plugins/{page}.md, since {tool} is missing\n\n");
    let _ = std::io::stderr().write_all(said.as_bytes());
}

/// Does what the page says in an empty folder beside a clone of the repository, and checks the run at
/// its end.
fn follow(page: &str, environment: &[(&str, PathBuf)]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let within = folder.path();
    std::os::unix::fs::symlink(root(), within.join("loadwright")).expect("a link");
    let path = root().join(format!("docs/plugins/{page}.md"));
    let text = std::fs::read_to_string(path).expect("the page is there");
    for step in steps(&text) {
        match step {
            Step::File { name, content } => {
                let path = within.join(name);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
                std::fs::write(path, content).expect("writable");
            }
            Step::Commands(commands) => run(&commands, within, environment),
        }
    }
    let summary = within.join("first/parallel_1_number_5/benchmark_summary.json");
    let summary = std::fs::read_to_string(summary).expect("the page ends with a run");
    let summary: Value = serde_json::from_str(&summary).expect("it is JSON");
    assert_eq!(summary["Success Requests"], 5, "{summary}");
    assert_eq!(summary["Avg Output Tokens"], 8.0, "{summary}");
}

fn run(commands: &str, folder: &Path, environment: &[(&str, PathBuf)]) {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", commands])
        .current_dir(folder)
        .env("PATH", search_path(""))
        .env("LOADWRIGHT_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins"))
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()
        .expect("bash is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{said}");
}

/// Where programs are found: the binary that is tested, those in the folders `first`, all others.
fn search_path(first: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_loadwright")).parent().expect("a folder");
    format!("{}:{first}{}", binary.display(), std::env::var("PATH").unwrap_or_default())
}

#[test]
fn python() {
    if !works("componentize-py", &["--version"]) {
        return leave_out("python", "componentize-py");
    }
    follow("python", &[]);
}

#[test]
fn javascript() {
    for tool in ["componentize-qjs", "jco"] {
        if !works(tool, &["--help"]) {
            return leave_out("javascript", tool);
        }
    }
    follow("javascript", &[]);
}

#[test]
fn c() {
    let compiles =
        ["--target=wasm32-wasi", "-mexec-model=reactor", "-x", "c", "/dev/null", "-o", "/dev/null"];
    if !works("clang", &compiles) {
        return leave_out("c", "clang for wasm32-wasi");
    }
    follow("c", &[]);
}

#[test]
fn rust() {
    follow_in_rust("rust");
}

#[test]
fn exporter() {
    follow_in_rust("exporter");
}

#[test]
fn conventions() {
    follow_in_rust("conventions");
}

fn follow_in_rust(page: &str) {
    match rust_environment() {
        Some(environment) => follow(page, &environment),
        None => leave_out(page, "a compiler for wasm32-unknown-unknown"),
    }
}

/// What makes `cargo build --target wasm32-unknown-unknown` work here: nothing where the target is
/// installed, else Debian's compiler with the standard library built from source.
fn rust_environment() -> Option<Vec<(&'static str, PathBuf)>> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authors");
    let mut environment = vec![("CARGO_TARGET_DIR", target), ("CARGO_NET_OFFLINE", "true".into())];
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?.stdout;
    let rustlib = Path::new(std::str::from_utf8(&sysroot).ok()?.trim()).join("lib/rustlib");
    if rustlib.join("wasm32-unknown-unknown/lib").is_dir() {
        return Some(environment);
    }
    let linker = rustlib.join("x86_64-unknown-linux-gnu/bin/rust-lld");
    let source = Path::new("/usr/lib/rustlib/src/rust/library/std");
    if !(Path::new("/usr/bin/cargo").is_file() && source.is_dir() && linker.is_file()) {
        return None;
    }
    environment.extend([
        ("CARGO", "/usr/bin/cargo".into()),
        ("RUSTC", "/usr/bin/rustc".into()),
        ("RUSTC_BOOTSTRAP", "1".into()),
        ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker),
    ]);
    environment.push(("PATH", search_path("/usr/bin:").into()));
    Some(environment)
}
