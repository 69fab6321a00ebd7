//! The exporter against a service in memory.

use super::{REPORT, Wandb};
use crate::fixture::service::{Fake, column};
use crate::fixture::{run, summary};
use loadwright_plugin::{Ack, EndReason, Fault, Point, Row, Run, Summary};
use serde_json::json;

const ID: &str = "0123456789ab-0";

fn exporter(host: &Fake, settings: serde_json::Value) -> Wandb<Fake> {
    let settings = json!({"settings": settings, "secrets": ["api-key"]}).to_string();
    Wandb::new(host.clone(), &settings).unwrap()
}

fn online(host: &Fake) -> Wandb<Fake> {
    exporter(host, json!({"interval": 5.0}))
}

fn point(index: u32) -> Point {
    Point {
        index,
        name: format!("parallel {}", index + 1),
        origin: 100.0,
        settings: json!({"parallel": index + 1}).to_string(),
        extra: String::new(),
    }
}

fn rows(at: std::ops::Range<u32>) -> Vec<Row> {
    let row = |n: u32| Row {
        at: f64::from(n) + 1.0,
        values: vec![Some(f64::from(n) * 10.0), None],
        extra: String::new(),
    };
    at.map(row).collect()
}

/// The host's side: each call's state, where there is one, replaces the last.
struct Driver {
    host: Fake,
    exporter: Wandb<Fake>,
    state: String,
    losses: Vec<String>,
}

impl Driver {
    fn new(host: &Fake) -> Self {
        host.0.borrow_mut().now = 100.0;
        let (host, exporter) = (host.clone(), online(host));
        Self { host, exporter, state: String::new(), losses: Vec::new() }
    }

    /// Calls until it succeeds, as the host does where a fault is transient.
    fn call(&mut self, mut call: impl FnMut(&mut Wandb<Fake>) -> Result<Ack, Fault>) -> Ack {
        loop {
            match call(&mut self.exporter) {
                Err(Fault::Transient(_)) => {}
                ack => return self.take(ack),
            }
        }
    }

    fn take(&mut self, ack: Result<Ack, Fault>) -> Ack {
        let ack = ack.unwrap();
        self.state = ack.state.clone().unwrap_or_else(|| self.state.clone());
        self.losses.extend(ack.losses.clone());
        ack
    }

    fn begin(&mut self, points: &[&str]) {
        let run = Run { resume: self.state.clone(), ..run(points) };
        let ack = self.exporter.begin(run);
        self.take(ack);
    }

    fn begin_point(&mut self, index: u32) -> Ack {
        self.call(|exporter| exporter.begin_point(&point(index)))
    }

    /// A row a second.
    fn rows(&mut self, at: std::ops::Range<u32>) -> Option<String> {
        let mut stop = None;
        for row in rows(at) {
            self.host.0.borrow_mut().now = 100.0 + row.at;
            let ack = self.call(|exporter| exporter.progress(std::slice::from_ref(&row)));
            stop = stop.or(ack.stop);
        }
        stop
    }

    fn end_point(&mut self, reason: EndReason) {
        self.call(|exporter| exporter.end_point(&summary(reason)));
    }

    fn end(&mut self, reason: EndReason) {
        self.call(|exporter| exporter.end(reason));
    }

    /// A new instance in place of one that was lost.
    fn restart(&mut self) {
        self.exporter = online(&self.host);
        self.begin(&["parallel 1"]);
        self.begin_point(0);
    }
}

fn expected(count: u32) -> Vec<f64> {
    (0..count).map(|n| f64::from(n) * 10.0).collect()
}

