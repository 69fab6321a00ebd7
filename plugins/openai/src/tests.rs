//! Bodies, as JSON written out by hand.

use super::*;
use loadwright_plugin::body::shown;
use loadwright_plugin::{Link, Media, Message, Part, request};
use serde_json::json;

mod endpoints;
mod extra;

fn configured(settings: Value) -> OpenAi {
    OpenAi::configure(&settings.to_string()).unwrap()
}

fn chat(more: Value) -> OpenAi {
    let mut settings = json!({
        "url": "http://h/v1/chat/completions",
        "generation": {"model": "m", "stream": true, "max_tokens": 9},
    });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    configured(settings)
}

fn message_with(role: &str, parts: Vec<Part>, extra: &str) -> Message {
    Message { role: role.into(), parts, extra: extra.into() }
}

fn user(text: &str) -> Prompt {
    Prompt::Messages(vec![message_with("user", vec![Part::Text(text.into())], "")])
}

fn body(api: &OpenAi, request: PromptRequest) -> Value {
    serde_json::from_str(&shown(&api.format(request).unwrap().body)).unwrap()
}

#[test]
fn a_chat_body_has_the_settings_and_gets_usage() {
    let request = chat(json!({})).format(request(user("say \"hi\""))).unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, None);
    assert_eq!(
        shown(&request.body),
        concat!(
            r#"{"model":"m","messages":[{"role":"user","content":"say \"hi\""}],"stream":true,"#,
            r#""stream_options":{"include_usage":true},"max_tokens":9}"#
        )
    );
}

#[test]
fn without_streaming_there_are_no_stream_options() {
    let plain = chat(json!({"generation": {"model": "m", "stream": false}}));
    let wanted = json!({
        "model": "m", "stream": false, "messages": [{"role": "user", "content": "x"}]
    });
    assert_eq!(body(&plain, request(Prompt::Text("x".into()))), wanted);
    let turned_off = chat(json!({"extra_args": {"stream": false}}));
    assert_eq!(body(&turned_off, request(user("x"))).get("stream_options"), None);
}

#[test]
fn a_completions_url_gets_a_prompt() {
    let api = configured(json!({
        "url": "http://h/v1/completions",
        "generation": {"model": "m", "stream": false, "logprobs": true},
    }));
    let wanted = json!({"model": "m", "prompt": "x", "stream": false, "logprobs": 1});
    assert_eq!(body(&api, request(Prompt::Text("x".into()))), wanted);
    let mut later = request(user("c"));
    later.history =
        vec![message_with("user", vec![Part::Text("a".into()), Part::Text("b".into())], "")];
    assert_eq!(body(&api, later)["prompt"], "a\nb\nc");
}

#[test]
fn token_ids_go_to_the_completions_endpoint() {
    let api = chat(json!({}));
    let request = api.format(request(Prompt::Tokens(vec![1, 20, 300]))).unwrap();
    assert_eq!(request.path.as_deref(), Some("/v1/completions"));
    let body: Value = serde_json::from_str(&shown(&request.body)).unwrap();
    assert_eq!(body["prompt"], json!([1, 20, 300]));
    assert_eq!(body.get("messages"), None);
}

#[test]
fn extra_arguments_come_last_and_null_deletes() {
    let extra = json!({"max_tokens": null, "ignore_eos": true, "model": "other", "n": null});
    let api = chat(json!({"extra_args": extra}));
    let mut limited = request(user("x"));
    limited.max_tokens = Some(5);
    let body = body(&api, limited);
    assert_eq!(body.get("max_tokens"), None);
    assert_eq!(body.get("n"), None);
    assert_eq!(body["ignore_eos"], true);
    assert_eq!(body["model"], "other");
}

#[test]
fn a_request_sets_its_own_limits() {
    let mut limited = request(user("x"));
    limited.max_tokens = Some(5);
    limited.min_tokens = Some(4);
    let body = body(&chat(json!({})), limited);
    assert_eq!((&body["max_tokens"], &body["min_tokens"]), (&json!(5), &json!(4)));
}

