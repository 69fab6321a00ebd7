//! Signals: each is a wish to stop, the second ends the process whatever is left to do.

use super::{PATIENCE, Place, code, paced, server, signal, start, stderr, wait_for_line};
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// Longer than a process may take that is told twice to end, by far: the machine may be busy.
const AT_ONCE: Duration = Duration::from_secs(20);

/// What came of a process that is to end by itself now; it is killed where it does not.
fn ended(mut child: Child) -> Output {
    let id = child.id().to_string();
    let (over, wait) = std::sync::mpsc::sync_channel::<()>(1);
    let watchdog = std::thread::spawn(move || {
        let late = wait.recv_timeout(AT_ONCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        if late {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
        late
    });
    // What it still says is of no interest, but must not keep it waiting.
    let mut said = Vec::new();
    if let Some(mut pipe) = child.stderr.take() {
        let _ = pipe.read_to_end(&mut said);
    }
    let mut output = child.wait_with_output().expect("it ends");
    output.stderr = said;
    drop(over);
    assert!(!watchdog.join().expect("it does not panic"), "it went on: {}", stderr(&output));
    output
}

fn twice(mut child: Child) -> Output {
    signal(&child, "INT");
    wait_for_line(&mut child, "press Ctrl-C again");
    signal(&child, "INT");
    ended(child)
}

/// `run`, started by another program in the same process.
fn through(program: &str, args: impl IntoIterator<Item: AsRef<OsStr>>, run: &Command) -> Command {
    let mut through = Command::new(program);
    through
        .args(args)
        .arg(run.get_program())
        .args(run.get_args())
        .envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run.get_current_dir().map(|folder| through.current_dir(folder));
    through
}

#[test]
fn every_signal_to_end_lets_requests_end_and_writes_the_files() {
    for name in ["TERM", "HUP"] {
        let place = Place::new();
        let server = server(paced(50, 10));
        let line = "--parallel 4 -n 100000 --max-tokens 5 --no-test-connection";
        // Whoever runs the tests may ignore hang-ups, which children inherit.
        let set = [&format!("--default-signal={name}")];
        let child = start(through("env", set, &place.against(&server, line)));
        server.wait_for_ended(8, PATIENCE).expect("requests end");
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(code(&output), 130, "{name}: {}", stderr(&output));
        let summary = place.summary("parallel_4_number_100000");
        assert_eq!(summary["Total Requests"].as_u64(), Some(server.counts().received), "{name}");
        assert!(place.text("performance_summary.txt").contains("Benchmarking summary:"));
    }
}

/// As `nohup` starts it.
#[test]
fn a_hangup_that_was_ignored_stays_ignored() {
    let place = Place::new();
    let server = server(paced(20, 1));
    let run = place.against(&server, "--parallel 2 -n 60 --max-tokens 2 --no-test-connection");
    let child = start(through("sh", ["-c", "trap '' HUP; exec \"$0\" \"$@\""], &run));
    server.wait_for_ended(4, PATIENCE).expect("requests end");
    signal(&child, "HUP");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(place.summary("parallel_2_number_60")["Success Requests"], 60);
}

/// A plugin that never returns does not hold the run up.
#[test]
fn a_signal_ends_a_run_whose_plugin_never_returns() {
    let place = Place::new();
    let server = server(paced(1, 1));
    let spin = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist/spin.wasm");
    let line = format!(
        "--plugin {spin} --api spin --api-args '{{\"in\": \"format\"}}' --plugin-timeout 3600 -n 5 \
         --no-test-connection"
    );
    let mut child = start(place.against(&server, &line));
    wait_for_line(&mut child, "writing results to");
    signal(&child, "TERM");
    let output = ended(child);
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert_eq!(place.summary("parallel_1_number_5")["Total Requests"], 0);
}

/// Nobody takes the report from standard output, so the run cannot end.
#[test]
fn a_second_ctrl_c_ends_the_process_though_the_run_cannot_end() {
    let place = Place::new();
    let server = server(paced(20, 1));
    let (unread, pipe) = std::io::pipe().expect("a pipe");
    let mut filler = pipe.try_clone().expect("another end of it");
    let filling = std::thread::spawn(move || while filler.write_all(&[b' '; 4096]).is_ok() {});
    let mut run = place.against(&server, "--parallel 2 -n 100000 --no-test-connection");
    let mut child = run.stdout(pipe).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(run);
    server.wait_for_ended(4, PATIENCE).expect("requests end");
    signal(&child, "INT");
    wait_for_line(&mut child, "press Ctrl-C again");
    server.wait(PATIENCE, |counts| counts.ended == counts.received).expect("the run drains");
    signal(&child, "INT");
    let output = ended(child);
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert!(!place.run().join("performance_summary.txt").exists(), "it could end");
    drop(unread);
    filling.join().expect("it ends with its pipe");
    let report = place.loadwright("report run").output().expect("it runs");
    assert_eq!(code(&report), 0, "{}", stderr(&report));
    let sent = server.counts().received;
    assert_eq!(place.summary("parallel_2_number_100000")["Success Requests"].as_u64(), Some(sent));
}

/// A service sends faster than it is read, without end. What was recorded is committed, and the
/// report is made of that.
#[test]
fn a_second_ctrl_c_ends_the_process_whatever_the_backlog() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/v1/chat/completions", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a client");
            std::thread::spawn(move || {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).expect("a request");
                    head.push(byte[0]);
                }
                let event = "data: {\"choices\":[{\"delta\":{\"content\":\"w \"}}]}\n\n";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                let _ = stream.write_all(head.as_bytes());
                if number < 2 {
                    // Two short replies first, so that something is recorded.
                    return drop(stream.write_all(format!("{event}data: [DONE]\n\n").as_bytes()));
                }
                let events = event.repeat(1_000);
                while stream.write_all(events.as_bytes()).is_ok() {}
            });
        }
    });
    let line = format!(
        "--model m --url {url} --parallel 2 -n 10 --no-test-connection --max-reply-size 100000 \
         --max-reply-frames 1000000000 --max-reply-memory 1000"
    );
    let mut child = start(place.perf(&line));
    // Written every few seconds: by then megabytes wait.
    wait_for_line(&mut child, "/10 done");
    let output = twice(child);
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let report = place.loadwright("report run").output().expect("it runs");
    assert_eq!(code(&report), 0, "{}", stderr(&report));
    assert_eq!(place.summary("parallel_2_number_10")["Success Requests"], 2);
}
