//! What a user hands over that cannot be used: files that are none, lengths that no model takes,
//! datasets without items. Each is told before anything is sent, with the flag and the remedy.

use super::{Place, ends, server, signal, start, stderr, stdout};
use loadwright_sim::{Config, Model, Server};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A pipe with a name; nobody writes to it.
fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success());
}

fn refused(place: &Place, line: &str, wanted: &str) {
    let said = stderr(&ends(place.loadwright(line), 2));
    assert!(said.contains(wanted), "{line}: {said}");
}

#[test]
fn an_empty_dataset_is_a_usage_error() {
    let place = Place::new();
    let server = server(Model::Unpaced);
    std::fs::write(place.path().join("empty.txt"), "\n\n").expect("writable");
    std::fs::write(place.path().join("short.txt"), "one\ntwo\n").expect("writable");
    let lines = format!(
        "perf --model m --url {} --outputs-dir . --no-timestamp --name run --dataset line_by_line -n 3",
        server.url()
    );
    let wanted = "  --dataset-path: empty.txt has no prompts; give a file that does";
    refused(&place, &format!("{lines} --dataset-path empty.txt"), wanted);
    refused(&place, &format!("{lines} --dataset-path empty.txt --dataset-offset 1"), wanted);
    let filtered = format!("{lines} --dataset-path short.txt --min-prompt-length 50");
    let wanted = "--dataset-path: short.txt has no prompts within --min-prompt-length and";
    refused(&place, &filtered, wanted);
    assert_eq!(server.counts().received, 0, "nothing was sent");
    assert!(!place.run().exists(), "no folder is left");
    // A filter may be as wide as it likes, and a run may begin behind the last item.
    let wide = "--max-prompt-length 1000000000 --dataset-offset 7 --max-tokens 1";
    ends(place.loadwright(&format!("{lines} --dataset-path short.txt {wide}")), 0);
}

#[test]
fn lengths_that_no_model_takes_are_usage_errors() {
    let place = Place::new();
    let most = "16777216";
    for flag in ["max-prompt-length", "min-prompt-length", "prefix-length"] {
        let wanted = format!("--{flag}: 1000000000 is too large; give {most} or less");
        refused(&place, &format!("perf --simulate --{flag} 1000000000"), &wanted);
    }
    let line = "perf --simulate --max-prompt-length 16777216 --prefix-length 1";
    let wanted =
        "--prefix-length: 1 tokens before a prompt of 16777216 exceed the limit of 16777216";
    refused(&place, line, wanted);
    assert!(!place.run().exists());
}

#[test]
fn a_prompt_beyond_a_plugins_memory_is_told_before_the_run() {
    let place = Place::new();
    let line = "perf --simulate --outputs-dir . --no-timestamp --name run --plugin-memory 2 -n 2 \
                --min-prompt-length 400000 --max-prompt-length 400000";
    let said = stderr(&ends(place.loadwright(line), 3));
    assert!(said.contains("raise --plugin-memory"), "{said}");
    assert!(!place.run().exists(), "nothing was sent");
}

#[test]
fn files_that_are_none_are_refused_and_never_waited_for() {
    let place = Place::new();
    pipe(&place.path().join("pipe"));
    let lines = "perf --simulate --dataset line_by_line --dataset-path";
    for (path, what) in [
        ("/dev/zero", "is a device, not a regular file"),
        ("pipe", "is a pipe, not a regular file"),
        ("gone.txt", "does not exist"),
    ] {
        let wanted = format!("--dataset-path: {path} {what}; give the file to read");
        refused(&place, &format!("{lines} {path}"), &wanted);
    }
    for path in ["/dev/zero", "pipe"] {
        refused(&place, &format!("perf --simulate --tokenizer-path {path}"), "not a regular file");
        refused(&place, &format!("simulate --tokenizer-path {path}"), "not a regular file");
        let output = place.loadwright(&format!("plugin list --plugin {path}"));
        let said = stderr(&ends(output, 3));
        assert!(said.contains("not a regular file") && said.contains("--plugin"), "{said}");
    }
    let target = "perf --model m --url https://127.0.0.1:1 --prompt hi --ca-cert";
    refused(&place, &format!("{target} pipe"), "--ca-cert: pipe is not a file; give a PEM file");
    // A value may come from a pipe, within bounds.
    let wanted = "--extra-args: /dev/zero is larger than 64 MiB; give a text file";
    refused(&place, "perf --simulate --extra-args @/dev/zero", wanted);
    let wanted = "--config: /dev/zero is larger than 64 MiB";
    refused(&place, "perf --simulate --config /dev/zero", wanted);
    refused(&place, "simulate --faults @/dev/zero", "--faults: /dev/zero is larger than 64 MiB");
}

