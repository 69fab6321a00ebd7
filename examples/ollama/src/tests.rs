//! Bodies and replies as Ollama's API reference shows them.

use super::*;
use loadwright_plugin::body::shown;
use loadwright_plugin::reading::{count, text};
use loadwright_plugin::{HeldText, Media, Message, Part, Prompt, exchange, message};
use serde_json::{Value, json};

fn body(settings: Value, request: PromptRequest) -> Value {
    let api = Ollama::configure(&settings.to_string()).unwrap();
    serde_json::from_str(&shown(&api.format(request).unwrap().body)).unwrap()
}

fn request(prompt: Prompt) -> PromptRequest {
    loadwright_plugin::request(prompt)
}

#[test]
fn sampling_settings_are_options_under_ollamas_names() {
    let settings = json!({
        "url": "http://h/api/chat",
        "generation": {"model": "m", "stream": true, "max_tokens": 9, "repetition_penalty": 1.5},
        "extra_args": {"format": "json", "keep_alive": null},
        "settings": {"think": false, "keep_alive": "10m"},
    });
    let wanted = json!({
        "model": "m", "stream": true, "think": false, "format": "json",
        "options": {"num_predict": 9, "repeat_penalty": 1.5},
        "messages": [{"role": "user", "content": "hi"}],
    });
    assert_eq!(body(settings.clone(), request(Prompt::Text("hi".into()))), wanted);
    let mut short = request(Prompt::Text("hi".into()));
    short.max_tokens = Some(1);
    assert_eq!(body(settings, short)["options"]["num_predict"], 1);
}

#[test]
fn images_are_base64_in_their_message() {
    let media = |index| {
        Part::Media(Media { index, mime: "image/png".into(), size: 3, extra: String::new() })
    };
    let parts = vec![Part::Text("see".into()), media(0), media(1)];
    let message = message("user", parts);
    let got = body(json!({"url": "http://h/"}), request(Prompt::Messages(vec![message])));
    let wanted = json!([{"role": "user", "content": "see", "images": ["<media 0 Encoding::Base64>", "<media 1 Encoding::Base64>"]}]);
    assert_eq!(got["messages"], wanted);
}

#[test]
fn a_list_of_content_is_text_or_a_fault() {
    let written = |list: &str| {
        let extra = format!(r#"{{"content":{list}}}"#);
        request(Prompt::Messages(vec![Message { role: "user".into(), parts: vec![], extra }]))
    };
    let texts = r#"[{"type":"text","text":"a","cache_control":{}},{"type":"text","text":"b"}]"#;
    let got = body(json!({"url": "http://h/"}), written(texts));
    assert_eq!(got["messages"], json!([{"role": "user", "content": "a\nb"}]));
    let api = Ollama::configure(r#"{"url":"http://h/"}"#).unwrap();
    let Err(Fault::Unsupported(text)) = api.format(written(r#"[{"type":"image_url"}]"#)) else {
        panic!("it was taken")
    };
    assert!(text.contains("image_url"), "{text}");
}

#[test]
fn a_stream_of_lines_is_read() {
    let frames = [
        r#"{"message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
        r#"{"message":{"role":"assistant","content":"The"},"done":false}"#,
        r#"{"message":{"role":"assistant","content":" sky"},"done":false}"#,
        r#"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",
            "prompt_eval_count":26,"eval_count":3,"load_duration":3000,"eval_duration":5}"#,
    ];
    let api = Ollama::configure(r#"{"url":"http://h/"}"#).unwrap();
    let reply = api.decode(exchange::of(&frames.map(str::as_bytes))).unwrap();
    let metrics: Vec<_> = reply.metrics.iter().map(|it| (it.name.as_str(), it.value)).collect();
    assert_eq!(metrics, [("load_time", 3000.0), ("eval_time", 5.0)]);
    assert_eq!(
        (text(&reply, "reasoning"), text(&reply, "output")),
        ("hm".into(), "The sky".into())
    );
    assert_eq!(reply.pieces.iter().map(|piece| piece.frame).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    assert_eq!((count(&reply, "input"), count(&reply, "output")), (Some(26.0), Some(3.0)));
    assert_eq!(reply.message.unwrap().parts, [Part::Text("The sky".into())]);
}

#[test]
fn text_that_stays_in_the_host_has_its_place() {
    let held = Part::HeldText(HeldText { index: 0, size: 600 });
    let prompt = Prompt::Messages(vec![message("user", vec![Part::Text("a".into()), held])]);
    let got = body(json!({"url": "http://h/"}), request(prompt));
    assert_eq!(got["messages"][0]["content"], "a\n<text 0 Encoding::JsonString>");
}

#[test]
fn members_of_one_request_come_before_extra_arguments() {
    let settings = json!({
        "url": "http://h/", "generation": {"model": "m"}, "extra_args": {"format": "json"},
    });
    let mut request = request(Prompt::Text("hi".into()));
    request.extra = r#"{"model":"other","format":"x","options":null,"tools":[1]}"#.into();
    let wanted = json!({
        "model": "other", "format": "json", "tools": [1],
        "messages": [{"role": "user", "content": "hi"}],
    });
    assert_eq!(body(settings, request), wanted);
}

#[test]
fn settings_that_cannot_be_are_faults_that_name_them() {
    for (json, name) in [
        (r#"{"url":"u","settings":{"thnik":true}}"#, "thnik"),
        (r#"{"url":"u","generation":{"n":2}}"#, "generation.n"),
        (r#"{"url":"u","template":[]}"#, "template"),
    ] {
        let Err(Fault::Settings(fault)) = Ollama::configure(json) else {
            panic!("{json} was taken")
        };
        assert_eq!(fault.name, name, "{}", fault.text);
    }
}
