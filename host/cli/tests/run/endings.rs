//! Every way in which a run ends other than well: its exit code, and what is kept.

use super::{
    PATIENCE, Place, code, ends, paced, server, signal, start, stderr, stdout, wait_for_line,
};
use loadwright_sim::{Config, Fault, Model, Script, Server};
use std::process::Command;

fn faulty(fault: Fault) -> Server {
    let script = Script::always([fault]);
    Server::start(Config { model: Model::Unpaced, script, ..Config::default() }).expect("it starts")
}

fn status(code: u16) -> Fault {
    Fault::Status { code, retry_after: None, body: Some("the reason is secret sauce".into()) }
}

#[test]
fn nothing_measured_when_every_request_failed() {
    let place = Place::new();
    let server = faulty(status(500));
    let output = ends(place.against(&server, "-n 5 --no-test-connection"), 1);
    let summary = place.summary("parallel_1_number_5");
    assert_eq!(
        (summary["Failed Requests"].as_u64(), summary["Success Requests"].as_u64()),
        (Some(5), Some(0))
    );
    assert!(summary["Avg Latency (s)"].is_null());
    assert!(stdout(&output).contains("http_500"), "{}", stdout(&output));
    let log = place.text("benchmark.log");
    assert!(log.contains("parallel_1_number_5: 5 x http_500: "), "{log}");
    assert!(log.contains("the reason is secret sauce"), "{log}");
}

#[test]
fn the_connection_test_says_what_failed() {
    let place = Place::new();
    let server = faulty(status(404));
    let output = ends(place.against(&server, "-n 5"), 1);
    let said = stderr(&output);
    assert!(said.contains("the connection test of"), "{said}");
    assert!(said.contains("http_404") && said.contains("secret sauce"), "{said}");
    assert!(said.contains("check --url") && said.contains("--no-test-connection"), "{said}");
    assert_eq!(server.counts().received, 1, "nothing else was sent");
    assert!(!place.run().exists(), "nothing was measured");
    let output = ends(place.against(&faulty(status(401)), "-n 5"), 1);
    assert!(stderr(&output).contains("; check --api-key"), "{}", stderr(&output));
}

#[test]
fn a_simulated_server_says_which_port_is_in_use() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let said = stderr(&ends(place.loadwright(&format!("simulate --port {port}")), 1));
    assert!(said.contains("in use") && said.contains("; give another --port, or 0"), "{said}");
}

#[test]
fn an_empty_key_is_none() {
    let place = Place::new();
    let server = server(Model::Unpaced);
    let mut run = place.against(&server, "-n 1 --max-tokens 1");
    run.env("LOADWRIGHT_API_KEY", "");
    ends(run, 0);
    assert!(place.json("parallel_1_number_1", "benchmark_args.json")["api_key"].is_null());
}

#[test]
fn usage_plugin_and_output_errors() {
    let place = Place::new();
    let output = ends(place.perf("--number 0 --rate x"), 2);
    assert!(stderr(&output).contains("4 settings cannot be used:"), "{}", stderr(&output));
    ends(place.loadwright("perf --no-such-flag"), 2);
    ends(place.loadwright("report ."), 2);
    std::fs::write(place.path().join("bad.wasm"), "<html>").expect("writable");
    let output = ends(place.loadwright("plugin list --plugin bad.wasm"), 3);
    assert!(stderr(&output).contains("bad.wasm"), "{}", stderr(&output));
    let output = ends(place.perf("--simulate --plugin bad.wasm --api mine"), 2);
    assert!(stderr(&output).contains("bad.wasm: is a web page"), "{}", stderr(&output));
    let output = ends(place.perf("--simulate --outputs-dir bad.wasm"), 4);
    assert!(stderr(&output).contains("--outputs-dir"), "{}", stderr(&output));
}

#[test]
fn ctrl_c_once_lets_requests_end() {
    let place = Place::new();
    let server = server(paced(100, 20));
    let line = "--parallel 4 -n 1000 --max-tokens 10 --no-test-connection --sleep-interval 0";
    let child = start(place.against(&server, line));
    server.wait_for_ended(8, PATIENCE).expect("requests end");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert!(stderr(&output).contains("press Ctrl-C again"), "{}", stderr(&output));
    let summary = place.summary("parallel_4_number_1000");
    assert_eq!(summary["Total Requests"].as_u64(), Some(server.counts().received));
    assert_eq!(summary["Failed Requests"], 0);
    assert!(stdout(&output).to_lowercase().contains("interrupted"), "{}", stdout(&output));
    assert!(place.text("performance_summary.txt").contains("Benchmarking summary:"));
}

