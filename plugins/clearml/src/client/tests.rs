//! The client: tokens, envelopes, uploads.

use super::*;
use crate::fake::{Fake, envelope, taken};
use crate::state::Task;
use loadwright_plugin::Fault;

fn client(fake: &Fake, extra: &str, secrets: &str) -> Client {
    let json = format!(
        r#"{{"settings":{{"api_host":"http://server:8008","access_key":"AK"{extra}}},"secrets":{secrets}}}"#
    );
    let settings = Settings::read(&json).expect("settings");
    let crate::settings::Mode::Online(auth) = settings.mode.clone() else { panic!("offline") };
    let mut client = Client::new(fake.host(), &settings, auth);
    client.set_tool("loadwright 0.1.0");
    client
}

fn with_keys(fake: &Fake) -> Client {
    client(fake, r#","files_host":"http://server:8081/""#, r#"["secret-key"]"#)
}

fn exchange(name: &str, action: &str) -> Value {
    let recordings = match name {
        "online" => include_str!("../../tests/recordings/online.json"),
        _ => include_str!("../../tests/recordings/crash.json"),
    };
    let all: Vec<Value> = serde_json::from_str(recordings).expect("JSON");
    let ends = |one: &Value| one["path"].as_str().is_some_and(|path| path.ends_with(action));
    all.into_iter().find(ends).expect("an exchange")
}

#[test]
fn signing_in_is_that_of_the_sdk() {
    let fake = Fake::new();
    with_keys(&fake).sign_in().expect("signed in");
    let sent = fake.of("auth.login").remove(0);
    let theirs = exchange("online", "auth.login");
    assert_eq!(sent.url, format!("http://server:8008{}", theirs["path"].as_str().expect("text")));
    // The host makes of it what the SDK sent: base64 of the access key, a colon and the secret key.
    assert_eq!(sent.headers["authorization"], "Basic {{basic:AK:secret-key}}");
    assert!(theirs["headers"]["Authorization"].as_str().is_some_and(|it| it.starts_with("Basic ")));
    assert_eq!(*fake.kept.borrow(), ["token"]);
}

#[test]
fn calls_have_the_path_and_the_headers_of_the_sdk() {
    let fake = Fake::new();
    with_keys(&fake).call("projects.create", &json!({}), Retry::Unsent).expect("an answer");
    let sent = fake.of("projects.create").remove(0);
    let theirs = exchange("online", "projects.create");
    assert_eq!(sent.url, format!("http://server:8008{}", theirs["path"].as_str().expect("text")));
    for name in theirs["headers"].as_object().expect("headers").keys() {
        assert!(sent.headers.contains_key(&name.to_lowercase()), "{name}");
    }
    assert_eq!(sent.headers["content-type"], "application/json");
    assert_eq!(sent.headers["authorization"], "Bearer {{kept:token}}");
    assert_eq!(sent.headers["x-clearml-client"], "loadwright-0.1.0");
}

#[test]
fn a_token_of_the_user_is_used_as_it_is() {
    let fake = Fake::new();
    let client = client(&fake, "", r#"["auth-token","secret-key"]"#);
    client.sign_in().expect("nothing to do");
    client.call("tasks.ping", &json!({}), Retry::Always).expect("an answer");
    assert_eq!(fake.actions(), ["tasks.ping"]);
    assert_eq!(fake.of("tasks.ping")[0].headers["authorization"], "Bearer {{secret:auth-token}}");
}

#[test]
fn a_token_that_has_expired_is_replaced_once() {
    let fake = Fake::new();
    let client = with_keys(&fake);
    let seen = std::cell::Cell::new(0);
    fake.answer(move |sent| match sent.action() {
        "tasks.ping" if seen.replace(seen.get() + 1) == 0 => {
            Ok(envelope(401, "expired", &json!({})))
        }
        _ => Ok(taken(sent)),
    });
    client.call("tasks.ping", &json!({}), Retry::Always).expect("an answer");
    assert_eq!(fake.actions(), ["tasks.ping", "auth.login", "tasks.ping"]);
}

#[test]
fn a_token_that_is_refused_again_is_a_fault_that_names_the_key() {
    let fake = Fake::answering(|sent| match sent.action() {
        "auth.login" => Ok(taken(sent)),
        _ => Ok(envelope(401, "invalid token", &json!({}))),
    });
    let failure =
        with_keys(&fake).call("tasks.ping", &json!({}), Retry::Always).expect_err("refused");
    assert_eq!(fake.actions(), ["tasks.ping", "auth.login", "tasks.ping"]);
    let Fault::Fatal(text) = failure.fault else { panic!("{failure:?}") };
    assert!(text.contains("does not accept the key") && text.contains("invalid token"), "{text}");
}

#[test]
fn an_answer_may_say_the_code_in_its_envelope_alone() {
    let fake = Fake::answering(|_| {
        Ok((200, json!({ "meta": { "result_code": 400, "result_msg": "Invalid task id" } })))
    });
    let failure =
        with_keys(&fake).call("tasks.ping", &json!({}), Retry::Always).expect_err("refused");
    assert_eq!(failure, Failure::answered("tasks.ping", 400, "Invalid task id"));
}

#[test]
fn what_is_no_api_is_told_with_the_port() {
    let fake = Fake::answering(|_| Ok((200, json!("<!doctype html>"))));
    let failure = with_keys(&fake).sign_in().expect_err("not ClearML");
    let Fault::Fatal(text) = failure.fault else { panic!("{failure:?}") };
    assert!(text.contains("http://server:8008 does not answer as ClearML's API"), "{text}");
}

#[test]
fn faults_of_the_host_keep_their_kind() {
    let fake = Fake::answering(|_| Err(Fault::Transient("no response".into())));
    let failure = with_keys(&fake).sign_in().expect_err("no response");
    assert_eq!(failure.fault, Fault::Transient("auth.login: no response".into()));
}

#[test]
fn uploads_are_those_of_the_sdk() {
    let fake = Fake::answering(|_| Ok((200, json!(""))));
    let theirs = exchange("online", "/files");
    let content = b"{\n    \"a\": 1\n}".to_vec();
    let artifact = Artifact { key: "res", file: "res.json", mime: "application/json", content };
    let body = theirs["body"].as_str().expect("text");
    let id = body.split("model_20260101.").nth(1).expect("an id")[..32].to_owned();
    let task = Task { id, name: "model_20260101".into(), ..Task::default() };
    let path = artifact.path("perf_benchmark", &task);
    let uri = with_keys(&fake).upload("http://server:8081", &path, &artifact).expect("uploaded");
    assert_eq!(uri, format!("http://server:8081/{path}"));
    let sent = fake.sent.borrow()[0].clone();
    assert_eq!(sent.url, "http://server:8081");
    let boundary = |kind: &str| kind.split("boundary=").nth(1).expect("a boundary").to_owned();
    let ours = String::from_utf8(sent.body).expect("text");
    let ours = ours.replace(&boundary(&sent.headers["content-type"]), "BOUNDARY");
    let kind = theirs["headers"]["Content-Type"].as_str().expect("text");
    assert_eq!(ours, body.replace(&boundary(kind), "BOUNDARY"));
}

#[test]
fn messages_of_servers_are_one_short_line() {
    assert_eq!(message(b"<h1>\n Bad\tGateway\x1b[31m </h1>"), "<h1> Bad Gateway [31m </h1>");
    assert_eq!(message(b""), "no reason");
    assert_eq!(message("é".repeat(9999).as_bytes()).chars().count(), SHOWN);
}
