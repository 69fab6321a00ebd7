//! Results that are sent while a run goes on and afterwards: a receiver of OTLP that knows what it got,
//! beside a simulated server that knows what it was asked. A receiver that fails moves no metric and
//! loses no record.

use super::scripted::{Received, recording_each, reply};
use super::{PATIENCE, Place, code, ends, paced, server, signal, start, stderr, wait_for_line};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The fixture that misbehaves.
const SPIN: &str = "misbehave_exporter";

/// How often a span of a request came, and under which ids.
#[derive(Debug, PartialEq)]
struct Spans {
    came: usize,
    ids: BTreeSet<String>,
}

/// A receiver of OTLP.
pub(super) struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Collector {
    /// One that takes what it is sent.
    fn taking() -> Self {
        Self::answering(|_| taken())
    }

    /// One that answers the request of each number so; number 0 asks whether it is there.
    pub(super) fn answering(reply: impl Fn(usize) -> Vec<u8> + Send + 'static) -> Self {
        let (address, received) = recording_each(reply);
        Self { address, received }
    }

    /// One that takes `first` requests and never answers the next; a message says when that came.
    pub(super) fn hanging(first: usize) -> (Self, Receiver<()>, SyncSender<()>) {
        let (came, told) = sync_channel(64);
        let (held, never) = sync_channel::<()>(1);
        let collector = Self::answering(move |number| {
            if number >= first {
                let _ = came.send(());
                let _ = never.recv();
            }
            taken()
        });
        (collector, told, held)
    }

    /// The flags that send spans here.
    pub(super) fn flags(&self) -> String {
        let address = self.address;
        ["protocol=http/json", "metrics=false", "logs=false", &format!("endpoint=http://{address}")]
            .iter()
            .fold("--exporter otlp".to_owned(), |flags, option| {
                format!("{flags} --exporter-option otlp.{option}")
            })
    }

    /// The spans of requests that came.
    fn spans(&self) -> Spans {
        let received = self.received.lock().expect("nothing panics with it");
        let bodies = received.iter().map(|one| serde_json::from_slice(&one.body).expect("JSON"));
        let ids: Vec<String> = bodies.flat_map(|body: Value| client_spans(&body)).collect();
        Spans { came: ids.len(), ids: ids.into_iter().collect() }
    }
}

fn taken() -> Vec<u8> {
    reply("200 OK", "content-type: application/json\r\n", "{}")
}

/// Trace and span of each client span in `body`.
fn client_spans(body: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let scopes = list(&body["resourceSpans"]).into_iter().flat_map(|it| list(&it["scopeSpans"]));
    let spans = scopes.flat_map(|scope| list(&scope["spans"]));
    let clients = spans.filter(|span| span["kind"] == 3);
    clients.map(|span| format!("{} {}", span["traceId"], span["spanId"])).collect()
}

/// Twenty requests, paced.
const TWENTY: &str = "--parallel 2 -n 20 --max-tokens 3 --no-test-connection";

fn export(place: &Place, collector: &Collector) -> Command {
    place.loadwright(&format!("export run {}", collector.flags()))
}

#[test]
fn each_request_that_the_server_was_sent_is_a_span_once() {
    let (place, server, collector) = (Place::new(), server(paced(5, 2)), Collector::taking());
    let line = format!("{TWENTY} {}", collector.flags());
    let said = stderr(&ends(place.against(&server, &line), 0));
    assert!(said.contains("exporter `otlp`: 20 records sent"), "{said}");
    let spans = collector.spans();
    assert_eq!((spans.came, spans.ids.len()), (20, 20));
    assert_eq!(server.counts().received, 20);
    // All is sent: a second time there is nothing to send.
    ends(export(&place, &collector), 0);
    assert_eq!(collector.spans(), spans);
}

#[test]
fn a_point_each_is_sent_whenever_it_may_be() {
    for when in ["live", "point", "end"] {
        let (place, server, collector) = (Place::new(), server(paced(5, 2)), Collector::taking());
        let line = format!(
            "--parallel 1 2 -n 6 8 --max-tokens 3 --no-test-connection --sleep-interval 0 \
             --export-when {when} {}",
            collector.flags()
        );
        ends(place.against(&server, &line), 0);
        let spans = collector.spans();
        assert_eq!((spans.came, spans.ids.len()), (14, 14), "{when}");
    }
}

