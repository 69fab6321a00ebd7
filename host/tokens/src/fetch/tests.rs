//! Fetching from a hub that stands on loopback in the test.

use crate::error::OpenError;
use crate::model::tests::word_piece;
use crate::open_in;
use crate::places::{Hub, Hubs, Places};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const FILE: &str = "/org/m/resolve/main/tokenizer.json";
const CONFIG: &str = "/org/m/resolve/main/tokenizer_config.json";
const TEMPLATE: &str = "/org/m/resolve/main/chat_template.jinja";

/// A hub that answers `files`, 404 to all else, and keeps the heads of what it was asked.
struct Stand {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn stand(files: &[(&str, u16, String)]) -> Stand {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let files: HashMap<String, (u16, String)> = files
        .iter()
        .map(|(path, code, body)| ((*path).to_owned(), (*code, body.clone())))
        .collect();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&asked);
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
    Stand { endpoint, asked }
}

fn places(root: &Path, hubs: &[&str]) -> Places {
    let hub = |endpoint: &&str| Hub {
        endpoint: (*endpoint).to_owned(),
        path: "",
        revision: "main",
        token: Some("opens-it".to_owned()),
    };
    Places {
        own: Some(root.to_owned()),
        hubs: Hubs::Online(hubs.iter().map(hub).collect()),
        ..Places::default()
    }
}

fn error(name: &str, places: &Places) -> OpenError {
    match open_in(name, &serde_json::Map::new(), places) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[test]
fn a_model_is_fetched_once_and_then_opened_from_our_cache() {
    let hub = stand(&[
        (FILE, 200, word_piece().to_string()),
        (CONFIG, 200, r#"{"chat_template": "old", "bos_token": "river"}"#.to_owned()),
        (TEMPLATE, 200, "{{ bos_token }} {{ messages[0].content }}".to_owned()),
    ]);
    let root = TempDir::new().unwrap();
    let places = places(root.path(), &[&hub.endpoint]);
    for _ in 0..2 {
        let tokenizer = open_in("org/m", &serde_json::Map::new(), &places).ok().unwrap();
        let message = loadwright_core::conversation::Message::text("user", "the stone");
        assert_eq!(tokenizer.count_chat(&[message]).unwrap(), 3);
    }
    let asked = hub.asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    assert!(asked[0].to_lowercase().contains("authorization: bearer opens-it"));
    let mut kept: Vec<String> = std::fs::read_dir(root.path().join("org--m"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["chat_template.jinja", "tokenizer.json", "tokenizer_config.json"]);
}

#[test]
fn the_next_hub_is_asked_where_one_has_nothing() {
    let empty = stand(&[]);
    let full = stand(&[(FILE, 200, word_piece().to_string())]);
    let root = TempDir::new().unwrap();
    let places = places(root.path(), &[&empty.endpoint, &full.endpoint]);
    assert_eq!(
        open_in("org/m", &serde_json::Map::new(), &places).ok().unwrap().count_text("the").unwrap(),
        3
    );
}

#[test]
fn a_miss_says_what_each_hub_answered() {
    let empty = stand(&[]);
    let gated = stand(&[(FILE, 401, String::new())]);
    let broken = stand(&[(FILE, 503, String::new())]);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let root = TempDir::new().unwrap();
    let hubs = [&*empty.endpoint, &gated.endpoint, &broken.endpoint, &closed];
    let text = error("org/m", &places(root.path(), &hubs)).to_string();
    for (hub, answer) in
        hubs.iter().zip(["no such model (404)", "HF_TOKEN", "it answered 503", "onnect"])
    {
        let at = text.find(hub).unwrap();
        assert!(text[at..].contains(answer), "{answer} is not in {text}");
    }
    assert!(!root.path().join("org--m").exists());
}

#[test]
fn a_model_that_ships_no_tokenizer_json_says_what_to_do() {
    let hub = stand(&[(CONFIG, 200, "{}".to_owned())]);
    let root = TempDir::new().unwrap();
    let error = error("org/m", &places(root.path(), &[&hub.endpoint]));
    assert!(matches!(error, OpenError::NoTokenizerJson { .. }));
    assert!(error.to_string().contains("save_pretrained"));
}

#[test]
fn files_that_do_not_read_name_themselves() {
    let root = TempDir::new().unwrap();
    let file = root.path().join("tokenizer.json");
    std::fs::write(&file, "{]").unwrap();
    let name = root.path().to_str().unwrap();
    let text = error(name, &Places::default()).to_string();
    assert!(text.contains("tokenizer.json is not valid"), "{text}");
    std::fs::write(&file, word_piece().to_string()).unwrap();
    std::fs::write(root.path().join("tokenizer_config.json"), "[").unwrap();
    let text = error(name, &Places::default()).to_string();
    assert!(text.contains("tokenizer_config.json is not valid"), "{text}");
}

#[test]
fn each_damaged_file_is_named_with_its_damage() {
    let whole = word_piece().to_string();
    let half = &whole[..whole.len() / 2];
    let template = r#"{"chat_template": "{% for x in %}"}"#;
    let cases = [
        ("tokenizer.json", half, format!("it ends in the middle, after {} bytes", half.len())),
        ("tokenizer.json", "{\"model\": 7}", "invalid type: integer `7`".into()),
        (
            "tokenizer_config.json",
            "{\"bos_token\": ",
            "it ends in the middle, after 14 bytes".into(),
        ),
        ("tokenizer_config.json", "{]", "key must be a string at line 1 column 2".into()),
        ("tokenizer_config.json", template, "its chat template: line 1: ".into()),
        ("chat_template.jinja", "a\nb{% if %}", "its chat template: line 2: ".into()),
    ];
    for (file, holds, damage) in cases {
        let root = TempDir::new().unwrap();
        std::fs::write(root.path().join("tokenizer.json"), &whole).unwrap();
        std::fs::write(root.path().join(file), holds).unwrap();
        let said = error(root.path().to_str().unwrap(), &Places::default()).to_string();
        let path = root.path().join(file);
        let wanted = format!("--tokenizer-path: {} is not valid: {damage}", path.display());
        assert!(said.starts_with(&wanted), "{said}");
        assert!(said.ends_with("; fetch it again or give another"), "{said}");
    }
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join("tokenizer.json"), b"\xff").unwrap();
    let said = error(root.path().to_str().unwrap(), &Places::default()).to_string();
    assert!(said.contains("tokenizer.json is not UTF-8 text: byte 0"), "{said}");
}
