//! The services as an exporter has them.

use super::{Config, Services};
use crate::deadline::Deadline;
use crate::grants::Grants;
use crate::http::Network;
use crate::http::tests::server::{Answer, Server, ok, response};
use crate::secrets::Secret;
use crate::usage::Usage;
use crate::{Quota, clock};
use loadwright_core::export::http::{Request, Retry, Segment, Statement, Value};
use loadwright_core::ports::ExporterServices;
use std::collections::BTreeMap;
use tempfile::TempDir;

const KEY: &str = "key-0123456789";

fn services(folder: &TempDir, server: &Server) -> Services {
    let grants = Grants::parse(&[server.url("")]).expect("grants");
    let secret = Secret { value: KEY.into(), hosts: grants.clone() };
    let config = Config {
        name: "museum".into(),
        grants,
        secrets: BTreeMap::from([("api-key".to_owned(), secret)]),
        network: Network::default(),
        folder: folder.path().join("exports/museum"),
        results: Some(folder.path().to_owned()),
        quota: Quota::default(),
        deadline: Deadline::new(),
        usage: Usage::default(),
    };
    Services::new(config).expect("services")
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