/// Takes the question whether it is there, and fails from then on.
fn failing() -> [(&'static str, Vec<u8>); 4] {
    let flood = "x".repeat(8 << 20);
    [
        ("busy", reply("503 Service Unavailable", "", "busy")),
        ("refusing", reply("401 Unauthorized", "", "no")),
        ("cut", Vec::new()),
        ("flood", reply("500 Internal Server Error", "", &flood)),
    ]
}

#[test]
fn a_receiver_that_fails_moves_nothing_and_what_is_missing_is_sent_later() {
    for (how, answer) in failing() {
        let (place, server) = (Place::new(), server(paced(5, 2)));
        let broken =
            Collector::answering(move |number| if number == 0 { taken() } else { answer.clone() });
        let line = format!("{TWENTY} --export-timeout 1 {}", broken.flags());
        let said = stderr(&ends(place.against(&server, &line), 0));
        assert!(said.contains("20 of 20 records were not sent"), "{how}: {said}");
        assert!(said.contains("run --exporter otlp` sends them"), "{how}: {said}");
        assert_eq!(server.counts().received, 20, "{how}");
        assert_eq!(place.summary("parallel_2_number_20")["Success Requests"], 20, "{how}");
        let collector = Collector::taking();
        ends(export(&place, &collector), 0);
        let spans = collector.spans();
        assert_eq!((spans.came, spans.ids.len()), (20, 20), "{how}");
    }
}

#[test]
fn a_receiver_that_hangs_is_waited_for_as_long_as_the_flag_says() {
    let (place, server) = (Place::new(), server(paced(5, 2)));
    let (hanging, came, _held) = Collector::hanging(1);
    let line = format!("{TWENTY} --export-timeout 0.5 {}", hanging.flags());
    let said = stderr(&ends(place.against(&server, &line), 0));
    came.recv_timeout(PATIENCE).expect("it was asked");
    assert!(said.contains("20 of 20 records were not sent"), "{said}");
    assert_eq!(place.summary("parallel_2_number_20")["Success Requests"], 20);
}

#[test]
fn what_could_not_be_sent_is_in_the_exit_code_if_it_must_be() {
    let (place, server) = (Place::new(), server(paced(5, 2)));
    let refuses = |number| if number == 0 { taken() } else { reply("401 Unauthorized", "", "no") };
    let broken = Collector::answering(refuses);
    let line = format!("{TWENTY} --export-failure fail --export-timeout 1 {}", broken.flags());
    ends(place.against(&server, &line), 6);
    assert!(place.text("performance_summary.txt").contains("Benchmarking summary:"));
    let broken = Collector::answering(refuses);
    ends(export(&place, &broken), 6);
}

#[test]
fn a_receiver_that_is_not_there_stops_the_run_before_its_first_request() {
    let (place, server) = (Place::new(), server(paced(5, 2)));
    let refusing = Collector::answering(|_| reply("401 Unauthorized", "", "no"));
    let said = stderr(&ends(place.against(&server, &format!("{TWENTY} {}", refusing.flags())), 6));
    assert!(said.contains("401"), "{said}");
    assert_eq!(server.counts().received, 0);
}

#[test]
fn what_a_killed_run_recorded_is_sent_later() {
    let (place, server) = (Place::new(), server(paced(20, 5)));
    let (hanging, came, _held) = Collector::hanging(3);
    let line =
        format!("--parallel 4 -n 100000 --max-tokens 5 --no-test-connection {}", hanging.flags());
    let mut child = start(place.against(&server, &line));
    came.recv_timeout(PATIENCE).expect("two batches of spans came, and a third");
    signal(&child, "KILL");
    child.wait().expect("it ends");
    let sent = hanging.spans();
    assert!(!sent.ids.is_empty());
    let collector = Collector::taking();
    ends(export(&place, &collector), 0);
    ends(place.loadwright("report run"), 0);
    let total = place.summary("parallel_4_number_100000")["Total Requests"].as_u64();
    let rest = collector.spans();
    assert_eq!(rest.came, rest.ids.len(), "none came twice");
    let all: BTreeSet<&String> = sent.ids.union(&rest.ids).collect();
    assert_eq!(Some(all.len() as u64), total);
}

#[test]
fn one_ctrl_c_ends_the_wait_of_a_run_that_has_ended() {
    let (place, server) = (Place::new(), server(paced(20, 5)));
    let (hanging, _came, _held) = Collector::hanging(1);
    let line = format!(
        "--parallel 4 -n 8 --max-tokens 5 --no-test-connection --export-timeout 3600 {}",
        hanging.flags()
    );
    let mut child = start(place.against(&server, &line));
    wait_for_line(&mut child, "waiting for exporters, at most 3600 s; Ctrl-C ends it");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    // Everything was measured, and what was not sent is not lost.
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(place.summary("parallel_4_number_8")["Total Requests"], 8);
    let collector = Collector::taking();
    ends(export(&place, &collector), 0);
    assert_eq!(collector.spans().ids.len(), 8);
}

#[test]
fn a_second_ctrl_c_ends_the_wait_for_a_receiver() {
    let (place, server) = (Place::new(), server(paced(20, 5)));
    let (hanging, came, _held) = Collector::hanging(1);
    let line = format!(
        "--parallel 4 -n 100000 --max-tokens 5 --no-test-connection --export-timeout 3600 {}",
        hanging.flags()
    );
    let mut child = start(place.against(&server, &line));
    came.recv_timeout(PATIENCE).expect("spans came");
    signal(&child, "INT");
    wait_for_line(&mut child, "results are in:");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let total = place.summary("parallel_4_number_100000")["Total Requests"].as_u64();
    assert_eq!(total, Some(server.counts().received));
    let collector = Collector::taking();
    ends(export(&place, &collector), 0);
    assert_eq!(Some(collector.spans().ids.len() as u64), total);
}

/// A run of twenty that is stored, and `export` of it to a receiver that hangs, once that was asked.
fn hanging_export(place: &Place, first: usize) -> (std::process::Child, SyncSender<()>) {
    let server = server(paced(5, 2));
    ends(place.against(&server, TWENTY), 0);
    let (hanging, came, held) = Collector::hanging(first);
    let child = start(export(place, &hanging));
    came.recv_timeout(PATIENCE).expect("it was asked");
    (child, held)
}

#[test]
fn the_first_signal_ends_an_export_and_says_how_to_go_on() {
    for name in ["INT", "TERM"] {
        let place = Place::new();
        let (child, _held) = hanging_export(&place, 1);
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        let said = stderr(&output);
        assert_eq!(code(&output), 130, "{name}: {said}");
        assert!(said.contains("20 of 20 records were not sent: the user stopped it"), "{said}");
        assert!(said.contains("`loadwright export run --exporter otlp` sends them"), "{said}");
        let collector = Collector::taking();
        ends(export(&place, &collector), 0);
        let spans = collector.spans();
        assert_eq!((spans.came, spans.ids.len()), (20, 20), "{name}");
    }
}

#[test]
fn a_signal_ends_an_export_that_has_not_begun() {
    let place = Place::new();
    let (child, _held) = hanging_export(&place, 0);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = stderr(&output);
    assert_eq!(code(&output), 130, "{said}");
    assert!(said.contains("the same command sends run later"), "{said}");
}

#[test]
fn the_second_signal_ends_an_export_at_once() {
    let place = Place::new();
    ends(place.against(&server(paced(5, 2)), TWENTY), 0);
    // It computes for ever, which is waited for as long as --plugin-timeout allows.
    let (hanging, came, _held) = Collector::hanging(1);
    let line = format!(
        "export run {} --plugin {ROOT}/plugins/fixtures/dist/{SPIN}.wasm --plugin-timeout 3600 \
         --exporter {SPIN} --exporter-option {SPIN}.how=spin --allow {SPIN}:secret=LOADWRIGHT_SECRET_KEY \
         --allow {SPIN}:http=http://127.0.0.1:9",
        hanging.flags()
    );
    let mut child = start(place.loadwright(&line));
    came.recv_timeout(PATIENCE).expect("exporters have begun");
    signal(&child, "INT");
    wait_for_line(&mut child, "press Ctrl-C again");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 130, "{}", stderr(&output));
}