#[test]
fn ctrl_c_twice_ends_at_once() {
    let place = Place::new();
    let server = server(paced(600_000, 0));
    let mut child = start(place.against(&server, "--parallel 3 -n 9 --no-test-connection"));
    server.wait_for_requests(3, PATIENCE).expect("requests arrive");
    signal(&child, "INT");
    wait_for_line(&mut child, "waiting for 3 requests in flight");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130);
    // On a busy machine there may be no time left for the files.
    place.loadwright("report run").output().expect("it runs");
    let summary = place.summary("parallel_3_number_9");
    assert_eq!(summary["Total Requests"], 0, "cancelled requests are not counted");
    assert_eq!(server.counts().received, 3);
}

#[test]
fn the_pause_between_points_can_be_interrupted() {
    let place = Place::new();
    let server = server(Model::Unpaced);
    let line = "--parallel 1 2 -n 2 --max-tokens 1 --sleep-interval 600 --debug";
    let mut child = start(place.against(&server, line));
    wait_for_line(&mut child, "pausing for 600 s");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130);
    assert!(place.run().join("parallel_1_number_2").exists());
    assert!(!place.run().join("parallel_2_number_2").exists());
    let missing = "1 of 2; not run: parallel_2_number_2";
    assert!(stdout(&output).contains(missing), "{}", stdout(&output));
}

#[test]
fn after_a_kill_the_report_can_be_made() {
    let place = Place::new();
    let server = server(paced(5, 0));
    let line = "--parallel 4 -n 100000 --max-tokens 1 --no-test-connection";
    let mut child = start(place.against(&server, line));
    // Records are committed at least once a second, and this takes longer.
    server.wait_for_ended(2000, PATIENCE).expect("requests end");
    signal(&child, "KILL");
    assert_eq!(child.wait().expect("it ends").code(), None);
    assert!(!place.run().join("performance_summary.txt").exists());
    let output = ends(place.loadwright("report run"), 0);
    let kept = place.summary("parallel_4_number_100000")["Success Requests"].as_u64();
    let sent = server.counts().received;
    assert!(kept.is_some_and(|kept| kept > 0 && kept <= sent), "{kept:?} of {sent}");
    assert!(stdout(&output).to_lowercase().contains("interrupted"), "{}", stdout(&output));
}

#[test]
fn a_full_disk_stops_the_run_and_what_was_recorded_is_shown() {
    let place = Place::new();
    ends(place.perf("--simulate -n 1 --max-tokens 1 --name warm"), 0);
    let server = server(Model::Unpaced);
    let run = place.against(&server, "--parallel 4 -n 100000 --max-tokens 1 --no-test-connection");
    // No file may grow beyond 400 blocks: what a full disk does, on one that is not.
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"")
        .arg(run.get_program())
        .args(run.get_args())
        .envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(place.path());
    let output = ends(shell, 4);
    assert!(stdout(&output).contains("Benchmarking summary:"), "{}", stdout(&output));
    assert!(stderr(&output).contains("records"), "{}", stderr(&output));
    let sent = server.counts().received;
    assert!(sent < 100_000, "dispatch went on");
}

#[test]
fn a_server_that_goes_away_ends_the_sweep() {
    let place = Place::new();
    let mut server = server(paced(5, 0));
    let line = "--parallel 2 3 -n 100000 --max-tokens 1 --no-test-connection";
    let child = start(place.against(&server, line));
    server.wait_for_ended(20, PATIENCE).expect("requests end");
    server.stop();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 0, "something was measured: {}", stderr(&output));
    assert!(stderr(&output).contains("the server has become unreachable"));
    let summary = place.summary("parallel_2_number_100000");
    assert!(summary["Success Requests"].as_u64() >= Some(20));
    assert!(stdout(&output).contains("refused"), "{}", stdout(&output));
    assert!(!place.run().join("parallel_3_number_100000").exists());
    let missing = "1 of 2; not run: parallel_3_number_100000";
    assert!(stdout(&output).contains(missing), "{}", stdout(&output));
    let before = place.text("performance_summary.txt");
    assert!(before.contains(missing), "{before}");
    let again = ends(place.loadwright("report run"), 0);
    assert!(stdout(&again).contains(missing), "{}", stdout(&again));
    assert_eq!(place.text("performance_summary.txt"), before);
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let place = Place::new();
    let mut child =
        start(place.perf("--simulate --parallel 1 2 -n 2 --max-tokens 2 --sleep-interval 0"));
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    let mut child = start(place.loadwright("perf --help"));
    drop(child.stdout.take());
    assert_eq!(code(&child.wait_with_output().expect("it ends")), 0);
}

#[test]
fn a_full_disk_behind_standard_output_is_an_output_error() {
    let place = Place::new();
    let report = "perf --outputs-dir . --no-timestamp --name run --prompt x --simulate -n 1";
    for line in [report, "report run", "plugin list", "perf --help"] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("it is there");
        let mut run = place.loadwright(line);
        run.stdout(full);
        let output = ends(run, 4);
        let said = stderr(&output);
        assert!(said.contains("cannot write to standard output: No space left"), "{said}");
    }
}
