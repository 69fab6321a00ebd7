//! Heads of requests: what plugins may put into them, and the user's headers.

use crate::raw_server::{next_request, reply, silent};
use crate::rig::{Bench, fast, plan, start};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Plan;
use loadwright_engine::{Patience, probe};
use std::io::Write as _;
use std::sync::Arc;

/// A head that would be sent as another request, or as none, fails the request; the server receives
/// nothing.
#[test]
fn a_forbidden_head_from_a_plugin_fails_its_request() {
    let headers = [
        ("Content-Length", "3", "`Content-Length`"),
        ("transfer-encoding", "chunked", "`transfer-encoding`"),
        ("connection", "close", "`connection`"),
        ("accept-encoding", "gzip", "`accept-encoding`"),
        ("host", "elsewhere", "`host`"),
        ("x-a", "1\r\nx-b: 2", "`x-a`"),
        ("x-a: 1\r\nx-b", "2", "x-b` is not a header's name"),
    ];
    let server = start(fast());
    for (name, value, words) in headers {
        let mut formatted = Bench::new(plan(&server.url()));
        formatted.api.headers = vec![(name, value)];
        let mut generated = Bench::new(plan(&server.url()));
        generated.dataset.headers = vec![(name, value)];
        for (bench, call) in [(formatted, "format"), (generated, "generate")] {
            let run = bench.run();
            let error = &run.only().error;
            assert_eq!(run.only().outcome, Outcome::Plugin, "{error}");
            assert!(error.contains(call) && error.contains(words), "{error}");
        }
    }
    let mut bench = Bench::new(plan(&server.url()));
    bench.api.path = Some("/x HTTP/1.1\r\nx-b: 2\r\n\r\n");
    let ports = bench.ports();
    let plan = Arc::new(bench.plan.clone());
    let patience = Patience { limit: None, on_wait: &|_| {} };
    let probed = probe(&plan, 0, &ports, &bench.control, &patience).unwrap_err().to_string();
    assert!(probed.contains("the path `/x HTTP/1.1\\r\\n"), "{probed}");
    assert_eq!(bench.run().only().outcome, Outcome::Plugin);
    assert_eq!(server.counts().received, 0);
}

/// An ingress routes by the host that a request names, not by the address it came to.
#[test]
fn the_users_host_header_replaces_the_urls() {
    let (listener, url) = silent();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = vec![0; 4096];
        let length = stream.peek(&mut head).unwrap();
        next_request(&mut stream).unwrap();
        stream.write_all(reply(1).as_bytes()).unwrap();
        String::from_utf8(head[..length].to_vec()).unwrap()
    });
    let mut plan: Plan = plan(&url);
    plan.target.headers = vec![("Host".into(), "service.example:81".into())];
    Bench::new(plan).run().assert_all_ok(1);
    let head = server.join().unwrap().to_lowercase();
    let hosts: Vec<_> = head.lines().filter(|line| line.starts_with("host:")).collect();
    assert_eq!(hosts, ["host: service.example:81"]);
}