/// `text` on one line, with `#` for each number and without the `./` of paths: a page shows another run.
fn alike(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("./run", "run");
    let mut alike = String::new();
    for c in line.chars() {
        match c.is_ascii_digit() {
            true if alike.ends_with('#') => {}
            true => alike.push('#'),
            false => alike.push(c),
        }
    }
    alike
}

#[test]
fn the_guide_quotes_what_is_printed() {
    let (place, server) = (Place::new(), server(paced(5, 2)));
    let run = |collector: &Collector, exit| {
        let line = format!("{TWENTY} --export-timeout 1 {}", collector.flags());
        stderr(&ends(place.against(&server, &line), exit))
    };
    let status = |status: &'static str| move |_| reply(status, "", "no");
    let mut said = run(&Collector::answering(status("401 Unauthorized")), 6);
    let busy =
        |number| if number == 0 { taken() } else { reply("503 Service Unavailable", "", "") };
    said += &run(&Collector::answering(busy), 0);
    let (hanging, came, _held) = Collector::hanging(1);
    let child = start(export(&place, &hanging));
    came.recv_timeout(PATIENCE).expect("it was asked");
    signal(&child, "INT");
    said += &stderr(&child.wait_with_output().expect("it ends"));
    said += &stderr(&ends(export(&place, &Collector::taking()), 0));
    let said = alike(&said);
    let guide = include_str!("../../../../docs/GUIDE.md");
    let chapter = guide.split("\n## ").find(|chapter| chapter.starts_with("Sending results"));
    let quotes = chapter.expect("a chapter").lines().filter_map(|line| line.strip_prefix("> "));
    for quote in quotes.clone() {
        let mut rest = said.as_str();
        for part in quote.split('…').map(alike).filter(|part| !part.is_empty()) {
            let found = rest.split_once(&part);
            rest = found.unwrap_or_else(|| panic!("`{part}` of `{quote}`: {said}")).1;
        }
    }
    assert_eq!(quotes.count(), 4);
}

#[test]
fn mistakes_are_told_at_once_and_before_anything_is_sent() {
    let (place, server) = (Place::new(), server(paced(5, 2)));
    let line = "--visualizer wanbd --exporter-option otpl.endpoint=x --allow nothing --exporter otlp \
                --export-when now --export-failure never -n 1";
    let said = stderr(&ends(place.against(&server, line), 2));
    for wanted in [
        "did you mean `wandb`",
        "did you mean `otlp`",
        "NAME:http=HOST",
        "live, point, end",
        "warn, fail",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert_eq!(server.counts().received, 0);
    let said = stderr(&ends(place.loadwright("export ."), 2));
    assert!(said.contains("--exporter wandb"), "{said}");
}
