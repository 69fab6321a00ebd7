//! Which file a name resolves to, in caches laid out as by the hubs' own clients.

use super::{is_model_id, resolve};
use crate::error::OpenError;
use crate::sources::{Hubs, Sources};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn put(root: &Path, file: &str, text: &str) -> PathBuf {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn sources(root: &Path, more: &[(&str, &str)]) -> Sources {
    let home = root.display().to_string();
    let mut vars: HashMap<String, String> =
        more.iter().map(|(name, value)| ((*name).to_owned(), home.clone() + value)).collect();
    vars.entry("HOME".to_owned()).or_insert(home);
    vars.insert("HF_HUB_OFFLINE".to_owned(), "1".to_owned());
    let own = Some(root.join(".cache/loadwright/tokenizers"));
    Sources { own, ..Sources::read(&|name| vars.get(name).cloned()) }
}

const REVISION: &str = "snapshots/abc123/tokenizer.json";

#[test]
fn a_file_and_a_folder_are_taken_as_they_are() {
    let root = TempDir::new().unwrap();
    let file = put(root.path(), "model/tokenizer.json", "{}");
    let other = put(root.path(), "model/other.json", "{}");
    let nowhere = Sources::default();
    for (name, expected) in [(file.parent().unwrap(), &file), (&file, &file), (&other, &other)] {
        assert_eq!(&resolve(name.to_str().unwrap(), &nowhere).unwrap(), expected);
    }
}

#[test]
fn a_folder_without_tokenizer_json_names_the_remedy() {
    let root = TempDir::new().unwrap();
    put(root.path(), "tokenizer.model", "");
    let error = resolve(root.path().to_str().unwrap(), &Sources::default()).unwrap_err();
    assert!(matches!(error, OpenError::NoTokenizerJson { .. }));
    assert!(error.to_string().contains("has no tokenizer.json; convert it once with"));
}

#[test]
fn ids_are_found_in_every_layout_of_the_caches() {
    let hub = |root: &str| format!("{root}models--org--m1.5/");
    for (variable, value, folder) in [
        ("", "", hub(".cache/huggingface/hub/")),
        ("HF_HOME", "/hf", hub("hf/hub/")),
        ("HF_HUB_CACHE", "/cache", hub("cache/")),
        ("XDG_CACHE_HOME", "/xdg", hub("xdg/huggingface/hub/")),
    ] {
        let root = TempDir::new().unwrap();
        put(root.path(), &format!("{folder}refs/main"), "abc123\n");
        let file = put(root.path(), &format!("{folder}{REVISION}"), "{}");
        assert_eq!(resolve("org/m1.5", &sources(root.path(), &[(variable, value)])).unwrap(), file);
    }
    for (variable, value, folder) in [
        ("", "", ".cache/modelscope/hub/models/org/m1.5"),
        ("", "", ".cache/modelscope/hub/org/m1.5"),
        ("", "", ".cache/modelscope/hub/models/org/m1___5"),
        ("MODELSCOPE_CACHE", "/ms", "ms/models/org/m1.5"),
        ("MODELSCOPE_CACHE", "/ms", "ms/hub/org/m1.5"),
        ("", "", ".cache/loadwright/tokenizers/org--m1.5"),
    ] {
        let root = TempDir::new().unwrap();
        let file = put(root.path(), &format!("{folder}/tokenizer.json"), "{}");
        assert_eq!(resolve("org/m1.5", &sources(root.path(), &[(variable, value)])).unwrap(), file);
    }
}

#[test]
fn hugging_face_comes_before_model_scope() {
    let root = TempDir::new().unwrap();
    put(root.path(), ".cache/modelscope/hub/models/org/m/tokenizer.json", "{}");
    let model = ".cache/huggingface/hub/models--org--m/";
    put(root.path(), &format!("{model}refs/main"), "abc123");
    let file = put(root.path(), &format!("{model}{REVISION}"), "{}");
    assert_eq!(resolve("org/m", &sources(root.path(), &[])).unwrap(), file);
}

#[test]
fn not_found_lists_everything_that_was_tried() {
    let root = TempDir::new().unwrap();
    let model = ".cache/huggingface/hub/models--org--m/";
    put(root.path(), &format!("{model}refs/main"), "abc123");
    put(root.path(), &format!("{model}snapshots/abc123/model.safetensors"), "");
    let error = resolve("org/m", &sources(root.path(), &[])).unwrap_err().to_string();
    for part in [
        "--tokenizer-path org/m: no tokenizer found\n  give a folder with tokenizer.json",
        "org/m: no such file or folder",
        "snapshots/abc123: has no tokenizer.json",
        ".cache/modelscope/hub/models/org/m: does not exist",
        ".cache/modelscope/hub/org/m: does not exist",
        ".cache/loadwright/tokenizers/org--m: does not exist",
        "skipped, HF_HUB_OFFLINE is set",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    // One line per source, the temporary folder's name apart, and the remedy comes first.
    let short = error.replace(&root.path().display().to_string(), "~");
    assert!(short.lines().all(|line| line.chars().count() <= 100), "{short}");
    assert!(short.find("give a folder") < short.find("tried"), "{short}");
}

#[test]
fn pipes_and_devices_are_rejected_without_waiting() {
    let root = TempDir::new().unwrap();
    let pipe = root.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (name, what) in [(pipe.to_str().unwrap(), "a pipe"), ("/dev/zero", "a device")] {
        let said = resolve(name, &Sources::default()).unwrap_err().to_string();
        let wanted = format!("--tokenizer-path: {name} is {what}, not a regular file");
        assert!(said.starts_with(&wanted), "{said}");
    }
}

#[test]
fn only_model_ids_become_paths_and_addresses() {
    for id in ["gpt2", "Qwen/Qwen3-8B", "org/a_b.c-1"] {
        assert!(is_model_id(id), "{id}");
    }
    for other in ["", "/", "a/b/c", "../m", "org/..", "a b", "org/", "a?b", "/abs", "-m"] {
        assert!(!is_model_id(other), "{other}");
        let error = resolve(other, &Sources::default()).unwrap_err();
        assert!(
            matches!(error, OpenError::NotFound { tried, .. } if tried.len() == 1) || other == "/"
        );
    }
}

#[test]
fn hubs_come_from_the_environment() {
    let read = |vars: &[(&str, &str)]| {
        let vars: HashMap<String, String> =
            vars.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        match Sources::read(&|name| vars.get(name).cloned()).hubs {
            Hubs::Offline => Vec::new(),
            Hubs::Online(hubs) => hubs.into_iter().map(|hub| hub.endpoint).collect(),
        }
    };
    assert_eq!(read(&[]), ["https://huggingface.co", "https://modelscope.cn"]);
    assert_eq!(
        read(&[("HF_ENDPOINT", "http://mirror:1/"), ("MODELSCOPE_DOMAIN", "ms.example")]),
        ["http://mirror:1", "https://ms.example"]
    );
    assert_eq!(read(&[("HF_HUB_OFFLINE", "1")]), Vec::<String>::new());
    assert_eq!(read(&[("HF_HUB_OFFLINE", "0")]).len(), 2);
}
