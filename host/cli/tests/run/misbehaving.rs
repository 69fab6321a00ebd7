//! Plugins that misbehave, over the built binary: a message that names plugin, call and cause, the
//! other requests measured, and nothing of it on the wire.

use super::{Place, code, ends, paced, server, signal, start, stderr, stdout};
use serde_json::Value;
use std::process::{Command, Output};
use std::time::Duration;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist");

/// Eight requests, of which the fixture spoils number 3.
fn by_api(place: &Place, how: &str, line: &str) -> Command {
    place.perf(&format!(
        "--simulate --plugin {FIXTURES}/misbehave_api.wasm --api misbehave_api --api-args \
         '{{\"how\": \"{how}\"}}' --parallel 2 -n 8 --max-tokens 2 --no-test-connection {line}"
    ))
}

fn by_dataset(place: &Place, how: &str, line: &str) -> Command {
    place.loadwright(&format!(
        "perf --outputs-dir . --no-timestamp --name run --simulate --plugin {FIXTURES}/misbehave_dataset.wasm --dataset misbehave_dataset \
         --dataset-args '{{\"how\": \"{how}\"}}' --parallel 2 -n 8 --max-tokens 2 \
         --no-test-connection {line}"
    ))
}

fn summary(place: &Place) -> Value {
    place.summary("parallel_2_number_8")
}

/// The sample of the only class of failures; all other requests succeeded.
fn failed(place: &Place, output: &Output) -> String {
    let summary = summary(place);
    assert_eq!(summary["Success Requests"], 7, "{}", stderr(output));
    let failures = summary["loadwright"]["failures"].as_array().expect("a list").clone();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0]["class"], "plugin", "{failures:?}");
    failures[0]["sample"].as_str().expect("a text").to_owned()
}

#[test]
fn an_api_spoils_its_request_alone() {
    let cases = [
        ("trap", "failed in format: it trapped: "),
        ("deep", "failed in format: it trapped: wasm trap: call stack exhausted"),
        ("hog", "failed in format: it needs more than 256 MiB of memory"),
        ("too-many", "failed in format: it returned 2 results for 1 items"),
        ("too-few", "failed in format: it returned 0 results for 1 items"),
        ("hostile", "failed in format: \u{1b}[2J"),
        ("crlf-method", "failed in format: `GE\\r\\nT` is not a method"),
        ("crlf-path", "failed in format: the path `/x\\r\\nevil: 1` holds a character"),
        ("crlf-header", "failed in format: the value of `x` cannot be sent"),
        ("header-host", "failed in format: `host` is for the user to choose"),
        ("header-content-length", "failed in format: `content-length` is set by loadwright"),
        ("header-transfer-encoding", "failed in format: `transfer-encoding` is set by loadwright"),
        ("transient", "failed in format: busy, try again"),
    ];
    for (how, said) in cases {
        let place = Place::new();
        let output = ends(by_api(&place, how, ""), 0);
        let sample = failed(&place, &output);
        let wanted = format!("plugin `misbehave_api` {said}");
        assert!(sample.starts_with(&wanted), "{how}: {sample}");
        assert!(!stdout(&output).contains('\u{1b}'), "{how}: {}", stdout(&output));
        assert!(!stderr(&output).contains('\u{1b}'), "{how}: {}", stderr(&output));
    }
}

#[test]
fn a_dataset_spoils_its_item_alone_and_is_blamed_itself() {
    let cases = [
        ("trap", "it trapped: "),
        ("deep", "it trapped: wasm trap: call stack exhausted"),
        ("hog", "it needs more than 256 MiB of memory"),
        ("fault", "item 3 cannot be read"),
        ("too-many", "it returned 2 results for 1 items"),
        ("crlf-header", "the value of `x` cannot be sent"),
        ("bad-header", "`a b` is not a header's name"),
        ("bad-media", "turn 0 names media 7, but has 0 of them"),
        ("bad-labels", ""),
        ("bad-extra", "`extra` of a turn is not a JSON object"),
        ("pause-nan", "the pause of turn 0 is NaN s; it must be from 0 to 315360000 s"),
        ("pause-infinite", "the pause of turn 0 is 1e300 s"),
        ("pause-long", "the pause of turn 0 is 1e18 s"),
    ];
    for (how, said) in cases {
        let place = Place::new();
        let output = ends(by_dataset(&place, how, ""), 0);
        let sample = failed(&place, &output);
        assert!(sample.starts_with("plugin `misbehave_dataset` failed in generate"), "{sample}");
        assert!(sample.contains(said), "{how}: {sample}");
    }
}

#[test]
fn what_is_worth_another_try_gets_one() {
    let place = Place::new();
    ends(by_api(&place, "transient-once", ""), 0);
    assert_eq!(summary(&place)["Success Requests"], 8);
}