#[test]
fn a_run_has_a_line_a_row_and_is_complete() {
    let host = Fake::default();
    host.0.borrow_mut().files.insert(REPORT.into(), b"the report".to_vec());
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    let links = driver.begin_point(0).links;
    assert_eq!(links, [format!("https://wandb.ai/team/perf_benchmark/runs/{ID}")]);
    driver.rows(0..12);
    driver.end_point(EndReason::Completed);
    driver.end(EndReason::Completed);
    let kept = host.run(ID);
    assert_eq!(column(&kept.history, "request_rate"), expected(12));
    assert_eq!(column(&kept.history, "_step"), (0..13).map(f64::from).collect::<Vec<_>>());
    assert_eq!(column(&kept.history, "time")[..2], [1.0, 2.0]);
    assert_eq!(kept.history[12]["percentiles"]["nrows"], 1);
    assert_eq!(kept.summary["ttft_p99"], 0.4);
    assert_eq!(kept.summary["_wandb"]["runtime"], 10.0);
    assert_eq!(kept.exit, Some(0));
    let world = host.0.borrow();
    assert_eq!(world.uploads["performance_summary.txt"], b"the report");
    assert_eq!(world.uploads["benchmark_summary.json"], br#"{"a":1}"#);
    assert_eq!(kept.uploaded.len(), 4);
    assert!(driver.losses.is_empty(), "{:?}", driver.losses);
    // 12 rows, a request each 5 s; the beginning, the end and the report beside them.
    assert_eq!(world.seen.iter().filter(|seen| seen.what() == "file_stream").count(), 6);
}

#[test]
fn the_log_says_when_a_run_began_and_how_it_ended() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    driver.rows(0..3);
    driver.restart();
    host.cut("file_stream");
    driver.end_point(EndReason::Failed);
    driver.end(EndReason::Failed);
    let log = host.run(ID).log;
    assert_eq!(
        log[0],
        "1970-01-01T00:01:40.000000 loadwright 0.1.0: parallel 1 of run 0123456789abcdef"
    );
    assert_eq!(log[1], "1970-01-01T00:01:50.000000 warning: the client was slow");
    assert_eq!(log[3], "ERROR 1970-01-01T00:01:50.000000 the point failed");
    assert_eq!(log.len(), 4);
}

#[test]
fn the_key_goes_to_the_api_alone() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    driver.end_point(EndReason::Completed);
    for seen in &host.0.borrow().seen {
        let key = seen.headers.iter().find(|(name, _)| name == "authorization");
        let expected = (seen.method == "POST").then_some("Basic {{basic:api:api-key}}");
        assert_eq!(key.map(|(_, value)| value.as_str()), expected, "{}", seen.url);
        assert_eq!(seen.method == "PUT", !seen.url.starts_with("https://api.wandb.ai/"));
    }
}

#[test]
fn each_point_of_a_sweep_is_a_run_of_one_group() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1", "parallel 2"]);
    for index in 0..2 {
        driver.begin_point(index);
        driver.rows(0..2);
        driver.end_point(EndReason::Completed);
    }
    driver.end(EndReason::Completed);
    let made = host.bodies("UpsertBucket");
    assert_eq!(made.len(), 2);
    assert_eq!(made[1]["variables"]["name"], "0123456789ab-1");
    assert_eq!(made[1]["variables"]["displayName"], "model_20260101 / parallel 2");
    assert!(made.iter().all(|made| made["variables"]["groupName"] == "model_20260101"));
    assert_eq!(column(&host.run("0123456789ab-1").history, "request_rate"), expected(2));
}

#[test]
fn whatever_keeps_a_run_from_being_sent_is_found_before_it() {
    let refused = json!({"errors": [{"message": "user is not logged in"}]});
    for (what, status, body, said) in [
        ("Viewer", 401, refused.clone(), "API key was refused (HTTP 401: user is not logged in)"),
        ("Viewer", 200, json!("<html>"), "is it the API of Weights & Biases?"),
        ("UpsertBucket", 403, json!({"error": "permission denied"}), "HTTP 403: permission denied"),
        ("UpsertBucket", 200, refused, "user is not logged in"),
        ("UpsertBucket", 200, json!({"data": {}}), "whose run"),
        ("Viewer", 500, json!({}), "HTTP 500"),
    ] {
        let host = Fake::default();
        host.instead(what, status, body);
        let fault = online(&host).begin(run(&["parallel 1"])).unwrap_err();
        assert!(format!("{fault:?}").contains(said), "{what} {status}: {fault:?}");
    }
}

