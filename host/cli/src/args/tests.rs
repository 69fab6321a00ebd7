//! How each flag of `perf` is parsed: a row for those that take lists or negate each other, one rule
//! for all others.

use super::values::{Decimal, InvalidNumber, Whole};
use super::{Cli, Command, PerfArgs, perf_command, unsupported};
use clap::{CommandFactory, Parser};
use std::collections::BTreeSet;
use std::path::Path;

type Row = (&'static str, fn(&PerfArgs) -> bool);

fn perf(line: &str) -> PerfArgs {
    let words = shlex::split(line).expect("the row is well quoted");
    let cli = Cli::try_parse_from(["loadwright".into(), "perf".into()].into_iter().chain(words));
    match cli.unwrap_or_else(|error| panic!("{line}: {error}")).command {
        Command::Perf(args) => *args,
        other => panic!("{line}: {other:?}"),
    }
}

fn texts(list: &Option<Vec<String>>, wanted: &[&str]) -> bool {
    list.as_deref().is_some_and(|list| list == wanted)
}

const ROWS: &[Row] = &[
    ("--headers a=b 'c=d e'", |a| texts(&a.target.headers, &["a=b", "c=d e"])),
    ("--parallel 1 10 50", |a| a.load.parallel == Some(vec![1.into(), 10.into(), 50.into()])),
    ("--number 10 1_000", |a| a.load.number == Some(vec![10.into(), 1000.into()])),
    ("--rate 1 2.5 -1", |a| a.load.rate == Some(vec![1.0.into(), 2.5.into(), (-1.0).into()])),
    ("--goodput ttft:500 tpot:50", |a| texts(&a.load.goodput, &["ttft:500", "tpot:50"])),
    ("--apply-chat-template --no-apply-chat-template", |a| {
        a.prompt.no_apply_chat_template && !a.prompt.apply_chat_template
    }),
    ("--max-tokens 64 128", |a| a.generation.max_tokens == Some(vec![64.into(), 128.into()])),
    ("--stop END '\n\n'", |a| texts(&a.generation.stop, &["END", "\n\n"])),
    ("--stop=---", |a| texts(&a.generation.stop, &["---"])),
    ("--stop-token-ids 1 2", |a| a.generation.stop_token_ids == Some(vec![1.into(), 2.into()])),
    ("--stream --no-stream", |a| a.generation.no_stream && !a.generation.stream),
    ("--no-stream --stream", |a| a.generation.stream && !a.generation.no_stream),
    ("--exporter a --visualizer b", |a| a.exporters.exporter == ["a", "b"]),
    ("--exporter-option a.b=c --exporter-option a.d=e", |a| {
        a.exporters.exporter_option == ["a.b=c", "a.d=e"]
    }),
    ("--allow a:stop --allow a:http=h", |a| a.exporters.allow == ["a:stop", "a:http=h"]),
    ("--fail-if x>1 --fail-if not-valid", |a| a.output.fail_if == ["x>1", "not-valid"]),
    ("--fail-if not-valid --fail-if 'failed>1%'", |a| {
        a.output.fail_if == ["not-valid", "failed>1%"]
    }),
    ("--plugin a.wasm --plugin b", |a| a.plugins.plugin == [Path::new("a.wasm"), Path::new("b")]),
];

fn flags() -> Vec<clap::Arg> {
    let shown = |arg: &&clap::Arg| !arg.is_hide_set() && arg.get_id() != "help";
    perf_command().get_arguments().filter(shown).cloned().collect()
}

/// Whether a flag may have several values, in one place or by repeating it.
fn is_list(flag: &clap::Arg) -> bool {
    let values = flag.get_num_args().map_or(0, |range| range.max_values());
    values > 1 || matches!(flag.get_action(), clap::ArgAction::Append)
}

#[test]
fn every_row_reads_what_it_says() {
    let nothing = perf("");
    for (line, holds) in ROWS {
        assert!(holds(&perf(line)), "{line}");
        assert!(!holds(&nothing), "{line} holds without the flag too");
    }
}

#[test]
fn every_list_has_a_row() {
    let rows: BTreeSet<&str> = ROWS
        .iter()
        .map(|(line, _)| line.split([' ', '=']).next().expect("split yields one").trim_matches('-'))
        .collect();
    for flag in flags().iter().filter(|flag| is_list(flag)) {
        assert!(flag.get_long().is_some_and(|name| rows.contains(name)), "{}", flag.get_id());
    }
}

#[test]
fn every_other_flag_is_a_switch_or_takes_one_value_the_last_of_which_counts() {
    for flag in flags().iter().filter(|flag| !is_list(flag)) {
        let id = flag.get_id().as_str();
        let long = format!("--{}", flag.get_long().expect("every flag is long"));
        let read = |line: &[&str]| {
            let line = ["perf"].iter().chain(line);
            perf_command().try_get_matches_from(line).unwrap_or_else(|error| panic!("{error}"))
        };
        if flag.get_action().takes_values() {
            let matches = read(&[&long, "6", &long, "7"]);
            let values: Vec<_> = matches.get_raw(id).into_iter().flatten().collect();
            assert_eq!(values, ["7"], "{long}");
        } else {
            assert!(read(&[&long]).get_flag(id) && !read(&[]).get_flag(id), "{long}");
        }
    }
}

#[test]
fn every_flag_has_help_and_a_heading() {
    for arg in perf_command().get_arguments().filter(|arg| !arg.is_hide_set()) {
        let name = arg.get_id();
        assert!(arg.get_help().is_some(), "{name} has no help");
        let standard = ["help", "version"].contains(&name.as_str());
        assert!(standard || arg.get_help_heading().is_some(), "{name} has no heading");
        let takes = arg.get_action().takes_values();
        assert!(!takes || arg.get_value_names().is_some(), "{name} does not name its value");
    }
}

#[test]
fn clap_finds_no_fault_in_the_definitions() {
    Cli::command().debug_assert();
}

#[test]
fn short_form_of_number() {
    assert_eq!(perf("-n 10 20").load.number, Some(vec![10.into(), 20.into()]));
}

#[test]
fn the_last_of_a_repeated_flag_counts() {
    let args = perf("--parallel 1 2 --seed 1 --parallel 3 --seed 2");
    assert_eq!(args.load.parallel, Some(vec![3.into()]));
    assert_eq!(args.generation.seed, Some(2.into()));
}

#[test]
fn known_flags_are_caught_with_whatever_follows() {
    for known in unsupported::KNOWN {
        let args = perf(&format!("--{} 1 two --model m", known.name));
        assert_eq!(args.unsupported.given, [known]);
        assert_eq!(args.target.model.as_deref(), Some("m"));
    }
    assert!(perf("").unsupported.given.is_empty());
}

/// The texts that Python 3.11's `int()` and `float()` take and refuse.
#[test]
fn numbers_are_read_as_python_reads_them() {
    let whole = |text: &str| text.parse::<Whole>().expect("parsing never fails").0;
    let good = [("10", 10), (" 7 ", 7), ("+5", 5), ("-3", -3), ("1_000", 1000), ("007", 7)];
    for (text, value) in good {
        assert_eq!(whole(text), Ok(value), "{text:?}");
    }
    for text in ["", "1e3", "1.0", "_1", "1_", "1__0", "0x10", "ten", "- 1"] {
        let invalid = InvalidNumber { text: text.into(), wanted: "a whole number" };
        assert_eq!(whole(text), Err(invalid), "{text:?}");
    }
    let decimal = |text: &str| text.parse::<Decimal>().expect("parsing never fails").0;
    let good = [("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), (" -2.5 ", -2.5), ("1_0.0_1", 10.01)];
    for (text, value) in good {
        assert_eq!(decimal(text), Ok(value), "{text:?}");
    }
    // Python takes the last three; no setting can use them.
    for text in ["", "1._5", "1_", "abc", "inf", "-Infinity", "nan"] {
        let invalid = InvalidNumber { text: text.into(), wanted: "a number" };
        assert_eq!(decimal(text), Err(invalid), "{text:?}");
    }
}

#[test]
fn every_number_may_be_negative_and_is_then_refused_as_a_number() {
    for arg in perf_command().get_arguments().filter(|arg| !arg.is_hide_set()) {
        let reads_numbers = super::values::as_json(arg.get_value_parser(), "-1").is_some();
        assert_eq!(arg.is_allow_negative_numbers_set(), reads_numbers, "{}", arg.get_id());
    }
}