#[test]
fn a_configured_minimum_gives_way_to_a_requests_own_maximum() {
    let limits = |settings: Value| {
        let body =
            body(&chat(settings), PromptRequest { max_tokens: Some(5), ..request(user("x")) });
        json!([body["max_tokens"], body["min_tokens"]])
    };
    assert_eq!(limits(json!({"generation": {"min_tokens": 64}})), json!([5, 5]));
    assert_eq!(limits(json!({"generation": {"min_tokens": 2}})), json!([5, 2]));
    assert_eq!(limits(json!({"extra_args": {"min_tokens": 64}})), json!([64, 64]));
    assert_eq!(limits(json!({"extra_args": {"min_tokens": null}})), json!([5, null]));
    let settled = json!({"generation": {"min_tokens": 64}, "extra_args": {"max_tokens": 80}});
    assert_eq!(limits(settled)[0], 80);
}

/// The limits in a body, for a request without a limit of its own and for one of 5.
fn limits(settings: Value) -> [Value; 2] {
    let api = chat(settings);
    [None, Some(5)].map(|own| {
        let body = body(&api, PromptRequest { max_tokens: own, ..request(user("x")) });
        json!([body.get("max_tokens"), body.get("max_completion_tokens")])
    })
}

#[test]
fn an_output_is_limited_under_one_name() {
    let none = json!({"model": "m"});
    for (settings, without, with) in [
        // The template's name, and its value where the user typed none.
        (
            json!({"template": {"max_completion_tokens": 7}, "generation": none}),
            json!([null, 7]),
            json!([null, 5]),
        ),
        (json!({"template": {"max_completion_tokens": 7}}), json!([null, 9]), json!([null, 5])),
        (
            json!({"template": {"max_completion_tokens": 7, "max_tokens": 3}, "generation": none}),
            json!([null, 7]),
            json!([null, 5]),
        ),
        // Extra arguments come last.
        (json!({"extra_args": {"max_completion_tokens": 7}}), json!([null, 7]), json!([null, 7])),
        (
            json!({"template": {"max_completion_tokens": 7}, "extra_args": {"max_tokens": 3}}),
            json!([3, null]),
            json!([3, null]),
        ),
        (
            json!({"template": {"max_completion_tokens": 7}, "extra_args": {"max_tokens": null}}),
            json!([null, 7]),
            json!([null, 7]),
        ),
        (
            json!({"template": {"max_completion_tokens": 7},
                "extra_args": {"max_completion_tokens": null}}),
            json!([9, null]),
            json!([5, null]),
        ),
        (
            json!({"extra_args": {"max_completion_tokens": 7, "max_tokens": 3}}),
            json!([3, 7]),
            json!([3, 7]),
        ),
    ] {
        assert_eq!(limits(settings.clone()), [without, with], "{settings}");
    }
}

#[test]
fn a_recorded_limit_keeps_its_name() {
    let api = chat(json!({"extra_args": {"max_completion_tokens": 7}}));
    for (recorded, wanted) in [
        (r#"{"max_tokens":4}"#, json!([4, null])),
        (r#"{"max_completion_tokens":4}"#, json!([null, 4])),
        ("{}", json!([null, 7])),
    ] {
        let body = body(&api, request(Prompt::Body(recorded.into())));
        let limits = json!([body.get("max_tokens"), body.get("max_completion_tokens")]);
        assert_eq!(limits, wanted, "{recorded}");
    }
}

#[test]
fn a_body_may_be_nothing_but_the_limits() {
    let extra = json!({"model": null, "messages": null, "stream": null});
    let api = chat(json!({"extra_args": extra}));
    assert_eq!(body(&api, request(user("x"))), json!({"max_tokens": 9}));
}

#[test]
fn a_template_places_prompt_and_model() {
    let template = json!({
        "name": "%m/v1",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "%p"}
        ],
        "note": "<%p|%p>",
        "max_tokens": 3,
        "temperature": 0.7,
    });
    let api = chat(json!({"template": template}));
    let wanted = json!({
        "model": "m",
        "name": "m/v1",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "a \"b\""}
        ],
        "note": "<a \"b\"|a \"b\">",
        "max_tokens": 9,
        "temperature": 0.7,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    assert_eq!(body(&api, request(user("a \"b\""))), wanted);
}

