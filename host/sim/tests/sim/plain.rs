//! Replies without faults: endpoints, counts, texts, usage.

use crate::client::{Client, header, joined};
use crate::{CHAT, COMPLETIONS, chat, fast, start};
use loadwright_sim::{Config, Replies};
use serde_json::{Value, json};
use std::time::Duration;

const DELTA: &str = "/choices/0/delta/content";
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_streamed_chat_has_its_tokens_its_finish_its_usage_and_its_end() {
    let server = start(fast());
    let mut client = Client::new(&server);
    client.post(CHAT, "x-request-id: lw-0-1\r\n", &chat(17));
    let reply = client.reply();
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply.head, "content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(header(&reply.head, "x-request-id"), Some("lw-0-1"));
    let events = reply.events();
    assert_eq!(events.len(), 17 + 3);
    assert_eq!(events[19], "[DONE]");
    let chunks = reply.chunks();
    assert_eq!(chunks[0]["object"], "chat.completion.chunk");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks[17]["choices"][0]["finish_reason"], "length");
    assert_eq!(chunks[18]["choices"], json!([]));
    let usage = &chunks[18]["usage"];
    assert_eq!(usage["prompt_tokens"], 3);
    assert_eq!(usage["completion_tokens"], 17);
    assert_eq!(usage["total_tokens"], 20);
    assert_eq!(joined(&chunks, DELTA).split_whitespace().count(), 17);

    server.wait_for_ended(1, LIMIT).unwrap();
    let truth = server.truth();
    assert_eq!(truth.len(), 1);
    assert_eq!(truth[0].request_id, "lw-0-1");
    assert_eq!(truth[0].frames.len(), 17);
    assert_eq!((truth[0].prompt_tokens, truth[0].output_tokens), (3, 17));
    assert!(truth[0].complete && truth[0].body.is_none());
    assert!(truth[0].received <= truth[0].received_user);
    assert!(truth[0].received_user <= truth[0].frames[0]);
    assert!(truth[0].frames.is_sorted());
    assert!(truth[0].frames[16] <= truth[0].ended);
}

#[test]
fn a_connection_serves_requests_one_after_the_other_and_several_sent_at_once() {
    let server = start(fast());
    let mut client = Client::new(&server);
    for tokens in [1, 5, 2] {
        client.post(CHAT, "", &chat(tokens));
        assert_eq!(client.reply().chunks().len(), tokens as usize + 2);
    }
    client.post(CHAT, "", &chat(3));
    client.post(CHAT, "", &chat(4));
    assert_eq!(client.reply().chunks().len(), 5);
    assert_eq!(client.reply().chunks().len(), 6);
    let counts = server.wait_for_ended(5, LIMIT).unwrap();
    assert_eq!((counts.connections, counts.received, counts.frames), (1, 5, 15));
    assert!(server.truth().iter().all(|served| served.connection == 0));
}

#[test]
fn texts_depend_on_the_seed_alone() {
    let text_of = |seed: u64| {
        let server = start(Config { seed, ..fast() });
        let mut client = Client::new(&server);
        client.post(CHAT, "", &chat(50));
        joined(&client.reply().chunks(), DELTA)
    };
    let text = text_of(7);
    assert_eq!(text, text_of(7));
    assert_ne!(text, text_of(8));
    assert!(!text.is_ascii());
}

#[test]
fn whole_replies_have_the_counts_and_texts_of_streams() {
    let server = start(fast());
    let mut client = Client::new(&server);
    let mut body = chat(9);
    body["stream"] = json!(false);
    client.post(CHAT, "", &body);
    let reply = client.reply();
    assert_eq!(header(&reply.head, "content-type"), Some("application/json"));
    let whole = reply.json();
    assert_eq!(whole["object"], "chat.completion");
    assert_eq!(whole["usage"]["completion_tokens"], 9);
    let content = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(content.split_whitespace().count(), 9);

    let server = start(fast());
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(9));
    assert_eq!(joined(&client.reply().chunks(), DELTA), content);
}

