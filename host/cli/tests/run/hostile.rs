//! What a hostile or careless server says reaches the user escaped, and without the secrets that it
//! was sent.

use super::scripted::{answering, reply};
use super::{Place, ends, stderr, stdout};
use std::net::SocketAddr;
use std::path::Path;

/// Clears the screen, retitles the terminal, forges a notice, a log line and a verdict, and turns
/// the direction of text around.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}desrever\u{9b}31m\nnotice: forged\r\n\
                       2026-01-01 00:00:00,000 - loadwright - ERROR - forged\nVerdict: forged\n";

/// How the worst of it is shown.
const SHOWN: [&str; 3] = ["\\u{1b}[2J\\u{1b}]0;owned\\u{7}", "\\u{202e}desrever", "\\u{9b}31m"];

const KEY: &str = "sk-0123456789abcdef";

fn perf(place: &Place, server: SocketAddr, line: &str) -> std::process::Command {
    place.perf(&format!("--model m --url http://{server}/v1/chat/completions {line}"))
}

/// Panics where `text` could steer a terminal, or has a line that the server forged.
fn assert_harmless(text: &str, what: &str) {
    let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.chars().any(harmful), "{what}: {text:?}");
    for forged in ["notice: forged", "2026-01-01", "Verdict: forged"] {
        assert!(!text.lines().any(|line| line.starts_with(forged)), "{what}: {text}");
    }
    for shown in SHOWN {
        assert!(text.contains(shown), "{what} does not show {shown}: {text}");
    }
}

fn holds(folder: &Path, bytes: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = std::fs::read(&path).expect("readable");
                if content.windows(bytes.len()).any(|window| window == bytes.as_bytes()) {
                    found.push(path.file_name().expect("a name").to_string_lossy().into_owned());
                }
            }
        }
    }
    found
}

#[test]
fn an_error_body_cannot_steer_the_terminal_by_the_connection_test() {
    let place = Place::new();
    let server = answering(reply("500 Oops", "", HOSTILE));
    let output = ends(perf(&place, server, "-n 1"), 1);
    assert_harmless(&stderr(&output), "standard error");
}

#[test]
fn an_error_body_cannot_steer_the_terminal_or_forge_lines_of_the_log() {
    let place = Place::new();
    let server = answering(reply("500 Oops", "", HOSTILE));
    let output = ends(perf(&place, server, "-n 2 --no-test-connection"), 1);
    assert_harmless(&stdout(&output), "the report");
    assert_harmless(&place.text("performance_summary.txt"), "performance_summary.txt");
    assert_harmless(&place.text("benchmark.log"), "benchmark.log");
    assert!(!stderr(&output).contains('\u{1b}'), "{}", stderr(&output));
    // Programs find what was said.
    assert_eq!(holds(&place.run(), "\u{1b}[2J\u{1b}]0;owned"), ["records.db"]);
    let summary = place.summary("parallel_1_number_2");
    let failures = summary["loadwright"]["failures"].to_string();
    assert!(failures.contains("\\u001b[2J"), "{failures}");
}

#[test]
fn an_error_within_a_stream_cannot_either() {
    let place = Place::new();
    let error = serde_json::json!({ "error": { "message": HOSTILE } });
    let head = "content-type: text/event-stream\r\n";
    let server = answering(reply("200 OK", head, &format!("data: {error}\n\n")));
    let output = ends(perf(&place, server, "-n 1"), 1);
    assert_harmless(&stderr(&output), "standard error");
    let output = ends(perf(&place, server, "-n 1 --no-test-connection"), 1);
    assert_harmless(&stdout(&output), "the report");
    assert_harmless(&place.text("benchmark.log"), "benchmark.log");
}

#[test]
fn a_key_that_the_server_echoes_is_masked_everywhere() {
    let place = Place::new();
    let body = format!("{{\"error\": {{\"message\": \"Incorrect API key provided: {KEY}.\"}}}}");
    let head = "content-type: text/event-stream\r\n";
    let servers = [
        answering(reply("401 Unauthorized", "", &body)),
        answering(reply("200 OK", head, &format!("data: {body}\n\n"))),
    ];
    for (name, server) in ["one", "two"].into_iter().zip(servers) {
        let line = format!("-n 1 --api-key {KEY} --debug --name {name}");
        let tested = ends(perf(&place, server, &line), 1);
        assert!(stderr(&tested).contains("provided: **********."), "{}", stderr(&tested));
        let measured = ends(perf(&place, server, &format!("{line} --no-test-connection")), 1);
        assert!(stdout(&measured).contains("provided: **********."), "{}", stdout(&measured));
        for output in [tested, measured] {
            assert!(!stderr(&output).contains(KEY) && !stdout(&output).contains(KEY));
        }
        let folder = place.path().join(name);
        assert_eq!(holds(&folder, KEY), Vec::<String>::new());
        assert!(holds(&folder, "**********").contains(&"records.db".to_owned()));
    }
}

#[test]
fn secrets_of_headers_and_the_url_are_masked_where_the_server_echoes_them() {
    let place = Place::new();
    let body = "x-mine sesame-of-mine, key q-secret-of-mine, user opensesame, pass swordfish9";
    let server = answering(reply("403 Forbidden", "", body));
    let url = format!("http://opensesame:swordfish9@{server}/v1/completions?key=q-secret-of-mine");
    let headers = "--headers x-mine=sesame-of-mine accept=text/plain";
    let line = format!("--model m --url '{url}' -n 1 --no-test-connection {headers}");
    let output = ends(place.perf(&line), 1);
    let masked = "x-mine **********, key **********, user **********, pass **********";
    assert!(stdout(&output).contains(masked), "{}", stdout(&output));
    for secret in ["sesame-of-mine", "q-secret-of-mine", "opensesame", "swordfish9"] {
        assert!(!stderr(&output).contains(secret) && !stdout(&output).contains(secret));
        assert_eq!(holds(&place.run(), secret), Vec::<String>::new());
    }
    let stored = place.json("parallel_1_number_1", "benchmark_args.json");
    assert_eq!(stored["headers"]["x-mine"], "**********");
    assert_eq!(stored["headers"]["accept"], "text/plain");
}
