//! What each online exporter does when its backend refuses: what the user is told, the exit code, that the
//! run's own results are whole, and what the ledger says.

use crate::clearml_service::ClearMl;
use crate::gate::{Gate, Way};
use crate::{Place, ends, paced, server, stderr, swanlab_service, wandb_service};
use rusqlite::Connection;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Command;

/// An exporter with the server of its backend.
struct Backend {
    name: &'static str,
    address: SocketAddr,
    /// What the first line of each request with data holds.
    data: &'static str,
    /// How many requests succeeded, in the summary that the server has.
    completed: Box<dyn Fn() -> Option<f64>>,
}

/// The last value of a name.
fn last(values: &[Value], [name, value]: [&str; 2], wanted: &str) -> Option<f64> {
    values.iter().rev().find(|one| one[name] == wanted)?[value].as_f64()
}

impl Backend {
    fn wandb() -> Self {
        let service = wandb_service::Service::start();
        let (name, address, data) = ("wandb", service.address, "/file_stream");
        let completed = Box::new(move || {
            service.kept().runs.values().last().and_then(|run| run.summary["completed"].as_f64())
        });
        Self { name, address, data, completed }
    }

    fn swanlab() -> Self {
        let service = swanlab_service::Service::start();
        let (name, address, data) = ("swanlab", service.address, "/api/house/metrics");
        let completed =
            Box::new(move || last(&service.values("scalar"), ["key", "data"], "summary/completed"));
        Self { name, address, data, completed }
    }

    fn clearml() -> Self {
        let service = ClearMl::start();
        let (name, address, data) = ("clearml", service.address, "events.add_batch");
        let completed =
            Box::new(move || last(&service.events(), ["variant", "value"], "successful requests"));
        Self { name, address, data, completed }
    }