#[test]
fn a_new_instance_doubles_nothing_and_loses_nothing() {
    // The instance ends after each number of rows; the host then gives rows again, or does not.
    for lost_after in 0..12 {
        for again in 0..4 {
            let host = Fake::default();
            let mut driver = Driver::new(&host);
            driver.begin(&["parallel 1"]);
            driver.begin_point(0);
            driver.rows(0..lost_after);
            driver.restart();
            driver.rows(lost_after.saturating_sub(again)..12);
            driver.end_point(EndReason::Completed);
            let kept = host.run(ID);
            assert_eq!(column(&kept.history, "request_rate"), expected(12), "{lost_after} {again}");
            assert_eq!(kept.history.len(), 13);
        }
    }
}

#[test]
fn a_response_that_was_lost_doubles_nothing() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    let stored = driver.state.clone();
    driver.rows(0..7);
    // The service has lines that the stored state does not know of.
    driver.state = stored;
    driver.restart();
    driver.rows(0..9);
    driver.end_point(EndReason::Completed);
    assert_eq!(column(&host.run(ID).history, "request_rate"), expected(9));
}

#[test]
fn lines_are_sent_again_while_the_service_is_away() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    host.instead("file_stream", 503, json!({}));
    driver.begin_point(0);
    host.cut("file_stream");
    host.instead("file_stream", 429, json!({}));
    driver.rows(0..20);
    host.cut("file_stream");
    driver.end_point(EndReason::Completed);
    assert_eq!(column(&host.run(ID).history, "request_rate"), expected(20));
    assert!(driver.losses.is_empty(), "{:?}", driver.losses);
}

#[test]
fn what_cannot_be_sent_at_the_end_is_a_fault_and_is_sent_later() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    driver.rows(0..3);
    host.cut("file_stream");
    let failed = driver.exporter.end_point(&summary(EndReason::Completed));
    assert!(matches!(failed, Err(Fault::Transient(_))), "{failed:?}");
    assert_eq!(host.run(ID).exit, None);
    driver.end_point(EndReason::Completed);
    let kept = host.run(ID);
    assert_eq!((kept.history.len(), kept.exit), (4, Some(0)));
}

#[test]
fn refusals_are_losses_with_a_count() {
    for (status, said) in [
        (404, "8 rows, the summary and the files of run 0123456789ab-0 (HTTP 404: gone)"),
        (403, "8 rows, the summary and the files of run 0123456789ab-0 (HTTP 403: gone)"),
        (413, "5 rows of run 0123456789ab-0 (HTTP 413: too large for the server)"),
    ] {
        let host = Fake::default();
        let mut driver = Driver::new(&host);
        driver.begin(&["parallel 1"]);
        driver.begin_point(0);
        host.instead("file_stream", status, json!({"error": "gone"}));
        driver.rows(0..7);
        driver.end_point(EndReason::Completed);
        assert_eq!(driver.losses, [said]);
        let after = host.run(ID);
        assert_eq!(after.exit.is_some(), status == 413);
        assert_eq!(after.history.len(), if status == 413 { 3 } else { 0 });
    }
}

#[test]
fn files_that_are_refused_are_losses_by_name() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    host.instead("PUT", 403, json!({}));
    driver.end_point(EndReason::Completed);
    assert_eq!(driver.losses, ["1 file: benchmark_summary.json (HTTP 403)"]);
    assert_eq!(host.run(ID).uploaded.len(), 2);
    assert_eq!(host.run(ID).exit, Some(0));
}

#[test]
fn a_run_that_is_stopped_in_its_page_stops() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    assert_eq!(driver.begin_point(0).stop, None);
    assert_eq!(driver.rows(0..3), None);
    host.0.borrow_mut().stopped = true;
    assert!(driver.rows(3..7).unwrap().contains("stopped in its page"));
    driver.end_point(EndReason::Interrupted);
    assert_eq!(host.run(ID).exit, Some(255));
}

#[test]
fn a_failure_raises_an_alert_once() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    driver.end_point(EndReason::Failed);
    driver.end(EndReason::Failed);
    let alerts = host.bodies("NotifyScriptableRunAlert");
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["variables"]["text"], "the client was slow");
    assert_eq!(host.run(ID).exit, Some(1));
}

