//! Bodies and replies as Ollama's API reference shows them.

use super::*;
use loadwright_plugin::{Media, Prompt, Segment};
use serde_json::{Value, json};

fn body(settings: Value, ask: Ask) -> Value {
    let protocol = Ollama::configure(&settings.to_string()).unwrap();
    let segments = protocol.format(ask).unwrap().body;
    let text: String = segments
        .iter()
        .map(|segment| match segment {
            Segment::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            Segment::Media(splice) => format!("<media {}>", splice.slot),
        })
        .collect();
    serde_json::from_str(&text).unwrap()
}

fn ask(prompt: Prompt) -> Ask {
    Ask { history: vec![], prompt, max_tokens: None, min_tokens: None }
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
    assert_eq!(body(settings.clone(), ask(Prompt::Text("hi".into()))), wanted);
    let mut short = ask(Prompt::Text("hi".into()));
    short.max_tokens = Some(1);
    assert_eq!(body(settings, short)["options"]["num_predict"], 1);
}

#[test]
fn images_are_base64_in_their_message() {
    let media = |slot| Part::Media(Media { slot, mime: "image/png".into(), size: 3 });
    let parts = vec![Part::Text("see".into()), media(0), media(1)];
    let message = Message { role: "user".into(), parts, extra: String::new() };
    let got = body(json!({"url": "http://h/"}), ask(Prompt::Messages(vec![message])));
    let wanted = json!([{"role": "user", "content": "see", "images": ["<media 0>", "<media 1>"]}]);
    assert_eq!(got["messages"], wanted);
}

#[test]
fn a_list_of_content_is_text_or_a_fault() {
    let written = |list: &str| {
        let extra = format!(r#"{{"content":{list}}}"#);
        ask(Prompt::Messages(vec![Message { role: "user".into(), parts: vec![], extra }]))
    };
    let texts = r#"[{"type":"text","text":"a","cache_control":{}},{"type":"text","text":"b"}]"#;
    let got = body(json!({"url": "http://h/"}), written(texts));
    assert_eq!(got["messages"], json!([{"role": "user", "content": "a\nb"}]));
    let protocol = Ollama::configure(r#"{"url":"http://h/"}"#).unwrap();
    let Err(Fault::Unsupported(text)) = protocol.format(written(r#"[{"type":"image_url"}]"#))
    else {
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
            "prompt_eval_count":26,"eval_count":3}"#,
    ];
    let frames = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
    let protocol = Ollama::configure(r#"{"url":"http://h/"}"#).unwrap();
    let reply = protocol.decode(Exchange { status: 200, headers: vec![], frames }).unwrap();
    let read: Vec<_> = reply.pieces.iter().map(|p| (p.frame, p.channel, p.text.as_str())).collect();
    let wanted =
        [(0, Channel::Reasoning, "hm"), (1, Channel::Output, "The"), (2, Channel::Output, " sky")];
    assert_eq!(read, wanted);
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens), (Some(26), Some(3)));
    assert_eq!(reply.message.unwrap().parts, [Part::Text("The sky".into())]);
}

#[test]
fn settings_that_cannot_be_are_faults_that_name_them() {
    for (json, name) in [
        (r#"{"url":"u","settings":{"thnik":true}}"#, "thnik"),
        (r#"{"url":"u","generation":{"n":2}}"#, "generation.n"),
        (r#"{"url":"u","template":{}}"#, "template"),
    ] {
        let Err(Fault::Settings(text)) = Ollama::configure(json) else {
            panic!("{json} was taken")
        };
        assert!(text.contains(name), "{text}");
    }
}
