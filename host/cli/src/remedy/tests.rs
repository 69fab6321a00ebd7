use super::{describe, refused_member};
use loadwright_core::outcome::Outcome;
use loadwright_engine::{FailedProbe, ProbeFailure};

fn said(outcome: Outcome, detail: &str, location: Option<&str>) -> String {
    let location = location.map(str::to_owned);
    let failure = FailedProbe { outcome, detail: detail.into(), location };
    describe(&ProbeFailure::Failed { url: "http://h/v1".into(), failure })
}

#[test]
fn the_refused_member_is_found_where_servers_name_it() {
    let cases = [
        (r#"{"error": {"message": "no", "param": "top_k"}}"#, Some("top_k")),
        (r#"{"object": "error", "param": "max_tokens"}"#, Some("max_tokens")),
        (r#"{"error": {"message": "no", "param": null}}"#, None),
        (r#"{"detail": [{"loc": ["body", "messages", 0, "role"]}]}"#, Some("messages.0.role")),
        (r#"{"detail": "Not found"}"#, None),
        (r#"{"message": "[{'type': 'extra', 'loc': ('body', 'foo'), 'msg': 'no'}]"}"#, Some("foo")),
        ("<html>", None),
    ];
    for (body, wanted) in cases {
        assert_eq!(refused_member(body).as_deref(), wanted, "{body}");
    }
}

#[test]
fn the_remedy_follows_what_the_test_came_to() {
    let member = |name: &str| format!("{{\"error\": {{\"param\": \"{name}\"}}}}");
    let top_k = said(Outcome::Status(400), &member("top_k"), None);
    assert!(top_k.ends_with(
        "the server refused `top_k`: change --top-k, or set or remove it with --extra-args, \
         e.g. '{\"top_k\": null}'"
    ));
    let other = said(Outcome::Status(422), &member("stream_options"), None);
    assert!(other.contains("refused `stream_options`: set or remove it"), "{other}");
    let moved = said(Outcome::Status(308), "", Some("https://h/v1/"));
    assert!(moved.ends_with("redirects to https://h/v1/; give that address with --url"));
    let cases = [
        (Outcome::Status(400), "--extra-args"),
        (Outcome::Status(401), "; check --api-key"),
        (Outcome::Status(404), "--model"),
        (Outcome::Status(503), "--wait-for-server SECONDS"),
        (Outcome::Refused, "--wait-for-server SECONDS"),
        (Outcome::Tls, "--ca-cert"),
        (Outcome::Dns, "the host's name in --url"),
        (Outcome::Malformed, "check --url, or skip the test with --no-test-connection"),
    ];
    for (outcome, wanted) in cases {
        let said = said(outcome, "a\n  b", None);
        assert!(said.contains(wanted) && said.contains(": a b; "), "{said}");
    }
}