#[test]
fn a_whole_string_takes_the_typed_prompt() {
    let template = json!({"messages": "%p", "inputs": "%p", "prompt": "%p"});
    let api = chat(json!({"template": template}));
    let got = body(&api, request(user("x")));
    let messages = json!([{"role": "user", "content": "x"}]);
    assert_eq!((&got["messages"], &got["inputs"]), (&messages, &messages));
    assert_eq!(got["prompt"], "x");
    let text = body(&api, request(Prompt::Text("y".into())));
    assert_eq!(text["inputs"], "y");
    assert_eq!(text["messages"], json!([{"role": "user", "content": "y"}]));
}

#[test]
fn a_template_without_a_place_still_gets_the_prompt() {
    let api = chat(json!({"template": {"user": "u"}}));
    let got = body(&api, request(user("x")));
    assert_eq!(got["messages"][0]["content"], "x");
    assert_eq!(got["user"], "u");
}

#[test]
fn places_are_of_the_template_alone() {
    let extra = json!({"stop": "%p", "tag": "%m"});
    let got = body(&chat(json!({"extra_args": extra})), request(user("%m %p")));
    assert_eq!((&got["stop"], &got["tag"]), (&json!("%p"), &json!("%m")));
    assert_eq!(got["messages"][0]["content"], "%m %p");
}

#[test]
fn a_template_that_cannot_be_is_a_fault_that_names_it() {
    for (template, settings) in [(json!([1]), json!({})), (json!({"a": "%m"}), json!({}))] {
        let given = json!({
            "url": "http://h/v1/chat/completions", "generation": settings, "template": template
        });
        let Err(Fault::Settings(fault)) = OpenAi::configure(&given.to_string()) else {
            panic!("{given} was taken")
        };
        assert_eq!(fault.name, "template", "{}", fault.text);
    }
    let template = json!({"messages": "%p"});
    let fault = chat(json!({"template": template})).format(request(Prompt::Tokens(vec![1])));
    assert!(matches!(fault, Err(Fault::Unsupported(_))));
}

#[test]
fn images_stay_in_the_host() {
    let media =
        Media { index: 2, mime: "image/png".into(), size: 10, extra: r#"{"detail":"low"}"#.into() };
    let link = Link { mime: String::new(), url: "http://h/cat.png".into() };
    let parts = vec![Part::Text("see".into()), Part::Media(media), Part::Link(link)];
    let prompt = Prompt::Messages(vec![message_with("user", parts, "")]);
    let got = body(&chat(json!({})), request(prompt));
    let wanted = json!([
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "<media 2 Encoding::DataUrl>", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "http://h/cat.png"}}
    ]);
    assert_eq!(got["messages"][0]["content"], wanted);
}

#[test]
fn what_is_no_image_is_refused() {
    let media = Media { index: 0, mime: "audio/wav".into(), size: 1, extra: String::new() };
    let prompt = Prompt::Messages(vec![message_with("user", vec![Part::Media(media)], "")]);
    assert!(matches!(chat(json!({})).format(request(prompt)), Err(Fault::Unsupported(_))));
    let inputs = Prompt::Inputs(vec![vec![Part::Text("a".into())]]);
    assert!(matches!(chat(json!({})).format(request(inputs)), Err(Fault::Unsupported(_))));
}

