//! Fetching from fake hubs on loopback.

use crate::error::OpenError;
use crate::model::tests::word_piece;
use crate::open_in;
use crate::sources::{Hub, Hubs, Sources};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const FILE: &str = "/org/m/resolve/main/tokenizer.json";
const CONFIG: &str = "/org/m/resolve/main/tokenizer_config.json";
const TEMPLATE: &str = "/org/m/resolve/main/chat_template.jinja";

/// A hub that serves `files`, 404 for anything else, and keeps the heads of requests.
struct FakeHub {
    endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
}

fn fake_hub(files: &[(&str, u16, String)]) -> FakeHub {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let files: HashMap<String, (u16, String)> = files
        .iter()
        .map(|(path, code, body)| ((*path).to_owned(), (*code, body.clone())))
        .collect();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let head = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let (code, body) = files.get(&path).cloned().unwrap_or((404, String::new()));
            heads.lock().unwrap().push(head);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {code} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    FakeHub { endpoint, requests }
}

fn sources(root: &Path, hubs: &[&str]) -> Sources {
    let hub = |endpoint: &&str| Hub {
        endpoint: (*endpoint).to_owned(),
        path: "",
        revision: "main",
        token: Some("opens-it".to_owned()),
    };
    Sources {
        own: Some(root.to_owned()),
        hubs: Hubs::Online(hubs.iter().map(hub).collect()),
        ..Sources::default()
    }
}

fn error(name: &str, sources: &Sources) -> OpenError {
    match open_in(name, &serde_json::Map::new(), sources) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[test]
fn a_model_is_fetched_once_and_then_opened_from_our_cache() {
    let hub = fake_hub(&[
        (FILE, 200, word_piece().to_string()),
        (CONFIG, 200, r#"{"chat_template": "old", "bos_token": "river"}"#.to_owned()),
        (TEMPLATE, 200, "{{ bos_token }} {{ messages[0].content }}".to_owned()),
    ]);
    let root = TempDir::new().unwrap();
    let sources = sources(root.path(), &[&hub.endpoint]);
    for _ in 0..2 {
        let tokenizer = open_in("org/m", &serde_json::Map::new(), &sources).ok().unwrap();
        let message = loadwright_core::conversation::Message::text("user", "the stone");
        assert_eq!(tokenizer.count_chat(&[message]).unwrap(), 3);
    }
    let requests = hub.requests.lock().unwrap();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].to_lowercase().contains("authorization: bearer opens-it"));
    let mut kept: Vec<String> = std::fs::read_dir(root.path().join("org--m"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["chat_template.jinja", "tokenizer.json", "tokenizer_config.json"]);
}

#[test]
fn the_next_hub_is_tried_if_one_does_not_have_the_model() {
    let empty = fake_hub(&[]);
    let full = fake_hub(&[(FILE, 200, word_piece().to_string())]);
    let root = TempDir::new().unwrap();
    let sources = sources(root.path(), &[&empty.endpoint, &full.endpoint]);
    assert_eq!(
        open_in("org/m", &serde_json::Map::new(), &sources)
            .ok()
            .unwrap()
            .count_text("the")
            .unwrap(),
        3
    );
}

#[test]
fn not_found_gives_the_reason_of_each_hub() {
    let empty = fake_hub(&[]);
    let gated = fake_hub(&[(FILE, 401, String::new())]);
    let broken = fake_hub(&[(FILE, 503, String::new())]);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let root = TempDir::new().unwrap();
    let hubs = [&*empty.endpoint, &gated.endpoint, &broken.endpoint, &closed];
    let text = error("org/m", &sources(root.path(), &hubs)).to_string();
    for (hub, answer) in
        hubs.iter().zip(["no such model (404)", "HF_TOKEN", "status 503", "onnect"])
    {
        let at = text.find(hub).unwrap();
        assert!(text[at..].contains(answer), "{answer} is not in {text}");
    }
    assert!(!root.path().join("org--m").exists());
}

#[test]
fn a_model_without_tokenizer_json_names_the_remedy() {
    let hub = fake_hub(&[(CONFIG, 200, "{}".to_owned())]);
    let root = TempDir::new().unwrap();
    let error = error("org/m", &sources(root.path(), &[&hub.endpoint]));
    assert!(matches!(error, OpenError::NoTokenizerJson { .. }));
    assert!(error.to_string().contains("save_pretrained"));
}

#[test]
fn invalid_files_are_named() {
    let root = TempDir::new().unwrap();
    let file = root.path().join("tokenizer.json");
    std::fs::write(&file, "{]").unwrap();
    let name = root.path().to_str().unwrap();
    let text = error(name, &Sources::default()).to_string();
    assert!(text.contains("tokenizer.json is not valid"), "{text}");
    std::fs::write(&file, word_piece().to_string()).unwrap();
    std::fs::write(root.path().join("tokenizer_config.json"), "[").unwrap();
    let text = error(name, &Sources::default()).to_string();
    assert!(text.contains("tokenizer_config.json is not valid"), "{text}");
}

#[test]
fn each_damaged_file_is_named_with_its_damage() {
    let whole = word_piece().to_string();
    let half = &whole[..whole.len() / 2];
    let template = r#"{"chat_template": "{% for x in %}"}"#;
    let cases = [
        ("tokenizer.json", half, format!("it is truncated after {} bytes", half.len())),
        ("tokenizer.json", "{\"model\": 7}", "invalid type: integer `7`".into()),
        ("tokenizer_config.json", "{\"bos_token\": ", "it is truncated after 14 bytes".into()),
        ("tokenizer_config.json", "{]", "key must be a string at line 1 column 2".into()),
        ("tokenizer_config.json", template, "its chat template: line 1: ".into()),
        ("chat_template.jinja", "a\nb{% if %}", "its chat template: line 2: ".into()),
    ];
    for (file, holds, damage) in cases {
        let root = TempDir::new().unwrap();
        std::fs::write(root.path().join("tokenizer.json"), &whole).unwrap();
        std::fs::write(root.path().join(file), holds).unwrap();
        let said = error(root.path().to_str().unwrap(), &Sources::default()).to_string();
        let path = root.path().join(file);
        let wanted = format!("--tokenizer-path: {} is not valid: {damage}", path.display());
        assert!(said.starts_with(&wanted), "{said}");
        assert!(said.ends_with("; download it again or give another tokenizer"), "{said}");
    }
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join("tokenizer.json"), b"\xff").unwrap();
    let said = error(root.path().to_str().unwrap(), &Sources::default()).to_string();
    assert!(said.contains("tokenizer.json is not UTF-8 text: byte 0"), "{said}");
}