#[test]
fn a_value_may_come_from_a_pipe() {
    let place = Place::new();
    let config = Config { model: Model::Unpaced, keep_bodies: true, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let mut run = place.against(&server, "-n 1 --max-tokens 1 --no-test-connection");
    run.args(["--extra-args", "@/dev/stdin"]).stdin(Stdio::piped());
    let mut child = start(run);
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(b"{\"piped\": true}").expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(super::code(&output), 0, "{}", stderr(&output));
    let body = server.truth()[0].body.clone().expect("kept");
    assert!(String::from_utf8_lossy(&body).contains("\"piped\":true"));
}

#[test]
fn a_broken_tokenizer_names_the_broken_file() {
    let place = Place::new();
    let folder = place.path().join("model");
    std::fs::create_dir(&folder).expect("writable");
    let file = folder.join("tokenizer.json");
    std::fs::write(&file, "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\"").expect("writable");
    for command in ["perf --simulate", "simulate --port 0"] {
        let line = format!("{command} --tokenizer-path model");
        refused(&place, &line, "model/tokenizer.json is not valid: it is truncated after");
    }
    let whole = r#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#;
    std::fs::write(&file, whole).expect("writable");
    std::fs::write(folder.join("chat_template.jinja"), "one\n{% if %}").expect("writable");
    for command in ["perf --simulate", "simulate --port 0"] {
        let line = format!("{command} --tokenizer-path model");
        let wanted = "model/chat_template.jinja is not valid: its chat template: line 2: ";
        refused(&place, &line, wanted);
    }
}

#[test]
fn a_tokenizer_that_is_nowhere_is_told_remedy_first_and_in_short_lines() {
    let place = Place::new();
    let mut run = place.loadwright("perf --simulate --tokenizer-path no/such");
    run.env("HF_HUB_OFFLINE", "1").env("HOME", "/nowhere").env_remove("XDG_CACHE_HOME");
    let said = stderr(&ends(run, 2));
    let lines: Vec<&str> = said.lines().collect();
    let at = lines.iter().position(|line| line.contains("no tokenizer found")).expect("it is said");
    assert!(lines[at].ends_with("--tokenizer-path no/such: no tokenizer found"), "{said}");
    assert!(lines[at + 1].starts_with("  give a folder with tokenizer.json"), "{said}");
    assert!(lines.iter().all(|line| line.len() <= 100), "{said}");
}

/// Runs `command` under the shell's limits.
fn limited(limits: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("{limits}; exec \"$0\" \"$@\""))
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(command.get_current_dir().expect("set by the place"));
    shell
}

#[test]
fn a_run_fits_into_a_limited_address_space() {
    let place = Place::new();
    // In KiB: a fraction of the 4 GiB that one guest reserves where address space is free, and of
    // what an allocator reserves for this many threads.
    let run = limited("ulimit -v 600000", &place.perf("--simulate -n 4 --max-tokens 2"));
    ends(run, 0);
    assert_eq!(place.summary("parallel_1_number_4")["Success Requests"], 4);
}

#[test]
fn a_file_that_may_not_grow_is_an_output_error() {
    let place = Place::new();
    ends(place.perf("--simulate -n 1 --max-tokens 1 --name warm"), 0);
    let server = server(Model::Unpaced);
    // At this rate no commit comes near the limit by itself, so the first ones are kept.
    let load = "--parallel 4 --rate 500 -n 100000 --max-tokens 1 --no-test-connection";
    let run = place.against(&server, load);
    let output = ends(limited("ulimit -f 400", &run), 4);
    assert!(stderr(&output).contains("records"), "{}", stderr(&output));
    assert!(stdout(&output).contains("Benchmarking summary:"), "{}", stdout(&output));
    let kept: Output = ends(place.loadwright("report run"), 0);
    assert!(stdout(&kept).contains("Benchmarking summary:"), "what was recorded is there");
}

#[test]
fn a_cache_that_cannot_be_used_is_a_notice_and_the_run_goes_on() {
    let place = Place::new();
    let cache = place.path().join("cache");
    let own = cache.join("compiled-plugins");
    std::fs::create_dir(&cache).expect("writable");
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let run = || place.perf("--simulate -n 1 --max-tokens 1 --cache-dir cache");
    let noticed = |run: Command| {
        let said = stderr(&ends(run, 0));
        said.lines().find(|line| line.contains("compiled plugins")).map(str::to_owned)
    };
    assert_eq!(noticed(run()), None);
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&cache), mode(&own)), (0o755, 0o700));
    for entry in std::fs::read_dir(&own).expect("made") {
        let path = entry.expect("an entry").path();
        let mut bytes = std::fs::read(&path).expect("ours");
        for at in (40..bytes.len()).step_by(97) {
            bytes[at] ^= 0x55;
        }
        std::fs::write(&path, bytes).expect("ours");
    }
    assert_eq!(noticed(run()), None, "damaged code is compiled again");
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).expect("ours");
    let said = noticed(run()).expect("a notice");
    assert!(said.contains("other users may write to") && said.contains("--cache-dir"), "{said}");
    std::fs::remove_dir_all(&cache).expect("ours");
    std::fs::write(&cache, "").expect("writable");
    let said = noticed(run()).expect("a notice");
    assert!(said.contains("cannot be created") && said.contains("--cache-dir"), "{said}");
}

#[test]
fn a_prompt_in_the_making_is_given_up_when_the_run_is_stopped() {
    let place = Place::new();
    // With this seed the first item, made before the run, has 4,461 tokens; the others have millions
    // each, which take minutes.
    let line = "perf --simulate --outputs-dir . --no-timestamp --name run --parallel 1 -n 4 \
                --no-test-connection --seed 12892 --max-prompt-length 16777216 \
                --plugin-memory 1024 --plugin-timeout 3600";
    for name in ["TERM", "INT"] {
        let mut child = start(place.loadwright(line));
        let pipe = BufReader::new(child.stderr.as_mut().expect("it is piped"));
        let begun =
            pipe.lines().map_while(Result::ok).any(|line| line.contains("writing results to"));
        assert!(begun, "the run begins");
        signal(&child, name);
        assert_eq!(child.wait().expect("it ends").code(), Some(130), "{name}");
    }
    let summary = place.summary("parallel_1_number_4");
    assert_eq!(summary["Total Requests"], 0, "what was given up is no failed request");
}