#[test]
fn completions_take_text_lists_and_ids() {
    let server = start(fast());
    let mut client = Client::new(&server);
    let mut ask = |prompt: Value, n: u32| {
        let body = json!({"model": "m", "prompt": prompt, "max_tokens": 4, "n": n});
        client.post(COMPLETIONS, "", &body);
        client.reply().json()
    };
    let counts = |reply: &Value| {
        let usage = &reply["usage"];
        let choices = reply["choices"].as_array().unwrap().len();
        (choices, usage["prompt_tokens"].clone(), usage["completion_tokens"].clone())
    };
    assert_eq!(counts(&ask(json!("one two"), 1)), (1, json!(2), json!(4)));
    assert_eq!(counts(&ask(json!(["one two", "three"]), 1)), (2, json!(3), json!(8)));
    assert_eq!(counts(&ask(json!([11, 22, 33]), 1)), (1, json!(3), json!(4)));
    assert_eq!(counts(&ask(json!([[11, 22, 33], [44]]), 2)), (4, json!(4), json!(16)));
}

#[test]
fn several_choices_are_distinguished_by_their_index() {
    let server = start(fast());
    let mut client = Client::new(&server);
    let mut body = chat(6);
    body["n"] = json!(3);
    client.post(CHAT, "", &body);
    let chunks = client.reply().chunks();
    for choice in 0..3 {
        let of = |chunk: &&Value| chunk["choices"][0]["index"] == choice;
        let own: Vec<Value> = chunks.iter().filter(of).cloned().collect();
        assert_eq!(joined(&own, DELTA).split_whitespace().count(), 6);
    }
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 18);
}

#[test]
fn lengths_follow_limits_natural_ends_and_ignore_eos() {
    let replies = Replies { output_length: Some((5, 5)), ..Replies::default() };
    let server = start(Config { replies, ..fast() });
    let mut client = Client::new(&server);
    let mut ask = |extra: Value| {
        let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        client.post(CHAT, "", &body);
        let reply = client.reply().json();
        let tokens = reply["usage"]["completion_tokens"].as_u64().unwrap();
        (tokens, reply["choices"][0]["finish_reason"].as_str().unwrap().to_owned())
    };
    let stop = |tokens| (tokens, "stop".to_owned());
    let length = |tokens| (tokens, "length".to_owned());
    assert_eq!(ask(json!({})), stop(5));
    assert_eq!(ask(json!({"max_tokens": 3})), length(3));
    assert_eq!(ask(json!({"max_completion_tokens": 4, "max_tokens": 3})), length(4));
    assert_eq!(ask(json!({"max_tokens": 30})), stop(5));
    assert_eq!(ask(json!({"max_tokens": 30, "min_tokens": 8})), stop(8));
    assert_eq!(ask(json!({"max_tokens": 30, "ignore_eos": true})), length(30));
    assert_eq!(ask(json!({"ignore_eos": true})), stop(128));
}

#[test]
fn stop_strings_end_the_text_before_them() {
    let server = start(fast());
    let mut client = Client::new(&server);
    let mut body = json!({"prompt": "x", "max_tokens": 200});
    client.post(COMPLETIONS, "", &body);
    let text = |reply: &Value| reply["choices"][0]["text"].as_str().unwrap().to_owned();
    let whole = text(&client.reply().json());
    let server = start(fast());
    let mut client = Client::new(&server);
    let stop = whole.split_whitespace().nth(20).unwrap();
    body["stop"] = json!([stop]);
    client.post(COMPLETIONS, "", &body);
    let reply = client.reply().json();
    // The word may come earlier too, but not at the very start, which is always kept.
    let at = whole.split_whitespace().skip(1).position(|word| word.contains(stop)).unwrap() + 1;
    let expected: String = whole.split_inclusive(' ').take(at + 1).collect();
    assert_eq!(text(&reply), expected.trim_end());
    assert_eq!(reply["usage"]["completion_tokens"], at);
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
}

