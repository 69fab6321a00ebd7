//! The other commands, and loads that the files do not show.

use super::{PATIENCE, Place, ends, server, signal, start, stderr, stdout};
use loadwright_sim::{Config, Model, Server};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Child;

#[test]
fn simulate_serves_until_it_is_stopped() {
    let place = Place::new();
    let mut child = start(place.loadwright("simulate --port 0 --unpaced"));
    let url = url(&mut child);
    ends(place.perf(&format!("--model m --url {url} -n 3 --max-tokens 5")), 0);
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(place.summary("parallel_1_number_3")["Avg Output Tokens"], 5.0);
}

/// The lines of `simulate`'s standard error, once it has been told to stop.
fn stopped(child: Child) -> Vec<String> {
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stderr(&output).lines().map(str::to_owned).collect()
}

/// The URL that a `simulate` prints.
fn url(child: &mut Child) -> String {
    let mut url = String::new();
    let mut pipe = BufReader::new(child.stdout.as_mut().expect("it is piped"));
    pipe.read_line(&mut url).expect("a line");
    url.trim().to_owned()
}

#[test]
fn simulate_says_at_its_end_how_late_it_was() {
    let place = Place::new();
    let mut child = start(place.loadwright("simulate --port 0 --ttft 3 --itl 1 --noise 0"));
    let line = format!("--model m --url {} -n 3 --max-tokens 5", url(&mut child));
    ends(place.perf(&format!("{line} --no-test-connection")), 0);
    let said = stopped(child);
    let behind =
        said.iter().find(|line| line.starts_with("frames behind the configured pace: p50 "));
    assert!(behind.is_some_and(|line| line.ends_with("; 15 frames")), "{said:?}");
    // One that keeps no pace is not behind it.
    let mut child = start(place.loadwright("simulate --port 0 --unpaced"));
    ends(place.perf(&format!("--model m --url {} -n 3 --max-tokens 5", url(&mut child))), 0);
    let said = stopped(child);
    assert!(!said.iter().any(|line| line.contains("behind the pace")), "{said:?}");
}

#[test]
fn simulate_warns_while_it_is_late() {
    let place = Place::new();
    // All frames are due when the request comes: no machine writes 20,000 in 5 ms.
    let mut child = start(place.loadwright("simulate --port 0 --ttft 0 --itl 0"));
    let url = url(&mut child);
    ends(place.perf(&format!("--model m --url {url} -n 1 --max-tokens 20000")), 0);
    super::wait_for_line(&mut child, "frames are sent late: one in a hundred by more than");
    let said = stopped(child);
    assert!(!said.iter().any(|line| line.contains("sent late")), "once: {said:?}");
}

#[test]
fn simulate_replaces_only_a_stale_socket() {
    let place = Place::new();
    let path = place.path().join("s");
    let refused = |wanted: &str| {
        let said = stderr(&ends(place.loadwright("simulate --unix-socket s"), 2));
        assert!(said.contains("--unix-socket: ") && said.contains(wanted), "{said}");
    };
    std::fs::write(&path, "precious").expect("writable");
    refused("s exists and is not a socket; give another path");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "precious");
    std::fs::remove_file(&path).expect("it was there");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    refused("a server is already listening on s; stop it, or give another path");
    drop(listener);
    // A process that another test is just starting holds a copy of it until it runs its program.
    while std::os::unix::net::UnixStream::connect(&path).is_ok() {
        std::thread::yield_now();
    }
    assert!(path.exists(), "a socket outlives its listener");
    let mut child = start(place.loadwright("simulate --unix-socket s --unpaced"));
    let line = format!("--model m --unix-socket s --url {}/v1/completions", url(&mut child));
    ends(place.perf(&format!("{line} -n 1 --max-tokens 1")), 0);
    stopped(child);
    assert!(!path.exists(), "its socket goes with it");
    let long = format!("simulate --unix-socket {}", "s".repeat(200));
    let said = stderr(&ends(place.loadwright(&long), 2));
    assert!(said.contains("is too long for a socket path; give a shorter one"), "{said}");
}

#[test]
fn plugin_list_shows_what_is_bundled() {
    let place = Place::new();
    let listed = stdout(&ends(place.loadwright("plugin list"), 0));
    let digests = include_str!("../../../../plugins/dist/digests.json");
    let digests: Value = serde_json::from_str(digests).expect("it is JSON");
    let lines: Vec<&str> = listed.lines().collect();
    let openai = lines.iter().position(|line| line.starts_with("api openai "));
    let at = openai.unwrap_or_else(|| panic!("{listed}"));
    assert!(lines[at].ends_with("(bundled)"), "{listed}");
    let digest = lines[at + 2].trim().strip_prefix("sha256 ").expect("a digest");
    assert!(digests.to_string().contains(digest), "{digest} is not in plugins/dist/digests.json");
    assert!(lines.iter().any(|line| line.starts_with("dataset prompt ")), "{listed}");
}

#[test]
fn a_given_plugin_takes_the_place_of_a_bundled_one() {
    let place = Place::new();
    let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/dist/prompt.wasm");
    std::fs::copy(dist, place.path().join("mine.wasm")).expect("it can be copied");
    let output = ends(place.perf("--simulate -n 1 --max-tokens 1 --plugin mine.wasm"), 0);
    let wanted = "the dataset prompt of mine.wasm replaces the bundled one";
    assert!(stderr(&output).contains(wanted), "{}", stderr(&output));
    let listed = stdout(&ends(place.loadwright("plugin list --plugin mine.wasm"), 0));
    assert!(listed.contains("(mine.wasm)") && listed.contains("(bundled, shadowed)"), "{listed}");
}

