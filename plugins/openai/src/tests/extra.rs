//! Members that one request brings along.

use super::*;

fn with_extra(extra: &str) -> PromptRequest {
    PromptRequest { extra: extra.into(), ..request(user("x")) }
}

#[test]
fn they_come_after_flags_and_before_extra_arguments() {
    let api = chat(json!({
        "template": {"top_k": 1, "seed": 1, "n": 1, "user": "t"},
        "generation": {"model": "m", "stream": false, "seed": 2, "n": 2},
        "extra_args": {"n": 4, "user": null},
    }));
    let extra = r#"{"model":"other","seed":3,"n":3,"user":"e","top_k":null,"tools":[{"a":1}]}"#;
    let got = body(&api, with_extra(extra));
    let wanted = json!({
        "model": "other", "messages": [{"role": "user", "content": "x"}], "stream": false,
        "seed": 3, "n": 4, "tools": [{"a": 1}],
    });
    assert_eq!(got, wanted);
    let without = body(&api, request(user("x")));
    assert_eq!(
        (&without["model"], &without["seed"], &without["top_k"]),
        (&json!("m"), &json!(2), &json!(1))
    );
}

#[test]
fn each_request_has_its_own() {
    let api = chat(json!({}));
    for model in ["a", "b", "b", "a"] {
        let got = body(&api, with_extra(&json!({"model": model}).to_string()));
        assert_eq!(got["model"], model);
    }
    assert_eq!(body(&api, request(user("x")))["model"], "m");
}

#[test]
fn they_settle_the_limits() {
    let mut limited = with_extra(r#"{"max_tokens":4}"#);
    limited.max_tokens = Some(5);
    assert_eq!(body(&chat(json!({})), limited)["max_tokens"], 4);
    let got = body(&chat(json!({})), with_extra(r#"{"max_tokens":null}"#));
    assert_eq!(got.get("max_tokens"), None);
    let api = chat(json!({"extra_args": {"max_tokens": 7}}));
    assert_eq!(body(&api, with_extra(r#"{"max_tokens":4}"#))["max_tokens"], 7);
}

#[test]
fn a_stream_that_they_turn_off_gets_no_stream_options() {
    let got = body(&chat(json!({})), with_extra(r#"{"stream":false}"#));
    assert_eq!((&got["stream"], got.get("stream_options")), (&json!(false), None));
}

#[test]
fn a_recorded_body_is_given_what_it_lacks_of_them() {
    let mut recorded = with_extra(r#"{"model":"e","seed":3}"#);
    recorded.prompt = Prompt::Body(r#"{"model":"theirs","stream":false}"#.into());
    let wanted = json!({"model": "theirs", "stream": false, "seed": 3, "max_tokens": 9});
    assert_eq!(body(&chat(json!({})), recorded), wanted);
}

#[test]
fn what_is_no_object_is_a_fault() {
    for extra in ["[1]", "{", "7"] {
        let fault = chat(json!({})).format(with_extra(extra));
        assert!(matches!(fault, Err(Fault::Input(_))), "{extra}");
    }
    assert_eq!(body(&chat(json!({})), with_extra("  "))["model"], "m");
}

#[test]
fn tools_and_several_choices_continue_a_conversation_with_the_decoded_message() {
    for (settings, next) in [
        (json!({}), "text"),
        (json!({"extra_args": {"tools": [{}]}}), "decode"),
        (json!({"template": {"functions": [{}]}}), "decode"),
        (json!({"extra_args": {"tools": null}}), "text"),
        (json!({"generation": {"n": 2}}), "decode"),
        (json!({"generation": {"n": 1}}), "text"),
    ] {
        assert_eq!(chat(settings).plan().unwrap().next, next);
    }
}