#[test]
fn messages_of_parts_are_counted_by_the_configured_counter() {
    let count_prompt: loadwright_sim::Counter = std::sync::Arc::new(|prompt| {
        let loadwright_sim::PromptText::Chat(messages) = prompt else { return 0 };
        messages.iter().map(|message| 1000 * message.images + message.text.len() as u32).sum()
    });
    let replies = Replies { cache_hit_ratio: 0.5, ..Replies::default() };
    let server = start(Config { count_prompt: Some(count_prompt), replies, ..fast() });
    let mut client = Client::new(&server);
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let parts = json!([{"type": "text", "text": "ab"}, image, {"type": "text", "text": "c"}]);
    let messages = json!([
        {"role": "system", "content": "0123456"},
        {"role": "user", "content": parts},
    ]);
    client.post(CHAT, "", &json!({"messages": messages, "max_tokens": 1}));
    let usage = client.reply().json()["usage"].clone();
    assert_eq!(usage["prompt_tokens"], 1000 + 4 + 7);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 505);
}

#[test]
fn what_cannot_be_answered_gets_an_error_in_the_usual_form() {
    let server = start(fast());
    let mut client = Client::new(&server);
    let mut ask = |method: &str, path: &str, body: &str| {
        client.send(method, path, "", body.as_bytes());
        let reply = client.reply();
        (reply.status, reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask("GET", "/health", ""), (200, String::new()));
    assert_eq!(ask("GET", "/v1/models", "").0, 200);
    assert_eq!(ask("GET", "/v2/chat", ""), (404, "/v2/chat does not exist".into()));
    assert_eq!(ask("GET", CHAT, ""), (405, "use POST".into()));
    assert_eq!(ask("POST", "/health", ""), (405, "use GET".into()));
    assert_eq!(ask("POST", CHAT, "{").0, 400);
    assert_eq!(ask("POST", CHAT, "{}"), (400, "messages is required".into()));
    assert_eq!(ask("POST", CHAT, r#"{"messages":[]}"#), (400, "messages is empty".into()));
    assert_eq!(ask("POST", COMPLETIONS, "{}"), (400, "prompt is required".into()));
    let zero = r#"{"prompt":"x","max_tokens":0}"#;
    assert_eq!(ask("POST", COMPLETIONS, zero), (400, "max_tokens must be at least 1".into()));
}

#[test]
fn settings_survive_their_serialised_form() {
    let text = r#"{"model": {"paced": {"ttft": 50, "itl": 20, "noise": 0}}, "idle_close": 5000}"#;
    let config: Config = serde_json::from_str(text).unwrap();
    assert_eq!(config.idle_close, Some(Duration::from_secs(5)));
    let ttft = Duration::from_millis(50);
    let itl = Duration::from_millis(20);
    assert_eq!(config.model, loadwright_sim::Model::Paced { ttft, itl, noise: 0.0 });
    let again: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(again.model, config.model);
    assert!(serde_json::from_str::<Config>(r#"{"modle": "unpaced"}"#).is_err());
}

#[test]
fn log_probabilities_are_listed_per_token_if_requested() {
    let replies = Replies { tokens_per_frame: 3, ..Replies::default() };
    let server = start(Config { replies, ..fast() });
    let mut client = Client::new(&server);
    let mut body = chat(7);
    body["logprobs"] = json!(true);
    client.post(CHAT, "", &body);
    let chunks = client.reply().chunks();
    let listed = |chunk: &Value| -> String {
        let tokens = chunk.pointer("/choices/0/logprobs/content").unwrap().as_array().unwrap();
        tokens.iter().map(|token| token["token"].as_str().unwrap()).collect()
    };
    for chunk in &chunks[..3] {
        assert_eq!(listed(chunk), chunk.pointer(DELTA).unwrap().as_str().unwrap());
    }
    let body = json!({"prompt": "x", "max_tokens": 7, "logprobs": 0});
    client.post(COMPLETIONS, "", &body);
    let choice = client.reply().json()["choices"][0].clone();
    let tokens = choice["logprobs"]["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 7);
    let joined: String = tokens.iter().map(|token| token.as_str().unwrap()).collect();
    assert_eq!(joined, choice["text"]);
}