#[test]
fn an_open_loop_for_a_time() {
    let place = Place::new();
    let server = server(Model::Unpaced);
    let line = "--open-loop --rate 100 --arrival constant --duration 0.5 --max-tokens 1";
    ends(place.against(&server, line), 0);
    let summary = place.summary("rate_100_duration_0.5s");
    // One every 10 ms from 0 on, none after half a second, fewer where this machine is late.
    let total = summary["Total Requests"].as_u64();
    assert!(total.is_some_and(|total| (1..=51).contains(&total)), "{summary}");
    assert_eq!(summary["Concurrency"], -1);
    assert_eq!(summary["Request Rate (req/s)"], 100.0);
}

#[test]
fn settings_reach_the_server_from_file_environment_and_flags() {
    let place = Place::new();
    let config = Config { model: Model::Unpaced, keep_bodies: true, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let toml = "max-tokens = 3\ntop-p = 0.5\nnumber = 9\n[extra-args]\nignore_eos = true\n";
    std::fs::write(place.path().join("plan.toml"), toml).expect("writable");
    let mut run = place.against(&server, "--config plan.toml -n 1 --no-test-connection --seed 5");
    run.env("LOADWRIGHT_TOP_P", "0.25");
    ends(run, 0);
    server.wait_for_ended(1, PATIENCE).expect("it ends");
    let served = server.truth();
    let body: Value =
        serde_json::from_slice(served[0].body.as_deref().expect("kept")).expect("it is JSON");
    let wanted = [
        ("max_tokens", Value::from(3)),
        ("top_p", Value::from(0.25)),
        ("seed", Value::from(5)),
        ("ignore_eos", Value::from(true)),
        ("model", Value::from("m")),
        ("stream", Value::from(true)),
    ];
    for (name, value) in wanted {
        assert_eq!(body[name], value, "{name} in {body}");
    }
}

#[test]
fn random_prompts_have_the_asked_length_as_the_server_counts_it() {
    let place = Place::new();
    let lengths = "--min-prompt-length 64 --max-prompt-length 64";
    let line = "perf --simulate --outputs-dir . --no-timestamp --name run -n 20 --max-tokens 1";
    ends(place.loadwright(&format!("{line} {lengths}")), 0);
    let summary = place.summary("parallel_1_number_20");
    assert_eq!(summary["Avg Input Tokens"], 64.0);
    let rows = place.json("parallel_1_number_20", "benchmark_percentile.json");
    let ends_of = |row: usize| rows[row]["Input tokens"].as_u64();
    assert_eq!((ends_of(0), ends_of(14)), (Some(64), Some(64)));
}

#[test]
fn lines_of_a_file_are_sent_in_order_and_on_from_point_to_point() {
    let place = Place::new();
    let config = Config { model: Model::Unpaced, keep_bodies: true, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let lines: String = (0..5).map(|line| format!("prompt {line}\n")).collect();
    std::fs::write(place.path().join("prompts.txt"), lines).expect("writable");
    let url = server.url();
    let line = format!(
        "perf --outputs-dir . --no-timestamp --name run --model m --url {url}/v1/completions \
         --dataset line_by_line --dataset-path prompts.txt --parallel 1 1 -n 2 --warmup-num 1 \
         --max-tokens 1 --no-test-connection --sleep-interval 0"
    );
    ends(place.loadwright(&line), 0);
    server.wait_for_ended(6, PATIENCE).expect("they end");
    let sent: Vec<String> = server
        .truth()
        .iter()
        .map(|served| {
            let body = served.body.as_deref().expect("kept");
            let body: Value = serde_json::from_slice(body).expect("it is JSON");
            body["prompt"].as_str().expect("text").to_owned()
        })
        .collect();
    // The sixth request begins the file again.
    let wanted = [0, 1, 2, 3, 4, 0].map(|line| format!("prompt {line}"));
    assert_eq!(sent, wanted);
}

#[test]
fn short_help_is_short_and_long_help_is_whole() {
    let place = Place::new();
    let short = stdout(&ends(place.loadwright("perf -h"), 0));
    let long = stdout(&ends(place.loadwright("perf --help"), 0));
    assert!(short.lines().count() < 80, "{short}");
    for flag in ["--url", "--parallel", "--max-tokens", "--fail-if", "--help"] {
        assert!(short.contains(flag) && long.contains(flag), "{flag}");
    }
    for flag in ["--burstiness", "--ca-cert", "--plugin-memory", "--wait-for-server"] {
        assert!(!short.contains(flag) && long.contains(flag), "{flag}");
    }
}

#[test]
fn debug_says_where_each_setting_came_from() {
    let place = Place::new();
    std::fs::write(place.path().join("plan.toml"), "max-tokens = 3\nstream = false\n")
        .expect("writable");
    let line = "--simulate --config plan.toml --parallel 1 2 -n 1 --sleep-interval 0 --debug";
    let mut run = place.perf(&format!("{line} --headers x-mine=sesame-of-mine"));
    run.env("LOADWRIGHT_TOP_P", "0.25").env("LOADWRIGHT_API_KEY", "sk-secret-key");
    let said = super::stderr(&ends(run, 0));
    let log = place.text("benchmark.log");
    for wanted in [
        "setting parallel: 1 2 (from the command line)",
        "setting max-tokens: 3 (from plan.toml)",
        "setting stream: false (from plan.toml)",
        "setting top-p: 0.25 (from LOADWRIGHT_TOP_P)",
        "setting api-key: ********** (from LOADWRIGHT_API_KEY)",
        "setting model: simulated (by default)",
        "setting top-k: none (by default)",
    ] {
        assert!(said.lines().any(|line| line == wanted), "{wanted}: {said}");
        assert!(log.contains(&format!(" - loadwright - DEBUG - {wanted}")), "{wanted}: {log}");
    }
    assert!(!said.contains("sesame-of-mine"), "{said}");
}
