//! Secrets in headers: filled in for the API plugin, refused where they are not declared.

use super::*;
use loadwright_core::testkit;

fn plan() -> Plan {
    let mut plan = testkit::plan();
    plan.target.secrets = vec![("api-key".into(), "sk-1".into()), ("secret:b".into(), "s2".into())];
    plan
}

fn head(value: &str) -> Head {
    let headers = vec![("x-key".into(), value.into())];
    Head { method: "POST".into(), path: None, headers }
}

#[test]
fn headers_of_the_api_get_their_secrets() {
    let mut head = head("{{api-key}}:{{secret:b}}");
    fill_secrets(&plan(), &mut head).expect("both were given");
    assert_eq!(head.headers, [("x-key".to_owned(), "sk-1:s2".to_owned())]);
}

#[test]
fn a_secret_that_is_not_declared_is_refused_by_name() {
    let failure = fill_secrets(&plan(), &mut head("{{secret:other}}")).unwrap_err().to_string();
    assert_eq!(
        failure,
        "plugin `openai` failed in format: its header `x-key`: {{secret:other}} is not declared; name \
         it in needs.secrets of the manifest"
    );
}

#[test]
fn a_dataset_has_no_secrets() {
    let headers = |value: &str| vec![("x-key".to_owned(), value.to_owned())];
    check_turn(&plan(), &headers("{{turn}}")).expect("it names no secret");
    for value in ["{{api-key}}", "a {{secret:b}}"] {
        let failure = check_turn(&plan(), &headers(value)).unwrap_err().to_string();
        assert_eq!(
            failure,
            "plugin `random` failed in generate: its header `x-key` names a secret, which only API \
             plugins may"
        );
    }
}
