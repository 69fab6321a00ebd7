//! Embeddings and reranking, and text that stays in the host.

use super::*;
use loadwright_plugin::{Custom, HeldText, Ranking};

fn at(url: &str, more: Value) -> OpenAi {
    let generation = json!({"model": "m", "stream": true, "max_tokens": 9, "temperature": 0});
    let mut settings = json!({"url": url, "generation": generation});
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    configured(settings)
}

fn text(text: &str) -> Vec<Part> {
    vec![Part::Text(text.into())]
}

fn held(index: u32) -> Part {
    Part::HeldText(HeldText { index, size: 600 })
}

fn ranking() -> Prompt {
    Prompt::Ranking(Ranking { query: text("q"), documents: vec![text("a"), vec![held(0)]] })
}

fn unsupported(api: &OpenAi, prompt: Prompt) -> String {
    match api.format(request(prompt)) {
        Err(Fault::Unsupported(text)) => text,
        other => panic!("it was taken: {other:?}"),
    }
}

#[test]
fn embeddings_take_inputs_text_and_token_ids() {
    let api = at("http://h/v1/embeddings", json!({"extra_args": {"dimensions": 8}}));
    for (prompt, input) in [
        (Prompt::Inputs(vec![text("a"), text("b\"")]), json!(["a", "b\""])),
        (Prompt::Inputs(vec![vec![held(1)]]), json!(["<text 1 Encoding::JsonString>"])),
        (Prompt::Text("a".into()), json!("a")),
        (Prompt::Tokens(vec![1, 2]), json!([1, 2])),
        (user("a"), json!("a")),
    ] {
        let mut request = request(prompt);
        request.max_tokens = Some(5);
        let wanted = json!({"model": "m", "input": input, "dimensions": 8});
        assert_eq!(body(&api, request.clone()), wanted);
        assert_eq!(api.format(request).unwrap().path, None);
    }
}

#[test]
fn rerank_takes_a_ranking() {
    let wanted = json!({
        "model": "m", "query": "q", "documents": ["a", "<text 0 Encoding::JsonString>"],
    });
    for url in ["http://h/v1/rerank", "http://h/reranks"] {
        assert_eq!(body(&at(url, json!({})), request(ranking())), wanted);
    }
    let template = json!({"template": {"query": "%p", "texts": "%p", "truncate": true}});
    let placed = body(&at("http://h/rerank", template), request(ranking()));
    assert_eq!((&placed["texts"], &placed["truncate"]), (&wanted["documents"], &json!(true)));
}

#[test]
fn prompts_of_another_endpoint_are_refused_with_the_remedy() {
    let chat = at("http://h/v1/chat/completions", json!({}));
    assert!(unsupported(&chat, ranking()).ends_with("ends in /rerank"));
    let inputs = Prompt::Inputs(vec![text("a")]);
    assert!(unsupported(&chat, inputs).ends_with("ends in /embeddings"));
    let rerank = at("http://h/v1/rerank", json!({}));
    assert!(unsupported(&rerank, user("a")).contains("choose a --dataset of rankings"));
    let custom = Custom { kind: "game".into(), data: "{}".into() };
    assert!(unsupported(&chat, Prompt::Custom(custom)).contains("the kind game"));
    let embeddings = at("http://h/v1/embeddings", json!({}));
    let image = Media { index: 0, mime: "image/png".into(), size: 1, extra: String::new() };
    let inputs = Prompt::Inputs(vec![vec![Part::Media(image)]]);
    assert!(unsupported(&embeddings, inputs).contains("holds no image/png"));
}

#[test]
fn recorded_bodies_of_these_endpoints_get_the_model_alone() {
    let api = at("http://h/v1/embeddings", json!({}));
    let mut recorded = request(Prompt::Body(r#"{"input":"a"}"#.into()));
    recorded.max_tokens = Some(5);
    assert_eq!(body(&api, recorded), json!({"input": "a", "model": "m"}));
}

#[test]
fn text_that_stays_in_the_host_has_its_place_everywhere() {
    let held_text = "<text 0 Encoding::JsonString>";
    let prompt = |parts| Prompt::Messages(vec![message_with("user", parts, "")]);
    let got = body(&chat(json!({})), request(prompt(vec![held(0)])));
    assert_eq!(got["messages"][0]["content"], held_text);
    let got = body(&chat(json!({})), request(prompt(vec![held(0), Part::Text("b".into())])));
    assert_eq!(
        got["messages"][0]["content"],
        json!([{"type": "text", "text": held_text}, {"type": "text", "text": "b"}])
    );
    let inside = chat(json!({"template": {"note": "<%p>"}}));
    let got = body(&inside, request(prompt(vec![held(0)])));
    assert_eq!(got["note"], format!("<{held_text}>"));
    let completions = at("http://h/v1/completions", json!({}));
    let mut later = request(prompt(vec![held(1)]));
    later.history = vec![message_with("user", vec![held(0)], "")];
    let got = body(&completions, later);
    assert_eq!(got["prompt"], format!("{held_text}\n<text 1 Encoding::JsonString>"));
}
