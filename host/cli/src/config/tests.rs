//! Precedence of file, environment and command line, and what each of them refuses.

use super::{MergedSettings, merge};
use crate::diagnostics::Diagnostics;
use serde_json::json;
use std::ffi::OsString;
use std::path::PathBuf;

fn words(line: &str) -> Vec<OsString> {
    shlex::split(line).expect("well quoted").into_iter().map(OsString::from).collect()
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (format!("LOADWRIGHT_{name}"), (*value).into())).collect()
}

/// A settings file that lives as long as the test.
fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("plan.toml");
    std::fs::write(&path, content).expect("the file is written");
    (dir, path)
}

fn gathered(line: &str, env: &[(&str, &str)], toml: Option<&str>) -> (MergedSettings, Diagnostics) {
    let held = toml.map(file);
    let line = match &held {
        Some((_, path)) => format!("--config '{}' {line}", path.display()),
        None => line.to_owned(),
    };
    let mut diagnostics = Diagnostics::default();
    let given = merge(&words(&line), &variables(env), &mut diagnostics).expect("it parses");
    (given, diagnostics)
}

fn errors(line: &str, env: &[(&str, &str)], toml: Option<&str>) -> Vec<String> {
    let (_, diagnostics) = gathered(line, env, toml);
    diagnostics.errors.0.iter().map(|error| error.text.clone()).collect()
}

#[test]
fn flags_come_before_variables_before_the_file() {
    let toml = "parallel = [1, 2]\nnumber = 7\nmodel = 'file'\napi = 'file'\n";
    let env = [("NUMBER", "8 9"), ("MODEL", "variable")];
    let (given, diagnostics) = gathered("--model flag", &env, Some(toml));
    assert_eq!(diagnostics.errors.0, []);
    assert_eq!(given.args.target.model.as_deref(), Some("flag"));
    assert_eq!(given.args.load.number, Some(vec![8.into(), 9.into()]));
    assert_eq!(given.args.load.parallel, Some(vec![1.into(), 2.into()]));
    assert_eq!(given.args.target.api, "file");
    assert_eq!(diagnostics.origins["number"], "LOADWRIGHT_NUMBER");
    assert!(diagnostics.origins["parallel"].ends_with("plan.toml"));
    assert!(!diagnostics.origins.contains_key("model"));
}

#[test]
fn a_variable_may_name_the_file() {
    let (_dir, path) = file("model = 'file'");
    let (given, _) = gathered("", &[("CONFIG", path.to_str().expect("text"))], None);
    assert_eq!(given.args.target.model.as_deref(), Some("file"));
}

#[test]
fn switches_can_be_undone() {
    let (given, _) = gathered("--stream", &[], Some("stream = false\nopen-loop = true"));
    assert!(given.args.generation.stream && !given.args.generation.no_stream);
    assert!(given.args.load.open_loop);
    let (given, _) = gathered("", &[("INSECURE", "no")], Some("stream = false\ninsecure = true"));
    assert!(given.args.generation.no_stream);
    assert!(!given.args.target.insecure);
    let (given, _) = gathered("", &[("APPLY_CHAT_TEMPLATE", "off")], None);
    assert!(given.args.prompt.no_apply_chat_template);
}

#[test]
fn tables_stand_for_json_and_headers() {
    let toml = "plugin = ['a', 'b']\nstop = ['-', '--model']\n[extra-args]\nignore_eos = true\n\
                [headers]\nx-a = '1'\n[goodput]\nttft = 500";
    let (given, diagnostics) = gathered("", &[], Some(toml));
    assert_eq!(diagnostics.errors.0, []);
    assert_eq!(given.args.generation.extra_args.as_deref(), Some("{\"ignore_eos\":true}"));
    assert_eq!(given.args.target.headers, Some(vec!["x-a=1".into()]));
    assert_eq!(given.args.load.goodput, Some(vec!["ttft:500".into()]));
    assert_eq!(given.args.plugins.plugin, [PathBuf::from("a"), PathBuf::from("b")]);
    assert_eq!(given.args.generation.stop, Some(vec!["-".into(), "--model".into()]));
}

#[test]
fn lists_in_variables_are_split_as_a_shell_splits() {
    let (given, _) = gathered("", &[("HEADERS", "a=1 'b=2 3'"), ("API_KEY", "two words")], None);
    assert_eq!(given.args.target.headers, Some(vec!["a=1".into(), "b=2 3".into()]));
    assert_eq!(given.args.target.api_key.as_deref(), Some("two words"));
    assert_eq!(errors("", &[("STOP", "'open")], None), ["a quote is not closed"]);
}

#[test]
fn every_unusable_setting_is_an_error_of_its_own() {
    let toml =
        "parralel = 1\nmax_tokens = 5\nconfig = 'x'\nopen-loop = 1\nmodel = ['a']\nseed = true";
    let mut said = errors("", &[("STREAM", "perhaps"), ("PLUGIN", "")], Some(toml));
    said.sort();
    let wanted = [
        "`perhaps` is neither true nor false",
        "`config` cannot be set in a settings file; remove it",
        "`max_tokens` is not a setting; did you mean `max-tokens`?",
        "`parralel` is not a setting; did you mean `parallel`?",
        "has no value",
        "is a switch; give true or false",
        "takes no true or false",
        "takes one value",
    ];
    let bare: Vec<String> = said
        .iter()
        .map(|text| text.split_once("plan.toml: ").map_or(text.clone(), |(_, rest)| rest.into()))
        .collect();
    let mut bare: Vec<&str> = bare.iter().map(String::as_str).collect();
    let mut wanted = wanted;
    bare.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(bare, wanted);
}

#[test]
fn unknown_variables_are_said_aloud() {
    let (_, diagnostics) = gathered("", &[("NUMBR", "1")], None);
    assert_eq!(diagnostics.errors.0, []);
    let said = "the variable LOADWRIGHT_NUMBR names no flag and has no effect; did you mean \
                LOADWRIGHT_NUMBER?";
    assert_eq!(diagnostics.notices, [said]);
}

#[test]
fn help_comes_before_a_broken_file() {
    let mut diagnostics = Diagnostics::default();
    let error = merge(&words("--config /does/not/exist --help"), &[], &mut diagnostics);
    let error = error.expect_err("help ends parsing");
    assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let said = errors("--config /does/not/exist.toml", &[], None);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("/does/not/exist.toml does not exist"), "{said:?}");
    let said = errors("", &[], Some("parallel = ["));
    assert!(said[0].contains("plan.toml is not TOML: line 1: "), "{said:?}");
}

#[test]
fn the_stored_form_keeps_types() {
    let line =
        "--parallel 1 2 --rate 2.5 --model 7 --plugin p --extra-args '{\"a\": 1}' --insecure";
    let (given, _) = gathered(line, &[], None);
    let wanted = [
        ("parallel", json!([1, 2])),
        ("rate", json!([2.5])),
        ("model", json!("7")),
        ("plugin", json!(["p"])),
        ("extra_args", json!({"a": 1})),
        ("insecure", json!(true)),
        ("connect_timeout", json!(30.0)),
        ("seed", json!(null)),
        ("url", json!(null)),
    ];
    for (name, value) in wanted {
        assert_eq!(given.typed[name], value, "{name}");
    }
    assert!(!given.typed.contains_key("sla_params"), "flags that do nothing are not stored");
}