#[test]
fn time_limits_end_a_guest_that_never_returns() {
    let place = Place::new();
    let output = ends(by_api(&place, "spin", "--plugin-timeout 0.5"), 0);
    assert!(failed(&place, &output).contains("it ran for more than 0.5 s; raise --plugin-timeout"));
    let place = Place::new();
    let output = ends(by_dataset(&place, "spin", "--plugin-timeout 0.5"), 0);
    assert!(failed(&place, &output).contains("it ran for more than 0.5 s; raise --plugin-timeout"));
}

#[test]
fn output_is_limited_by_its_flag() {
    let place = Place::new();
    let output = ends(by_dataset(&place, "long", "--plugin-output 32 --plugin-timeout 60"), 0);
    let said = "it gave more than 32 MiB in one call; raise --plugin-output or fix the plugin";
    assert!(failed(&place, &output).contains(said));
}

#[test]
fn a_text_too_long_for_the_tokenizer_is_a_fault() {
    let place = Place::new();
    let output = ends(by_dataset(&place, "count-long", "--plugin-timeout 60"), 0);
    let sample = failed(&place, &output);
    assert!(sample.contains("bytes; the tokenizer takes 4 MiB in one call"), "{sample}");
}

#[test]
fn a_plugin_that_traps_in_configure_ends_the_run_before_it_begins() {
    let place = Place::new();
    for command in [by_api(&place, "trap-configure", ""), by_dataset(&place, "trap-configure", "")]
    {
        let output = ends(command, 3);
        assert!(
            stderr(&output).contains("failed in configure: it trapped: "),
            "{}",
            stderr(&output)
        );
        assert!(!place.run().exists());
    }
}

#[test]
fn a_flood_of_log_lines_reaches_neither_terminal_nor_log() {
    let place = Place::new();
    let output = ends(by_dataset(&place, "flood", "--plugin-timeout 60 --debug"), 0);
    assert_eq!(summary(&place)["Success Requests"], 8);
    for (what, text) in [("terminal", stderr(&output)), ("log", place.text("benchmark.log"))] {
        assert!(text.len() < 500 << 10, "{what}: {} bytes", text.len());
        assert!(text.contains("the real error"), "{what}");
        assert!(text.contains("or 256 KiB of them, logged; further lines are not shown"), "{what}");
    }
}

/// What was recorded before a plugin died is in the results, also under `fail-run`.
#[test]
fn nothing_recorded_is_lost_when_a_plugin_dies() {
    let place = Place::new();
    let server = server(paced(1, 1));
    let line = format!(
        "--plugin {FIXTURES}/misbehave_api.wasm --api misbehave_api --api-args '{{\"how\": \
         \"trap\", \"n\": 200}}' --parallel 2 -n 400 --max-tokens 2 --no-test-connection \
         --on-plugin-failure fail-run"
    );
    let output = ends(place.against(&server, &line), 3);
    let said = stderr(&output);
    assert!(said.contains("a plugin failed with --on-plugin-failure fail-run"), "{said}");
    let sent = server.counts().received;
    assert!(sent >= 190, "{sent}");
    let report = place.loadwright("report run").output().expect("it runs");
    let said = stdout(&report);
    assert!(said.contains("plugin `misbehave_api` failed in format: it trapped"), "{said}");
    let summary = place.summary("parallel_2_number_400");
    assert_eq!(summary["Success Requests"].as_u64(), Some(sent));
}

/// A dataset that calls the host for ever, and may do so for an hour: its first item is made while the
/// run is opened.
#[test]
fn one_signal_ends_a_run_that_waits_for_a_plugin() {
    for item in [0, 3] {
        let place = Place::new();
        let child = start(place.loadwright(&format!(
            "perf --outputs-dir . --no-timestamp --name run --simulate --plugin {FIXTURES}/misbehave_dataset.wasm --dataset misbehave_dataset \
             --dataset-args '{{\"how\": \"count-loop\", \"n\": {item}}}' --parallel 1 -n 8 \
             --max-tokens 2 --no-test-connection --plugin-timeout 3600"
        )));
        wait_until_busy(child.id());
        signal(&child, "TERM");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(code(&output), 130, "{}", stderr(&output));
        assert_eq!(place.run().exists(), item > 0);
    }
}

/// Waits until the process has used a second of processor time: its plugins come from the cache in a
/// fraction of that, and then it loops.
fn wait_until_busy(id: u32) {
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
        let behind = stat.rsplit_once(')').expect("its name is in brackets").1;
        let fields: Vec<&str> = behind.split_whitespace().collect();
        assert_ne!(fields[0], "Z", "it ended by itself");
        if fields[11].parse::<u64>().expect("a number of ticks") >= 100 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
