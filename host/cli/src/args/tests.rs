//! A row for every flag of `perf`, what it reads, and what holds for the table as a whole.

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
    ("--model Qwen/Qwen3-8B", |a| a.target.model.as_deref() == Some("Qwen/Qwen3-8B")),
    ("--api mine", |a| a.target.api == "mine"),
    ("--url http://h:1/v1", |a| a.target.url.as_deref() == Some("http://h:1/v1")),
    ("--api-args '{\"a\": 1}'", |a| a.target.api_args.as_deref() == Some("{\"a\": 1}")),
    ("--headers a=b 'c=d e'", |a| texts(&a.target.headers, &["a=b", "c=d e"])),
    ("--api-key sk-1", |a| a.target.api_key.as_deref() == Some("sk-1")),
    ("--connect-timeout 5", |a| a.target.connect_timeout == 5.0.into()),
    ("--read-timeout 0.5", |a| a.target.read_timeout == 0.5.into()),
    ("--total-timeout 1e3", |a| a.target.total_timeout == 1000.0.into()),
    ("--no-test-connection", |a| a.target.no_test_connection),
    ("--wait-for-server 60", |a| a.target.wait_for_server == Some(60.0.into())),
    ("--insecure", |a| a.target.insecure),
    ("--ca-cert ca.pem", |a| a.target.ca_cert.as_deref() == Some(Path::new("ca.pem"))),
    ("--http2", |a| a.target.http2),
    ("--unix-socket s.sock", |a| a.target.unix_socket.as_deref() == Some(Path::new("s.sock"))),
    ("--simulate", |a| a.target.simulate),
    ("--parallel 1 10 50", |a| a.load.parallel == Some(vec![1.into(), 10.into(), 50.into()])),
    ("--number 10 1_000", |a| a.load.number == Some(vec![10.into(), 1000.into()])),
    ("--rate 1 2.5 -1", |a| a.load.rate == Some(vec![1.0.into(), 2.5.into(), (-1.0).into()])),
    ("--open-loop", |a| a.load.open_loop),
    ("--arrival gamma", |a| a.load.arrival.as_deref() == Some("gamma")),
    ("--burstiness .5", |a| a.load.burstiness == Some(0.5.into())),
    ("--max-in-flight 64", |a| a.load.max_in_flight == Some(64.into())),
    ("--duration 30", |a| a.load.duration == Some(30.0.into())),
    ("--warmup-num 0.1", |a| a.load.warmup_num == 0.1.into()),
    ("--ramp-up 3", |a| a.load.ramp_up == 3.0.into()),
    ("--sleep-interval 0", |a| a.load.sleep_interval == Some(0.0.into())),
    ("--retries 2", |a| a.load.retries == 2.into()),
    ("--goodput ttft:500 tpot:50", |a| texts(&a.load.goodput, &["ttft:500", "tpot:50"])),
    ("--min-prompt-length 8", |a| a.prompt.min_prompt_length == 8.into()),
    ("--max-prompt-length 1024", |a| a.prompt.max_prompt_length == Some(1024.into())),
    ("--prefix-length 16", |a| a.prompt.prefix_length == 16.into()),
    ("--prefix-count 4", |a| a.prompt.prefix_count == 4.into()),
    ("--prompt 'say hi'", |a| a.prompt.prompt.as_deref() == Some("say hi")),
    ("--query-template @body.json", |a| a.prompt.query_template.as_deref() == Some("@body.json")),
    ("--apply-chat-template", |a| a.prompt.apply_chat_template),
    ("--apply-chat-template --no-apply-chat-template", |a| {
        a.prompt.no_apply_chat_template && !a.prompt.apply_chat_template
    }),
    ("--no-apply-chat-template", |a| a.prompt.no_apply_chat_template),
    ("--tokenize-prompt", |a| a.prompt.tokenize_prompt),
    ("--image-width 640", |a| a.prompt.image_width == 640.into()),
    ("--image-height 480", |a| a.prompt.image_height == 480.into()),
    ("--image-format jpeg", |a| a.prompt.image_format == "jpeg"),
    ("--image-num 2", |a| a.prompt.image_num == 2.into()),
    ("--dataset line_by_line", |a| a.dataset.dataset == "line_by_line"),
    ("--dataset-path p.txt", |a| a.dataset.dataset_path.as_deref() == Some(Path::new("p.txt"))),
    ("--data-source local", |a| a.dataset.data_source == "local"),
    ("--dataset-offset 7", |a| a.dataset.dataset_offset == 7.into()),
    ("--dataset-args '{}'", |a| a.dataset.dataset_args.as_deref() == Some("{}")),
    ("--tokenizer-path Qwen/Q", |a| a.dataset.tokenizer_path.as_deref() == Some("Qwen/Q")),
    ("--max-tokens 64 128", |a| a.generation.max_tokens == Some(vec![64.into(), 128.into()])),
    ("--min-tokens 64", |a| a.generation.min_tokens == Some(64.into())),
    ("--temperature 0.7", |a| a.generation.temperature == Some(0.7.into())),
    ("--top-p 0.9", |a| a.generation.top_p == Some(0.9.into())),
    ("--top-k -1", |a| a.generation.top_k == Some((-1).into())),
    ("--frequency-penalty -0.5", |a| a.generation.frequency_penalty == Some((-0.5).into())),
    ("--repetition-penalty 1.1", |a| a.generation.repetition_penalty == Some(1.1.into())),
    ("--logprobs", |a| a.generation.logprobs),
    ("--n-choices 2", |a| a.generation.n_choices == Some(2.into())),
    ("--seed 42", |a| a.generation.seed == Some(42.into())),
    ("--stop END '\n\n'", |a| texts(&a.generation.stop, &["END", "\n\n"])),
    ("--stop=---", |a| texts(&a.generation.stop, &["---"])),
    ("--stop-token-ids 1 2", |a| a.generation.stop_token_ids == Some(vec![1.into(), 2.into()])),
    ("--stream", |a| a.generation.stream),
    ("--stream --no-stream", |a| a.generation.no_stream && !a.generation.stream),
    ("--no-stream --stream", |a| a.generation.stream && !a.generation.no_stream),
    ("--no-stream", |a| a.generation.no_stream),
    ("--extra-args '{\"ignore_eos\": true}'", |a| {
        a.generation.extra_args.as_deref() == Some("{\"ignore_eos\": true}")
    }),
    ("--run-dir a", |a| a.output.run_dir.as_deref() == Some(Path::new("a"))),
    ("--fail-if x>1 --fail-if not-valid", |a| a.output.fail_if == ["x>1", "not-valid"]),
    ("--json", |a| a.output.json),
    ("--outputs-dir out", |a| a.output.outputs_dir == Path::new("out")),
    ("--no-timestamp", |a| a.output.no_timestamp),
    ("--name mine", |a| a.output.name.as_deref() == Some("mine")),
    ("--alias Mine", |a| a.output.alias.as_deref() == Some("Mine")),
    ("--run-dir d", |a| a.output.run_dir.as_deref() == Some(Path::new("d"))),
    ("--fail-if not-valid --fail-if 'failed>1%'", |a| {
        a.output.fail_if == ["not-valid", "failed>1%"]
    }),
    ("--json", |a| a.output.json),
    ("--debug", |a| a.output.debug),
    ("--plugin a.wasm --plugin b", |a| a.plugins.plugin == [Path::new("a.wasm"), Path::new("b")]),
    ("--plugin-timeout 10", |a| a.plugins.plugin_timeout == 10.0.into()),
    ("--plugin-memory 512", |a| a.plugins.plugin_memory == Some(512.into())),
    ("--on-plugin-failure fail-run", |a| a.plugins.on_plugin_failure == "fail-run"),
    ("--cache-dir c", |a| a.plugins.cache_dir.as_deref() == Some(Path::new("c"))),
    ("--config plan.toml", |a| a.engine.config.as_deref() == Some(Path::new("plan.toml"))),
    ("--threads 2", |a| a.engine.threads == Some(2.into())),
    ("--timestamps user", |a| a.engine.timestamps == "user"),
    ("--max-reply-size 8", |a| a.engine.max_reply_size == 8.into()),
    ("--max-reply-frames 9", |a| a.engine.max_reply_frames == 9.into()),
    ("--max-reply-memory 64", |a| a.engine.max_reply_memory == Some(64.into())),
];

#[test]
fn every_row_reads_what_it_says() {
    let nothing = perf("");
    for (line, holds) in ROWS {
        assert!(holds(&perf(line)), "{line}");
        // Two rows state a default; every other one must tell given from left out.
        let default = line.starts_with("--data-source");
        assert!(default || !holds(&nothing), "{line} holds without the flag too");
    }
}

#[test]
fn every_flag_has_a_row() {
    let rows: BTreeSet<&str> = ROWS
        .iter()
        .map(|(line, _)| line.split([' ', '=']).next().expect("split yields one").trim_matches('-'))
        .collect();
    let flags = perf_command();
    let flags: BTreeSet<&str> = flags
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .filter_map(clap::Arg::get_long)
        .filter(|flag| *flag != "help")
        .collect();
    assert_eq!(rows, flags);
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