#[test]
fn further_members_of_a_message_are_kept() {
    let calls = r#"{"content":null,"tool_calls":[{"id":"1"}]}"#;
    let messages = vec![
        message_with("assistant", vec![], calls),
        message_with("tool", vec![Part::Text("42".into())], r#" {"tool_call_id":"1"} "#),
    ];
    let got = body(&chat(json!({})), request(Prompt::Messages(messages)));
    let wanted = json!([
        {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "42", "tool_call_id": "1"}
    ]);
    assert_eq!(got["messages"], wanted);
}

#[test]
fn content_kept_as_written_is_sent_or_refused_and_never_left_out() {
    let list =
        json!([{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "u"}}]);
    let extra = json!({"content": list}).to_string();
    let prompt = || Prompt::Messages(vec![message_with("user", vec![], &extra)]);
    assert_eq!(body(&chat(json!({})), request(prompt()))["messages"][0]["content"], list);
    let template = json!({"messages": [{"role": "user", "content": "%p"}]});
    let placed = body(&chat(json!({"template": template})), request(prompt()));
    assert_eq!(placed["messages"][0]["content"], list);

    let completions = || configured(json!({"url": "http://h/v1/completions"}));
    let inside = chat(json!({"template": {"note": "<%p>"}}));
    for api in [completions(), inside] {
        let Err(Fault::Unsupported(text)) = api.format(request(prompt())) else {
            panic!("it was taken")
        };
        assert!(text.starts_with("a text prompt holds no image_url: "), "{text}");
    }
    let texts = r#"{"content":[{"type":"text","text":"a","cache_control":{}}]}"#;
    let texts = Prompt::Messages(vec![message_with("user", vec![], texts)]);
    assert_eq!(body(&completions(), request(texts))["prompt"], "a");
    for extra in ["", r#"{"content":[]}"#, r#"{"content":null}"#] {
        let nothing = Prompt::Messages(vec![message_with("user", vec![], extra)]);
        assert!(matches!(completions().format(request(nothing)), Err(Fault::Input(_))), "{extra}");
    }
}

#[test]
fn a_recorded_body_is_filled_and_what_is_there_is_left_alone() {
    let extra = json!({"ignore_eos": true, "top_k": null});
    let generation = json!({"model": "m", "stream": true, "max_tokens": 9, "temperature": 0});
    let api = chat(json!({"generation": generation, "extra_args": extra}));
    let recorded = r#" {"messages": [ ], "temperature": 1.0e0, "model": "theirs" } "#;
    let request = api.format(request(Prompt::Body(recorded.into()))).unwrap();
    assert_eq!(
        shown(&request.body),
        concat!(
            r#"{"messages": [ ], "temperature": 1.0e0, "model": "theirs","#,
            r#""stream":true,"ignore_eos":true,"stream_options":{"include_usage":true},"#,
            r#""max_tokens":9}"#
        )
    );
}

#[test]
fn a_recorded_body_that_does_not_stream_gets_no_stream_options() {
    let recorded = r#"{"stream":false,"max_completion_tokens":4}"#;
    let got = body(&chat(json!({})), request(Prompt::Body(recorded.into())));
    assert_eq!(got, json!({"stream": false, "max_completion_tokens": 4, "model": "m"}));
    let empty = body(&chat(json!({})), request(Prompt::Body("{}".into())));
    assert_eq!((&empty["model"], &empty["max_tokens"]), (&json!("m"), &json!(9)));
}

#[test]
fn a_recorded_body_that_is_no_object_is_a_fault() {
    for recorded in ["[1]", "{", "x"] {
        let fault = chat(json!({})).format(request(Prompt::Body(recorded.into())));
        assert!(matches!(fault, Err(Fault::Input(_))), "{recorded}");
    }
}

#[test]
fn an_own_setting_it_does_not_have_is_a_fault_that_names_it() {
    let given = json!({"url": "http://h/", "settings": {"speed": 1}});
    let Err(Fault::Settings(fault)) = OpenAi::configure(&given.to_string()) else {
        panic!("it was taken")
    };
    assert_eq!(fault.name, "speed");
}
