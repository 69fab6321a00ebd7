//! A row for every flag of `simulate`: what the server is told.

use super::config;
use crate::args::{Cli, Command};
use clap::{CommandFactory, Parser};
use loadwright_sim::{Config, Fault, Model, Script};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

fn read(line: &str) -> Result<Config, String> {
    let words = shlex::split(line).expect("well quoted");
    let cli = Cli::parse_from(["loadwright".into(), "simulate".into()].into_iter().chain(words));
    let Command::Simulate(args) = cli.command else { panic!("{line}") };
    config(&args).map_err(|mistakes| mistakes.to_string())
}

fn batching(config: &Config) -> (u32, f64, u32, Duration, Duration, f64) {
    match config.model {
        Model::Batching {
            max_batch,
            prefill_tokens_per_s,
            prefill_chunk,
            decode_step_base,
            decode_step_per_sequence,
            noise,
        } => (
            max_batch,
            prefill_tokens_per_s,
            prefill_chunk,
            decode_step_base,
            decode_step_per_sequence,
            noise,
        ),
        ref other => panic!("{other:?}"),
    }
}

const PACED: Model =
    Model::Paced { ttft: Duration::from_millis(50), itl: Duration::from_millis(20), noise: 0.05 };

type Row = (&'static str, fn(&Config) -> bool);

const ROWS: &[Row] = &[
    ("--port 81", |c| c.listen.port() == 81),
    ("--host 0.0.0.0", |c| c.expose && c.listen.ip().is_unspecified()),
    ("--unix-socket s", |c| c.unix_socket.as_deref() == Some(Path::new("s"))),
    ("--tls", |c| c.tls),
    ("--http2", |c| c.http2),
    ("--model m", |c| c.model_name == "m"),
    ("--seed 4", |c| c.seed == 4),
    ("--faults '[{\"faults\": [\"reset\"]}]'", |c| c.script == Script::always([Fault::Reset])),
    ("--max-batch 7", |c| batching(c).0 == 7),
    ("--prefill-rate 1e3", |c| batching(c).1 == 1000.0),
    ("--prefill-chunk 64", |c| batching(c).2 == 64),
    ("--decode-step 2.5", |c| batching(c).3 == Duration::from_micros(2500)),
    ("--decode-step-per-sequence 1", |c| batching(c).4 == Duration::from_millis(1)),
    ("--noise 0", |c| batching(c).5 == 0.0),
    ("--ttft 50 --itl 20", |c| c.model == PACED),
    ("--itl 20 --ttft 50", |c| c.model == PACED),
    ("--unpaced", |c| c.model == Model::Unpaced),
    ("--default-max-tokens 9", |c| c.replies.default_max_tokens == 9),
    ("--output-length 3 5", |c| c.replies.output_length == Some((3, 5))),
    ("--output-length 4", |c| c.replies.output_length == Some((4, 4))),
    ("--tokens-per-frame 2", |c| c.replies.tokens_per_frame == 2),
    ("--reasoning-tokens 3", |c| c.replies.reasoning_tokens == 3),
    ("--tool-call", |c| c.replies.tool_call),
    ("--cache-hit-ratio 0.5", |c| c.replies.cache_hit_ratio == 0.5),
];

#[test]
fn every_row_reads_what_it_says() {
    let nothing = read("").expect("the defaults can be used");
    for (line, holds) in ROWS {
        assert!(holds(&read(line).expect(line)), "{line}");
        assert!(!holds(&nothing), "{line} holds without the flag too");
    }
}

#[test]
fn every_flag_has_a_row() {
    let rows = ROWS.iter().map(|(line, _)| line.split(' ').next().expect("one").trim_matches('-'));
    let mut cli = Cli::command();
    let command = cli.find_subcommand_mut("simulate").expect("it is there");
    let flags = command.get_arguments().filter_map(clap::Arg::get_long);
    // The tokenizer is opened beside the settings, and the end-to-end tests use it.
    let flags = flags.filter(|flag| !["help", "tokenizer-path"].contains(flag));
    assert_eq!(rows.collect::<BTreeSet<_>>(), flags.collect::<BTreeSet<_>>());
}

#[test]
fn the_defaults_are_the_models_own() {
    let config = read("").expect("the defaults can be used");
    assert_eq!(config.model, Model::default());
    assert_eq!(config.replies, loadwright_sim::Replies::default());
    assert!(!config.expose && config.listen.ip().is_loopback());
}

#[test]
fn every_mistake_is_told() {
    let line = "--port 70000 --host nowhere --seed -1 --max-batch 0 --noise -1 --ttft 5 --cache-hit-ratio 2 \
                --output-length 5 3 --faults '{}'";
    let said = read(line).expect_err("nothing of it can be used");
    for flag in [
        "port",
        "host",
        "seed",
        "max-batch",
        "noise",
        "ttft",
        "cache-hit-ratio",
        "output-length",
        "faults",
    ] {
        assert!(said.contains(&format!("\n  --{flag}: ")), "{flag}: {said}");
    }
    assert!(said.starts_with("9 settings cannot be used:"), "{said}");
}
