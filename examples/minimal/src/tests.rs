//! One request, one reply, and the plugin's length.

use super::*;
use loadwright_plugin::body::shown;
use loadwright_plugin::reading::{count, text};
use loadwright_plugin::{exchange, request, user};

fn configured() -> Minimal {
    Minimal::configure(
        r#"{"url":"http://h/v1/chat/completions","generation":{"model":"m","stream":true},
            "extra_args":{"seed":1}}"#,
    )
    .unwrap()
}

#[test]
fn a_request_has_settings_prompt_and_limit() {
    let mut hello = request(user("hi".into(), true));
    hello.max_tokens = Some(4);
    let formatted = configured().format(hello).unwrap();
    assert_eq!(
        shown(&formatted.body),
        concat!(
            r#"{"messages":[{"role":"user","content":"hi"}],"model":"m","stream":true,"#,
            r#""max_tokens":4,"seed":1}"#
        )
    );
}

#[test]
fn a_stream_is_read_by_the_plan() {
    let frames = [
        r#"{"choices":[{"delta":{"content":"He"}}]}"#,
        r#"{"choices":[{"delta":{"content":"llo"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
        "[DONE]",
    ];
    let reply = configured().decode(exchange::of(&frames.map(str::as_bytes))).unwrap();
    assert_eq!(text(&reply, "output"), "Hello");
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    assert_eq!((count(&reply, "input"), count(&reply, "output")), (Some(3.0), Some(2.0)));
}

/// The README says how long the plugin is.
#[test]
fn it_is_about_thirty_lines_long() {
    let source = include_str!("lib.rs");
    let lines = source.lines().take_while(|line| !line.contains("cfg(test)"));
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("{code} lines of code")), "{code} lines");
    assert!(code <= 30, "{code} lines");
}