#[test]
fn a_run_that_ends_before_or_within_its_point_is_ended_there() {
    for begun in [false, true] {
        let host = Fake::default();
        let mut driver = Driver::new(&host);
        driver.begin(&["parallel 1"]);
        if begun {
            driver.begin_point(0);
            driver.rows(0..2);
        }
        driver.end(EndReason::Failed);
        assert_eq!(host.run(ID).exit, Some(1), "{begun}");
        assert_eq!(host.run(ID).history.len(), if begun { 2 } else { 0 });
    }
}

#[test]
fn a_run_of_the_users_own_id_goes_on() {
    let own = |host: &Fake, resume: &str| {
        exporter(host, json!({"run_id": "mine", "resume": resume})).begin(run(&["parallel 1"]))
    };
    let host = Fake::default();
    assert!(format!("{:?}", own(&host, "must")).contains("no run `mine`"));
    assert!(own(&host, "never").is_ok());
    assert!(format!("{:?}", own(&host, "never")).contains("already"));
    host.0.borrow_mut().runs.get_mut("mine").unwrap().history = vec![json!({}), json!({})];
    host.0.borrow_mut().runs.get_mut("mine").unwrap().log = vec!["before".into()];
    let mut exporter = exporter(&host, json!({"run_id": "mine", "resume": "must"}));
    exporter.begin(run(&["parallel 1"])).unwrap();
    exporter.begin_point(&point(0)).unwrap();
    exporter.progress(&rows(0..3)).unwrap();
    exporter
        .end_point(&Summary { distributions: vec![], ..summary(EndReason::Completed) })
        .unwrap();
    assert_eq!(column(&host.run("mine").history, "_step"), [2.0, 3.0, 4.0]);
    let log = host.run("mine").log;
    assert_eq!((log[0].as_str(), log.len()), ("before", 4));
}

#[test]
fn disabled_asks_for_nothing() {
    let host = Fake::default();
    let mut exporter = exporter(&host, json!({"mode": "disabled"}));
    exporter.begin(run(&["parallel 1"])).unwrap();
    exporter.begin_point(&point(0)).unwrap();
    exporter.progress(&rows(0..3)).unwrap();
    exporter.end_point(&summary(EndReason::Completed)).unwrap();
    exporter.end(EndReason::Completed).unwrap();
    assert!(host.0.borrow().seen.is_empty() && host.0.borrow().files.is_empty());
}

#[test]
fn a_state_that_cannot_be_read_is_named() {
    let given = Run { resume: "{".into(), ..run(&["p"]) };
    let fault = online(&Fake::default()).begin(given).unwrap_err();
    assert!(format!("{fault:?}").contains("state"));
}

#[test]
fn what_the_host_does_not_send_is_kept_for_later() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    let stopped = Fault::Fatal("the user stopped it".into());
    driver.rows(0..7);
    host.0.borrow_mut().instead.push_back(("file_stream", Err(stopped.clone())));
    assert_eq!(driver.exporter.end_point(&summary(EndReason::Interrupted)), Err(stopped));
    driver.restart();
    driver.end_point(EndReason::Interrupted);
    assert_eq!(column(&host.run(ID).history, "request_rate"), expected(7));
    assert!(driver.losses.is_empty());
}

#[test]
fn a_point_that_has_ended_is_not_begun_again() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    driver.rows(0..3);
    driver.end_point(EndReason::Completed);
    let whole = host.run(ID);
    driver.restart();
    driver.end_point(EndReason::Completed);
    driver.end(EndReason::Completed);
    assert_eq!(host.run(ID), whole);
}

#[test]
fn a_stored_run_is_sent_in_requests_of_bounded_size() {
    let host = Fake::default();
    let mut driver = Driver::new(&host);
    driver.begin(&["parallel 1"]);
    driver.begin_point(0);
    for at in 0..20 {
        let ack = driver.call(|exporter| exporter.progress(&rows(at * 1000..(at + 1) * 1000)));
        assert!(ack.state.unwrap().len() < 1 << 19);
    }
    driver.end_point(EndReason::Completed);
    assert_eq!(column(&host.run(ID).history, "request_rate"), expected(20_000));
    assert!(host.0.borrow().seen.iter().all(|seen| seen.body.len() < 1 << 20));
}
