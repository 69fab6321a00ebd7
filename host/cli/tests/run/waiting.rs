//! A server that is not there yet, or refuses the connection test: said at once, waited for, and
//! with the remedy that fits.

use super::scripted::{answering, reply};
use super::{Place, code, ends, start, stderr, stdout};
use loadwright_sim::{Config, Fault, Model, Script, Server};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;

#[test]
fn a_server_that_is_not_there_yet_is_named_at_once_and_waited_for() {
    let place = Place::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = free.local_addr().expect("it is bound");
    drop(free);
    let line = format!("--model m --url http://{listen}/v1/completions -n 1 --max-tokens 1");
    let mut child = start(place.perf(&format!("{line} --wait-for-server 600")));
    let mut said = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let refused = said.by_ref().map_while(Result::ok).find(|line| line.contains("refused"));
    let refused = refused.expect("a line says what is wrong");
    assert!(refused.contains("Connection refused"), "{refused}");
    assert!(refused.contains("; trying again for 600 s (--wait-for-server)"), "{refused}");
    let config = Config { listen, model: Model::Unpaced, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let rest: Vec<String> = said.map_while(Result::ok).collect();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 0, "{rest:?}");
    assert_eq!(server.counts().received, 2, "the test's request and the measured one");
}

#[test]
fn a_server_that_is_not_waited_for_is_asked_once() {
    let place = Place::new();
    let status = Fault::Status { code: 503, retry_after: None, body: Some("loading".into()) };
    let script = Script::always([status]);
    let config = Config { model: Model::Unpaced, script, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let output = ends(place.against(&server, "-n 1 --wait-for-server 0"), 1);
    assert_eq!(server.counts().received, 1);
    let said = stderr(&output);
    assert!(said.contains("http_503: loading; --wait-for-server SECONDS waits longer"), "{said}");
    assert!(!said.contains("trying again"), "{said}");
}

#[test]
fn a_busy_server_is_named_at_once() {
    for status in [429, 503] {
        let place = Place::new();
        let fault = Fault::Status { code: status, retry_after: None, body: Some("busy".into()) };
        let script = Script::requests(0..=0, [fault]);
        let config = Config { model: Model::Unpaced, script, ..Config::default() };
        let server = Server::start(config).expect("it starts");
        let output = ends(place.against(&server, "-n 1 --max-tokens 1"), 0);
        let said = stderr(&output);
        assert!(said.contains(&format!("yet: http_{status}: busy; trying again for ")), "{said}");
        assert!(stdout(&output).contains("Verdict: "), "{}", stdout(&output));
    }
}

#[test]
fn the_remedy_names_what_the_server_refused_or_where_it_redirects() {
    let param = r#"{"error": {"message": "unknown field", "param": "top_k"}}"#;
    let detail = r#"{"detail": [{"loc": ["body", "messages", 0, "name"], "msg": "no"}]}"#;
    let location = "location: http://elsewhere.invalid/v1/chat/completions\r\n";
    let cases = [
        ("400 Bad Request", "", param, "the server refused `top_k`: change --top-k, or set or"),
        ("422 Unprocessable", "", detail, "the server refused `messages.0.name`: set or remove"),
        (
            "307 Temporary Redirect",
            location,
            "",
            "redirects to http://elsewhere.invalid/v1/chat/completions; give that address",
        ),
        ("403 Forbidden", "", "no", "; check --api-key"),
    ];
    for (status, headers, body, wanted) in cases {
        let place = Place::new();
        let server = answering(reply(status, headers, body));
        let line = format!("--model m --url http://{server}/v1/chat/completions -n 1 --top-k 3");
        let said = stderr(&ends(place.perf(&line), 1));
        assert!(said.contains(wanted), "{said}");
    }
}
