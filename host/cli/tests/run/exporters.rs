//! Third parties' exporters over the built binary: what they send, and what the host does where they
//! misbehave. The run is measured whatever they do.

use super::archive::component;
use super::scripted::{Received, answering, recording, reply};
use super::{Place, ends, stderr, stdout};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Output;
use std::sync::{Arc, Mutex};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Four requests of a simulated run, with these flags more; all of them succeed.
fn run(place: &Place, line: &str) -> Output {
    let mut command = place
        .perf(&format!("--simulate --parallel 1 -n 4 --max-tokens 2 --no-test-connection {line}"));
    command.env("LOADWRIGHT_SECRET_KEY", "hunter2-hunter2");
    let output = ends(command, 0);
    assert_eq!(place.summary("parallel_1_number_4")["Success Requests"], 4, "{}", said(&output));
    output
}

/// All that was printed, with single blanks: lines are broken where the terminal ends.
fn said(output: &Output) -> String {
    let said = stdout(output) + &stderr(output);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fixture that misbehaves, with two servers, both of which are granted; its secret may go to the
/// first.
fn misbehaving(place: &Place, how: &str, servers: [SocketAddr; 2]) -> String {
    let [url, elsewhere] = servers;
    let name = "misbehave_exporter";
    let line = format!(
        "--plugin {ROOT}/plugins/fixtures/dist/{name}.wasm --exporter {name} \
         --exporter-option {name}.how={how} --exporter-option {name}.url=http://{url} \
         --exporter-option {name}.elsewhere=http://{elsewhere} --allow {name}:http=http://{url} \
         --allow {name}:http=http://{elsewhere} --allow {name}:secret=LOADWRIGHT_SECRET_KEY"
    );
    said(&run(place, &line))
}

fn assert_said(said: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

fn nobody() -> SocketAddr {
    answering(reply("204 No Content", "", ""))
}

/// Nothing that went out holds a placeholder or the secret.
fn assert_clean(received: &Arc<Mutex<Vec<Received>>>) {
    for request in received.lock().expect("whole").iter() {
        let head = request.head.join("\n");
        assert!(!head.contains("{{") && !head.contains("hunter2"), "{head}");
    }
}

#[test]
fn webhook_posts_the_metrics_of_a_point() {
    let place = Place::new();
    let (address, received) = recording(reply("204 No Content", "", ""));
    let line = format!(
        "--plugin {ROOT}/examples/webhook/webhook.wasm --exporter webhook \
         --exporter-option webhook.url=http://{address}/hook --allow webhook:http=http://{address}"
    );
    run(&place, &line);
    let received = received.lock().expect("whole");
    let [request] = received.as_slice() else { panic!("{} requests", received.len()) };
    assert!(request.head[0].starts_with("POST /hook "), "{:?}", request.head);
    assert_eq!(request.header("content-type"), ["application/json"]);
    let posted: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!((&posted["run"], &posted["point"]), (&"run".into(), &0.into()));
    let summary = place.summary("parallel_1_number_4");
    let metrics = posted["metrics"].as_object().expect("metrics");
    assert_eq!(metrics["completed"].as_f64(), summary["Success Requests"].as_f64(), "{metrics:?}");
}

#[test]
fn an_exporter_without_its_grant_is_refused_before_the_run_with_the_flag_to_add() {
    let place = Place::new();
    let line = format!(
        "--simulate -n 1 --plugin {ROOT}/examples/webhook/webhook.wasm --exporter webhook \
         --exporter-option webhook.url=http://127.0.0.1:9/hook"
    );
    let said = said(&ends(place.perf(&line), 2));
    assert_said(
        &said,
        &["needs the host http://127.0.0.1:9", "--allow webhook:http=http://127.0.0.1:9"],
    );
}

#[test]
fn python_writes_a_row_a_point() {
    let place = Place::new();
    let path = component("csv_py.wasm");
    let line = format!("--plugin {} --exporter csv_py --plugin-timeout 60", path.display());
    run(&place, &line);
    let rows = place.text("exports/csv_py/points.csv");
    let rows: Vec<Vec<&str>> = rows.lines().map(|line| line.split(',').collect()).collect();
    let [head, row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(head.len(), row.len());
    assert_eq!(head[..3], ["index", "point", "verdict"]);
    assert_eq!(row[0], "0");
    let at = head.iter().position(|name| *name == "completed").expect("it is a metric");
    assert_eq!(row[at], "4.0");
}

#[test]
fn a_redirect_to_a_metadata_address_is_not_followed() {
    let headers = "location: http://169.254.169.254/latest/meta-data/\r\n";
    let server = answering(reply("302 Found", headers, ""));
    let said = misbehaving(&Place::new(), "redirect", [server, nobody()]);
    assert_said(&said, &["redirect: ", "169.254.169.254"]);
    assert!(!said.contains("redirect: 200"), "{said}");
}

#[test]
fn a_secret_goes_where_it_may_and_nowhere_else() {
    let (here, at_home) = recording(reply("204 No Content", "", ""));
    let (elsewhere, abroad) = recording(reply("204 No Content", "", ""));
    let said = misbehaving(&Place::new(), "secret", [here, elsewhere]);
    assert_clean(&abroad);
    assert!(abroad.lock().expect("whole").is_empty(), "nothing was sent there");
    let at_home = at_home.lock().expect("whole");
    let [request] = at_home.as_slice() else { panic!("{} requests", at_home.len()) };
    assert_eq!(request.header("authorization"), ["Bearer hunter2-hunter2"]);
    assert_said(&said, &["where it may go: 204"]);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn names_lead_nowhere_but_the_exporters_folder() {
    let place = Place::new();
    let said = misbehaving(&place, "names", [nobody(), nobody()]);
    assert_eq!(said.matches("is no relative name of plain parts").count(), 6, "{said}");
    assert_said(&said, &["artifact `results/benchmark.log` is below `results`"]);
    assert!(!said.contains("done"), "{said}");
    for escaped in [place.path().join("escaped"), place.run().join("exports/escaped")] {
        assert!(!escaped.exists(), "{}", escaped.display());
    }
}

#[test]
fn sizes_that_are_none_are_refused_in_words() {
    let (server, received) = recording(reply("200 OK", "", "body"));
    let said = misbehaving(&Place::new(), "sizes", [server, nobody()]);
    assert_said(
        &said,
        &[
            "timeout NaN: timeout of a request is not above 0",
            "timeout -1: timeout of a request is not above 0",
            "timeout inf: timeout of a request is not above 0",
            "max-bytes: 200 body",
            "header: header `x` holds a line break",
        ],
    );
    assert_clean(&received);
}

#[test]
fn a_state_has_a_longest_and_a_stop_without_leave_stops_nothing() {
    let said = misbehaving(&Place::new(), "state", [nobody(), nobody()]);
    assert_said(&said, &["its state has 2097152 bytes, and may have 1048576"]);
    let said = misbehaving(&Place::new(), "stop", [nobody(), nobody()]);
    assert!(!said.contains("ends the run"), "{said}");
}

#[test]
fn an_exporter_that_never_returns_or_traps_is_given_up_and_the_run_is_whole() {
    let causes = [
        ("spin", "failed in progress: it ran for more than 1 s"),
        ("trap", "failed in progress: it trapped: "),
    ];
    for (how, cause) in causes {
        let place = Place::new();
        // `run` finds all requests in the summary, whatever the exporter did.
        let said = misbehaving(&place, &format!("{how} --plugin-timeout 1"), [nobody(), nobody()]);
        let unsent = "exporter `misbehave_exporter`: 4 of 4 records were not sent: ";
        let remedy = "`loadwright export ./run --exporter misbehave_exporter` sends them";
        assert_said(&said, &[cause, unsent, remedy]);
    }
}
