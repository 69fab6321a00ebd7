use super::{Failure, answer, graphql};
use crate::fixture::service::Fake;
use crate::fixture::settings;
use crate::graphql::viewer;
use crate::settings::Settings;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::Response;
use serde_json::{Value, json};

fn response(status: u16, body: &str) -> Response {
    let body = body.as_bytes().to_vec();
    Response::new(status, body)
}

#[test]
fn what_may_have_an_effect_later_is_transient() {
    for status in [400, 401, 403, 404, 409, 410, 413, 422, 501, 302] {
        let failure = answer(response(status, "<html>")).unwrap_err();
        let text = format!("HTTP {status}");
        assert_eq!(failure, Failure::Refused { status, text });
    }
    for status in [408, 429, 500, 502, 503, 504] {
        let failure = answer(response(status, r#"{"error":"later"}"#)).unwrap_err();
        let later = Fault::Transient(format!("HTTP {status}: later"));
        assert_eq!(failure, Failure::Unsent(later));
    }
    assert_eq!(answer(response(204, "")), Ok(Value::Null));
    assert_eq!(answer(response(200, "no JSON")), Ok(Value::Null));
}

#[test]
fn what_the_client_met_is_told_as_it_was() {
    let recorded: Value =
        serde_json::from_str(include_str!("../../tests/recordings/refusals.json")).unwrap();
    let failure = |case: &str| {
        let case = &recorded[case];
        let host = Fake::default();
        let status = case["status"].as_u64().unwrap() as u16;
        host.instead("Viewer", status, case["answer"].clone());
        graphql(&host, &settings(), &viewer(), Vec::new()).unwrap_err()
    };
    let refused = |status: u16, text: &str| Failure::Refused { status, text: text.into() };
    assert_eq!(failure("401"), refused(401, "HTTP 401: user is not logged in"));
    assert_eq!(failure("upsert403"), refused(200, "permission denied"));
    assert_eq!(failure("stream404"), refused(404, "HTTP 404: run not found"));
    let text = "HTTP 429: rate limit exceeded".to_owned();
    assert_eq!(failure("stream429"), Failure::Unsent(Fault::Transient(text)));
    assert!(crate::stream::is_stopped(&recorded["stopped"]["answer"]));
}

#[test]
fn faults_of_the_host_keep_their_kind() {
    let host = Fake::default();
    host.cut("Viewer");
    let failure = graphql(&host, &settings(), &viewer(), Vec::new()).unwrap_err();
    assert_eq!(failure.fault(), Fault::Transient("the connection was closed".into()));
    host.0.borrow_mut().instead.push_back(("Viewer", Err(Fault::Fatal("not granted".into()))));
    let failure = graphql(&host, &settings(), &viewer(), Vec::new()).unwrap_err();
    assert_eq!(failure.fault(), Fault::Fatal("not granted".into()));
}

#[test]
fn an_account_of_a_service_names_the_user() {
    let host = Fake::default();
    let settings = Settings { email: "a@b".into(), username: "someone".into(), ..settings() };
    graphql(&host, &settings, &viewer(), Vec::new()).unwrap();
    let seen = host.0.borrow().seen[0].clone();
    let headers = json!(seen.headers);
    assert_eq!(headers[2], json!(["x-wandb-username", "someone"]));
    assert_eq!(headers[3], json!(["x-wandb-user-email", "a@b"]));
}
