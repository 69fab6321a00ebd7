//! The services as an exporter has them.

use super::{Config, Services};
use crate::deadline::Deadline;
use crate::grants::Grants;
use crate::http::Network;
use crate::http::tests::server::{Answer, Server, ok, response};
use crate::secrets::Secret;
use crate::usage::Usage;
use crate::{Quota, clock};
use loadwright_core::export::http::{Keep, Location, Request, Retry, Segment, Statement, Value};
use loadwright_core::ports::ExporterServices;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tempfile::TempDir;

const KEY: &str = "key-0123456789";

fn config(folder: &TempDir, server: &Server) -> Config {
    let grants = Grants::parse(&[server.url("")]).expect("grants");
    let secret = Secret { value: KEY.into(), hosts: grants.clone() };
    Config {
        name: "museum".into(),
        grants,
        secrets: BTreeMap::from([("api-key".to_owned(), secret)]),
        network: Network::default(),
        folder: folder.path().join("exports/museum"),
        results: Some(folder.path().to_owned()),
        quota: Quota::default(),
        deadline: Deadline::new(),
        usage: Usage::default(),
    }
}

fn services(folder: &TempDir, server: &Server) -> Services {
    Services::new(config(folder, server)).expect("services")
}

fn post(server: &Server, body: Vec<Segment>) -> Request {
    Request {
        method: "POST".into(),
        url: server.url("/"),
        headers: vec![("x-key".into(), "{{secret:api-key}}".into())],
        body,
        gzip: false,
        timeout: 60.0,
        retry: Retry::Never,
        keep: Vec::new(),
        max_bytes: u32::MAX,
    }
}

#[test]
fn artifacts_and_the_runs_files_are_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![ok("")]);
    let mut services = services(&folder, &server);
    std::fs::write(folder.path().join("performance_summary.txt"), "report").expect("a file");
    services.put("a.txt", b"artifact ").expect("put");
    let body = ["a.txt", "results/performance_summary.txt"];
    let body = body.map(|name| Segment::Artifact(name.into())).to_vec();
    let responses = services.send(vec![post(&server, body)]);
    assert_eq!(responses[0].as_ref().map(|response| response.status), Ok(200));
    let seen = server.next();
    assert_eq!(
        (seen.body.as_slice(), seen.header("x-key")),
        (b"artifact report".as_slice(), Some(KEY))
    );
    for name in ["../a.txt", "results/records.db", "/etc/passwd", "none"] {
        let responses = services.send(vec![post(&server, vec![Segment::Artifact(name.into())])]);
        assert!(responses[0].is_err(), "{name}");
    }
    assert!(server.is_quiet());
}

#[test]
fn responses_come_in_the_order_of_requests_and_one_fault_does_not_end_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![ok("first"), ok("third")]);
    let mut services = services(&folder, &server);
    let mut refused = post(&server, vec![]);
    refused.url = "http://169.254.169.254/".into();
    let responses = services.send(vec![post(&server, vec![]), refused, post(&server, vec![])]);
    let bodies: Vec<_> = responses.iter().map(|it| it.as_ref().ok().map(|it| &*it.body)).collect();
    assert_eq!(bodies, [Some(b"first".as_slice()), None, Some(b"third")]);
}

#[test]
fn requests_and_responses_of_one_call_are_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = vec![b'x'; 4 << 20];
    let answers = (0..9).map(|_| Answer::Write(response(200, &[], &large))).collect();
    let server = Server::start(answers);
    let mut services = services(&folder, &server);
    let responses = services.send(vec![post(&server, vec![]); 9]);
    let received = responses.iter().filter(|response| response.is_ok()).count();
    assert_eq!(received, 8, "32 MiB");
    let fault = responses[8].as_ref().expect_err("a fault").to_string();
    assert!(fault.contains("responses of one call exceed"), "{fault}");
    let mut refused = post(&server, vec![]);
    refused.url = "http://other.example/".into();
    let responses = services.send(vec![refused; 257]);
    let fault = responses[256].as_ref().expect_err("a fault").to_string();
    assert!(responses.len() == 257 && fault.contains("more than 256 requests"), "{fault}");
}