    /// A command that knows the backend at `url`, and nothing of one that this machine may have.
    fn knows(&self, mut command: Command, place: &Place, url: &str) -> Command {
        let foreign = ["WANDB_", "SWANLAB_", "CLEARML_", "TRAINS_"];
        for (name, _) in std::env::vars() {
            if foreign.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.env("HOME", place.path());
        command.envs([
            ("WANDB_BASE_URL", url),
            ("WANDB_API_KEY", "0123456789012345678901234567890123456789"),
            ("SWANLAB_API_HOST", url),
            ("SWANLAB_API_KEY", "012345678901234567890"),
            ("CLEARML_API_HOST", url),
            ("CLEARML_WEB_HOST", url),
            ("CLEARML_FILES_HOST", url),
            ("CLEARML_API_ACCESS_KEY", "ACCESS"),
            ("CLEARML_API_SECRET_KEY", "s3cret"),
        ]);
        command
    }

    fn export(&self, place: &Place, url: &str) -> Command {
        let line = format!("export run --exporter {}", self.name);
        self.knows(place.loadwright(&line), place, url)
    }
}

/// Four requests, with their refusals in the exit code.
const FOUR: &str = "-n 4 --parallel 2 --max-tokens 4 --no-test-connection --export-failure fail";

/// What is refused for good, whenever data is sent.
const WAYS: [(&str, Way); 8] = [
    ("401", Way::Status("401 Unauthorized", "")),
    ("403", Way::Status("403 Forbidden", "")),
    ("404", Way::Status("404 Not Found", "")),
    ("413", Way::Status("413 Payload Too Large", "")),
    ("429", Way::Status("429 Too Many Requests", "retry-after: 1\r\n")),
    ("500", Way::Status("500 Internal Server Error", "")),
    ("cut", Way::Cut),
    ("hang", Way::Hang),
];

/// What becomes of the data.
#[derive(Debug)]
enum Outcome {
    /// What was refused is lost, which is told so; the ledger has it as dealt with.
    Lost(&'static str),
    /// Nothing was sent, for this reason; the ledger says so, and it can be sent later.
    Unsent(&'static str),
}

/// What an exporter does with a refusal.
fn outcome(exporter: &str, refusal: &str) -> Outcome {
    match (exporter, refusal) {
        ("wandb", "401") => Outcome::Lost("rows, the summary and the files of run"),
        ("wandb", "403") => Outcome::Lost("(HTTP 403: not today)"),
        ("wandb", "404") => Outcome::Lost("(HTTP 404: not today)"),
        ("wandb", "413") => Outcome::Lost("(HTTP 413: not today)"),
        ("swanlab", "401") => Outcome::Unsent("HTTP 401: not today; check the API key"),
        ("swanlab", "403") => Outcome::Lost(" values: HTTP 403: not today"),
        ("swanlab", "404") => Outcome::Lost(" values: HTTP 404: not today"),
        ("swanlab", "413") => Outcome::Lost(" values: HTTP 413: not today"),
        ("clearml", "401") => Outcome::Unsent("401: not today); make another"),
        ("clearml", "403") => Outcome::Unsent("(403: not today); check the user's rights"),
        ("clearml", "404") => Outcome::Lost(" events: ClearML answered events.add_batch with 404"),
        ("clearml", "413") => Outcome::Lost(" event: ClearML answered events.add_batch with 413"),
        (_, "429") => Outcome::Unsent("429"),
        (_, "500") => Outcome::Unsent("500"),
        (_, "cut") => Outcome::Unsent("no response from 127.0.0.1"),
        _ => Outcome::Unsent("no response in the time that was left; no time is left; raise --exp"),
    }
}

/// What the ledger of a run says: the last record that was dealt with, the ending of the point, losses.
fn ledger(place: &Place) -> (i64, String, String) {
    let file = Connection::open(place.run().join("records.db")).expect("the run's records");
    let sql = "SELECT cursor, ending, losses FROM export";
    file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("a row")
}

/// Refuses in each way, all at once, and looks at what comes of it.
fn assert_refusals(start: fn() -> Backend) {
    std::thread::scope(|scope| {
        for (refusal, way) in WAYS {
            scope.spawn(move || assert_refusal(&start(), refusal, way));
        }
    });
}

fn assert_refusal(backend: &Backend, refusal: &str, way: Way) {
    let what = format!("{} {refusal}", backend.name);
    let (place, server) = (Place::new(), server(paced(5, 1)));
    let gate = Gate::before(backend.address);
    let url = format!("http://{}", gate.address);
    gate.refuse(backend.data, way);
    let outcome = outcome(backend.name, refusal);
    let seconds = if refusal < "429" { 60 } else { 8 };
    let line = format!("--visualizer {} {FOUR} --export-timeout {seconds}", backend.name);
    let said = stderr(&ends(backend.knows(place.against(&server, &line), &place, &url), 6));
    assert_eq!(server.counts().received, 4, "{what}");
    assert_eq!(place.summary("parallel_2_number_4")["Success Requests"], 4, "{what}");
    assert!(place.text("performance_summary.txt").contains("Benchmarking summary:"), "{what}");
    let (cursor, ending, losses) = ledger(&place);
    match outcome {
        Outcome::Lost(told) => {
            assert!(said.contains(told) && losses.contains(told), "{what}: {losses} {said}");
            assert!(said.contains("4 records sent"), "{what}: {said}");
            assert_eq!((cursor > 4, ending.as_str()), (true, "completed"), "{what}");
        }
        Outcome::Unsent(told) => {
            assert!(said.contains(told), "{what}: {said}");
            assert!(said.contains("4 of 4 records were not sent: "), "{what}: {said}");
            let sends = format!("`loadwright export ./run --exporter {}` sends", backend.name);
            assert!(said.contains(&sends), "{what}: {said}");
            assert_eq!((cursor, ending.as_str(), losses.as_str()), (0, "", "[]"), "{what}");
            assert_eq!((backend.completed)(), None, "{what}");
            gate.open();
            ends(backend.export(&place, &url), 0);
            assert_sent(backend, &place);
        }
    }
}

/// The backend has everything, and the ledger says so.
fn assert_sent(backend: &Backend, place: &Place) {
    assert_eq!((backend.completed)(), Some(4.0), "{}", backend.name);
    let (cursor, ending, losses) = ledger(place);
    let all = (cursor > 4, ending.as_str(), losses.as_str());
    assert_eq!(all, (true, "completed", "[]"), "{}", backend.name);
}

#[test]
fn each_refusal_of_wandb_is_told_and_in_the_ledger() {
    assert_refusals(Backend::wandb);
}

#[test]
fn each_refusal_of_swanlab_is_told_and_in_the_ledger() {
    assert_refusals(Backend::swanlab);
}

#[test]
fn each_refusal_of_clearml_is_told_and_in_the_ledger() {
    assert_refusals(Backend::clearml);
}

#[test]
fn a_certificate_that_nobody_knows_stops_the_run_and_the_flag_lets_it_pass() {
    for backend in [Backend::wandb(), Backend::swanlab(), Backend::clearml()] {
        let (place, server, name) = (Place::new(), server(paced(5, 1)), backend.name);
        let (gate, certificate) = Gate::with_tls(backend.address);
        let url = format!("https://localhost:{}", gate.address.port());
        std::fs::write(place.path().join("ca.pem"), certificate).expect("it is written");
        let line = format!("--visualizer {name} {FOUR}");
        let said = stderr(&ends(backend.knows(place.against(&server, &line), &place, &url), 6));
        let told = "certificate of localhost is not accepted: UnknownIssuer; give the authority that \
                    issued it with --exporter-ca-cert FILE";
        assert!(said.contains(&format!("plugin `{name}` failed in begin: ")), "{said}");
        assert!(said.contains(told), "{said}");
        assert_eq!((server.counts().received, (backend.completed)()), (0, None), "{name}");
        let line = format!("{line} --exporter-ca-cert ca.pem");
        let said = stderr(&ends(backend.knows(place.against(&server, &line), &place, &url), 0));
        assert!(said.contains(&format!("exporter `{name}`: 4 records sent")), "{said}");
        assert_eq!(server.counts().received, 4, "{name}");
        assert_sent(&backend, &place);
    }
}
