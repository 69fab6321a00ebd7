//! What programs around a run rely on: conditions and their exit code, the JSON document, the folder.

use super::{PATIENCE, Place, code, ends, paced, server, signal, start, stderr, stdout};
use loadwright_sim::{Config, Fault, Model, Script, Server};
use serde_json::{Value, json};

/// Two requests, early ones, are answered 503.
fn failing_server() -> Server {
    let fault = Fault::Status { code: 503, retry_after: None, body: None };
    let script = Script::requests(2..=3, [fault]);
    Server::start(Config { model: Model::Unpaced, script, ..Config::default() }).expect("it starts")
}

const LINE: &str = "-n 8 --max-tokens 2 --no-test-connection";

fn document(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("standard output is one JSON document")
}

#[test]
fn a_condition_that_a_point_meets_is_exit_code_5() {
    // 2 of 8 requests fail: 25 %.
    for (flags, wanted) in [
        ("", 0),
        ("--fail-if 'failed>25%' --fail-if not-valid", 0),
        ("--fail-if not-valid --fail-if 'failed>1%'", 5),
        ("--fail-if 'failed > 1'", 5),
        ("--fail-if 'latency_p99>0ms'", 5),
        ("--fail-if 'goodput<75%' --goodput latency:60000", 0),
        ("--fail-if 'goodput<76%' --goodput latency:60000", 5),
    ] {
        let (place, server) = (Place::new(), failing_server());
        ends(place.against(&server, &format!("{LINE} {flags}")), wanted);
        let said = place.text("performance_summary.txt");
        assert_eq!(said.contains("Conditions met (--fail-if):"), flags.contains("--fail-if"));
    }
}

#[test]
fn every_point_is_checked_and_report_says_the_same() {
    let place = Place::new();
    let server = failing_server();
    let line = "--parallel 1 2 -n 8 3 --max-tokens 2 --no-test-connection --sleep-interval 0";
    let output = ends(place.against(&server, &format!("{line} --fail-if 'failed>1'")), 5);
    let lines = "Conditions met (--fail-if):\n  - parallel_1_number_8: failed>1 (measured 2)\n";
    assert!(stdout(&output).contains(lines), "{}", stdout(&output));
    assert!(!stdout(&output).contains("parallel_2_number_3: failed"), "{}", stdout(&output));
    let before = place.text("performance_summary.txt");
    assert!(before.contains(lines), "{before}");
    let again = ends(place.loadwright("report run"), 5);
    assert!(stdout(&again).contains(lines), "{}", stdout(&again));
    ends(place.loadwright("report run --fail-if 'failed>50%'"), 0);
    let other = ends(place.loadwright("report run --fail-if 'failed>=1' --json"), 5);
    let met = |point: usize| document(&other)["points"][point]["conditions_met"].clone();
    assert_eq!(met(0), json!([{"condition": "failed>=1", "measured": 2.0}]));
    assert_eq!(met(1), json!([]));
    assert_eq!(place.text("performance_summary.txt"), before, "the file is the run's own");
    let said = stderr(&ends(place.loadwright("report run --fail-if 'x>1' --fail-if valid"), 2));
    assert!(said.contains("unknown metric `x`") && said.contains("`valid` is not"), "{said}");
}

#[test]
fn a_condition_comes_behind_what_broke_the_run_and_before_nothing_measured() {
    let place = Place::new();
    let fault = Fault::Status { code: 500, retry_after: None, body: None };
    let script = Script::always([fault]);
    let config = Config { model: Model::Unpaced, script, ..Config::default() };
    let broken = Server::start(config).expect("it starts");
    ends(place.against(&broken, &format!("{LINE} --name a")), 1);
    ends(place.against(&broken, &format!("{LINE} --name b --fail-if 'ttft_p99>9s'")), 5);
    let slow = server(paced(100, 20));
    let line = "--parallel 2 -n 1000 --max-tokens 4 --no-test-connection --fail-if 'ttft_p99>0ms'";
    let child = start(place.against(&slow, line));
    slow.wait_for_ended(2, PATIENCE).expect("requests end");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert!(stdout(&output).contains("ttft_p99>0ms (measured"), "{}", stdout(&output));
}

#[test]
fn one_document_and_nothing_else_goes_to_standard_output() {
    let place = Place::new();
    let line = "--simulate --parallel 1 2 -n 3 --max-tokens 4 --sleep-interval 0";
    let output = ends(place.perf(&format!("{line} --json")), 0);
    let found = document(&output);
    assert_eq!(found["folder"], "./run");
    for (index, point) in ["parallel_1_number_3", "parallel_2_number_3"].iter().enumerate() {
        let of = &found["points"][index];
        assert_eq!(of["name"], *point);
        assert_eq!(of["summary"], place.summary(point));
        assert_eq!(of["percentiles"], place.json(point, "benchmark_percentile.json"));
    }
    assert!(stderr(&output).contains("Performance report"), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().last(), Some("./run"));
    let again = document(&ends(place.loadwright("report run --json"), 0));
    assert_eq!(again["points"], found["points"]);
}

#[test]
fn the_run_folder_can_be_given_and_is_the_last_line() {
    let place = Place::new();
    let run = |dir: &str| {
        let line = format!("perf --simulate -n 2 --parallel 1 --max-tokens 2 --run-dir {dir}");
        place.loadwright(&line)
    };
    let output = ends(run("a/b"), 0);
    assert_eq!(stderr(&output).lines().last(), Some("a/b"));
    assert!(place.path().join("a/b/records.db").is_file());
    assert!(place.path().join("a/b/parallel_1_number_2/benchmark_summary.json").is_file());
    assert!(!place.path().join("outputs").exists());
    let said = stderr(&ends(run("a/b"), 2));
    assert!(said.contains("--run-dir: a/b is not empty; give a new or an empty folder"), "{said}");
    std::fs::create_dir(place.path().join("empty")).expect("writable");
    ends(run("empty"), 0);
    // A run that cannot begin leaves what was there, and nothing more.
    std::fs::create_dir(place.path().join("other")).expect("writable");
    ends(run("other --api nope"), 2);
    ends(run("new --url http://127.0.0.1:9 --model m"), 2);
    assert!(place.path().join("other").is_dir() && !place.path().join("new").exists());
}
