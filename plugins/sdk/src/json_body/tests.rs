//! Merging, limits and places, as bodies written out by hand.

use super::*;
use crate::body::shown;
use crate::{HeldText, Part, Prompt, message, request};
use serde_json::json;

fn written(given: Value, request: &PromptRequest) -> Value {
    let mut all = json!({"url": "http://h/"});
    for (name, value) in given.as_object().unwrap() {
        all[name] = value.clone();
    }
    let given: Api = serde_json::from_value(all).unwrap();
    let bodies = JsonBody::new(&given, &["prompt"]).unwrap();
    let bodies = bodies.limits("max_tokens", Some("options/min_tokens"));
    let body = bodies.write(request, |body, key| {
        body.string(&format!("the {key}"));
        Ok(())
    });
    serde_json::from_str(&shown(&body.unwrap().finish())).unwrap()
}

fn text(text: &str) -> PromptRequest {
    request(Prompt::Text(text.into()))
}

#[test]
fn the_last_of_four_sources_wins_and_null_deletes() {
    let given = json!({
        "template": {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1},
        "generation": {"b": 2, "c": 2, "d": 2, "model": "m"},
        "extra_args": {"d": 4, "e": null},
    });
    let mut request = text("x");
    request.extra = r#"{"c":3,"d":3,"e":3,"a":null}"#.into();
    let wanted = json!({"b": 2, "c": 3, "d": 4, "model": "m", "prompt": "the prompt"});
    assert_eq!(written(given, &request), wanted);
}

#[test]
fn limits_of_a_request_are_members() {
    let limits = |generation: Value, most, least| {
        let mut request = text("x");
        (request.max_tokens, request.min_tokens) = (most, least);
        let got = written(json!({"generation": generation}), &request);
        json!([got.get("max_tokens"), got.pointer("/options/min_tokens")])
    };
    let configured = json!({"max_tokens": 9, "options": {"min_tokens": 8}});
    assert_eq!(limits(configured.clone(), None, None), json!([9, 8]));
    assert_eq!(limits(configured.clone(), Some(5), None), json!([5, 5]));
    assert_eq!(limits(configured.clone(), Some(20), None), json!([20, 8]));
    assert_eq!(limits(configured, Some(5), Some(6)), json!([5, 6]));
    assert_eq!(limits(json!({}), Some(5), None), json!([5, null]));
    assert_eq!(limits(json!({}), None, Some(2)), json!([null, 2]));
}

#[test]
fn a_template_has_its_own_places() {
    let template = json!({"input": ["%p", {"text": "<%p> by %m"}], "n": "%m", "k": 1});
    let held = Part::HeldText(HeldText { index: 4, size: 600 });
    let prompt = Prompt::Messages(vec![message("user", vec![Part::Text("a\"".into()), held])]);
    let given = json!({"template": template, "generation": {"model": "m"}});
    let wanted = json!({
        "input": ["the input", {"text": "<a\"\n<text 4 Encoding::JsonString>> by m"}],
        "n": "m", "k": 1, "model": "m",
    });
    assert_eq!(written(given, &request(prompt)), wanted);
}

#[test]
fn a_template_that_cannot_be_is_a_fault_that_names_it() {
    for template in [json!([1]), json!({"a": "%m"})] {
        let given = Api { template: Some(template), ..Api::default() };
        let Err(Fault::Settings(fault)) = JsonBody::new(&given, &[]) else {
            panic!("it was taken")
        };
        assert_eq!(fault.name, "template");
    }
}

#[test]
fn members_of_a_request_that_are_no_object_are_a_fault() {
    let bodies = JsonBody::new(&Api::default(), &[]).unwrap();
    let request = PromptRequest { extra: "[]".into(), ..text("x") };
    assert!(matches!(bodies.write(&request, |_, _| Ok(())), Err(Fault::Input(_))));
}