#[test]
fn what_is_said_holds_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![]);
    let mut services = services(&folder, &server);
    let name = format!("none-{KEY}");
    let sql = Statement { sql: format!("SELECT {KEY:?} FROM \"{KEY}\""), parameters: vec![] };
    let faults = [
        services.read(&name, 0, 1).expect_err("a fault"),
        services.put(&format!("/{KEY}"), b"").expect_err("a fault"),
        services.append(&format!("../{KEY}"), b"").expect_err("a fault"),
        services.entries(&format!("../{KEY}")).expect_err("a fault"),
        services.sqlite("x.db", &[sql]).expect_err("a fault"),
    ];
    for fault in faults {
        let fault = fault.to_string();
        assert!(fault.contains("**********") && !fault.contains(KEY), "{fault}");
    }
    assert_eq!(services.masked(&format!("sent {KEY}")), "sent **********");
}

#[test]
fn tables_and_the_time_are_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![]);
    let mut services = services(&folder, &server);
    let select = Statement { sql: "SELECT ?".into(), parameters: vec![Value::Integer(7.0)] };
    let tables = services.sqlite("x.db", &[select]);
    assert_eq!(tables, Ok(vec![vec![vec![Value::Integer(7.0)]]]));
    let before = clock::seconds_since_epoch();
    let now = services.now();
    assert!(before > 1.7e9 && now >= before && now <= clock::seconds_since_epoch());
}

/// Texts at which rules of URLs, headers, placeholders and names change their answer, and any others.
fn text() -> impl Strategy<Value = String> {
    let known = [
        "http://127.0.0.1:9/x",
        "https://a.example/?k={{secret:api-key}}",
        "http://169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "{{kept:url}}",
        "{{basic:u:api-key}}",
        "GET",
        "authorization",
        "a",
        "a/b",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "results/x",
        "x-wal",
        ".loadwright-unfinished",
    ];
    let known = || select(known.to_vec()).prop_map(str::to_owned);
    prop_oneof![known(), any::<String>(), (known(), any::<String>()).prop_map(|(a, b)| a + &b)]
}

/// Any request that an exporter could ask for.
fn request() -> impl Strategy<Value = Request> {
    let segment = prop_oneof![
        any::<Vec<u8>>().prop_map(Segment::Bytes),
        text().prop_map(Segment::Artifact),
        text().prop_map(Segment::Kept),
    ];
    let keep =
        (text(), text()).prop_map(|(pointer, name)| Keep { at: Location::Pointer(pointer), name });
    let lists = (
        prop::collection::vec((text(), text()), 0..3),
        prop::collection::vec(segment, 0..3),
        prop::collection::vec(keep, 0..3),
    );
    let retry = select(vec![Retry::Never, Retry::Unsent, Retry::Always]);
    let others = (any::<f64>(), any::<bool>(), any::<u32>(), retry);
    (text(), text(), lists, others).prop_map(|(method, url, lists, others)| {
        let ((headers, body, keep), (timeout, gzip, max_bytes, retry)) = (lists, others);
        Request { method, url, headers, body, gzip, timeout, retry, keep, max_bytes }
    })
}

#[test]
fn what_was_not_granted_is_not_reached_whatever_is_asked_for() {
    let around = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![]);
    let services = Config { grants: Grants::default(), ..config(&around, &server) };
    let services = Services::new(Config { folder: around.path().join("own"), ..services });
    let services = RefCell::new(services.expect("services"));
    let files = prop::collection::vec((text(), any::<Vec<u8>>()), 0..4);
    let asked = (prop::collection::vec(request(), 0..3), files);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(400));
    let checked = runner.run(&asked, |(requests, files)| {
        let mut services = services.borrow_mut();
        prop_assert!(services.send(requests).iter().all(Result::is_err));
        for (name, content) in files {
            if services.put(&name, &content).is_ok() {
                prop_assert_eq!(services.read(&name, 0, u32::MAX), Ok(content));
                let entries = services.entries("").expect("a list");
                prop_assert!(entries.iter().any(|entry| entry.name == name));
            }
        }
        let written = std::fs::read_dir(around.path()).expect("a folder");
        prop_assert!(written.flatten().all(|entry| entry.file_name() == "own"));
        Ok(())
    });
    checked.expect("nothing is reached");
    assert!(server.is_quiet());
}
