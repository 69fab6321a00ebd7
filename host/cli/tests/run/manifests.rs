//! What manifests decide, from the command line to the bytes on the wire: endpoints, secrets, files by
//! name, versions in the results, and which of several plugins is used.

use super::files::files_with;
use super::stamp::stamped;
use super::*;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A file in the repository's folder of plugins or examples.
fn repository(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Every request as it was sent.
type Requests = Arc<Mutex<Vec<String>>>;

/// A server that keeps what it is sent, and answers with `body`.
fn recording(body: &'static str) -> (SocketAddr, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let requests = Requests::default();
    let kept = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away early has what it wanted.
            let _ = record(stream, body, &kept);
        }
    });
    (address, requests)
}

fn record(mut stream: TcpStream, body: &str, kept: &Requests) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        text += &line;
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent)?;
    text += &String::from_utf8_lossy(&sent);
    kept.lock().expect("no test panics with it").push(text);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A reply of the openai API, not streamed.
const REPLY: &str = r#"{"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":1,"completion_tokens":1}}"#;

/// `perf` with the fixture that signs its requests, against `address`.
fn signed(place: &Place, address: SocketAddr, line: &str) -> Command {
    let plugin = repository("plugins/fixtures/dist/signed.wasm");
    let mut run = place.perf(&format!(
        "--plugin {plugin} --api signed --model m --url 'http://{address}?key=url-secret' \
         --api-key sk-secret --no-stream -n 2 --max-tokens 1 --debug {line}"
    ));
    run.env("LOADWRIGHT_SECRET_SIGN_KEY", "sign-secret");
    run
}

#[test]
fn secrets_go_to_the_target_and_nowhere_else() {
    let place = Place::new();
    let (address, requests) = recording(REPLY);
    let output = ends(signed(&place, address, ""), 0);
    let requests = requests.lock().expect("the server is idle");
    assert_eq!(requests.len(), 3, "two, and the connection test");
    for request in requests.iter() {
        let head = request.to_lowercase();
        assert!(head.starts_with("post /v1/chat/completions?key=url-secret http/1.1"), "{head}");
        assert!(head.contains("\r\nx-signature: sign-secret sk-secret\r\n"), "{head}");
        assert!(head.contains("\r\nx-api-key: key sk-secret\r\n"), "{head}");
        let url = format!("\r\nx-url: http://{address}/v1/chat/completions?key=**********\r\n");
        assert!(head.contains(&url), "the plugin's own URL: {head}");
    }
    for secret in ["sign-secret", "sk-secret", "url-secret"] {
        assert!(!stdout(&output).contains(secret) && !stderr(&output).contains(secret), "{secret}");
        assert_eq!(files_with(&place.run(), secret), Vec::<PathBuf>::new(), "{secret}");
    }
}

#[test]
fn a_secret_that_is_missing_or_not_declared_is_named() {
    let place = Place::new();
    let (address, requests) = recording(REPLY);
    let mut run = signed(&place, address, "");
    run.env_remove("LOADWRIGHT_SECRET_SIGN_KEY");
    let said = stderr(&ends(run, 2));
    let wanted = "--api: `signed` needs the secret `sign-key`: signs requests; put it into the \
                  variable LOADWRIGHT_SECRET_SIGN_KEY";
    assert!(said.contains(wanted), "{said}");
    let other = r#"--no-test-connection --api-args '{"signature": "{{secret:other}}"}'"#;
    let output = ends(signed(&place, address, other), 1);
    let said = stdout(&output) + &stderr(&output);
    assert!(said.contains("{{secret:other}} is not declared; name it in needs.secrets"), "{said}");
    assert!(requests.lock().expect("the server is idle").is_empty(), "nothing was sent");
}

#[test]
fn an_example_outside_of_the_binary_has_its_url_completed() {
    let place = Place::new();
    let (address, requests) = recording(r#"{"message":{"content":"ok"},"done_reason":"stop"}"#);
    let plugin = repository("examples/ollama/ollama.wasm");
    let line = format!("--plugin {plugin} --api ollama --model m --no-stream -n 1 --max-tokens 1");
    let output = ends(place.perf(&format!("{line} --url http://{address}")), 0);
    let notice = format!("--url names no endpoint, so requests go to http://{address}/api/chat");
    assert!(stderr(&output).contains(&notice), "{}", stderr(&output));
    let requests = requests.lock().expect("the server is idle");
    assert!(requests.iter().all(|request| request.starts_with("POST /api/chat HTTP/1.1")));
    let said = stderr(&ends(place.perf(&format!("{line} --url http://h --tokenize-prompt")), 2));
    assert!(said.contains("the API `ollama` takes messages or text, not token ids"), "{said}");
}

#[test]
fn a_folder_among_the_settings_is_read_by_the_name_of_its_setting() {
    let place = Place::new();
    let folder = place.path().join("prompts");
    std::fs::create_dir(&folder).expect("writable");
    std::fs::write(folder.join("1.txt"), "alpha").expect("writable");
    std::fs::write(folder.join("2.txt"), "beta").expect("writable");
    let (address, requests) = recording(r#"{"choices":[{"text":"ok","finish_reason":"stop"}]}"#);
    let plugin = repository("plugins/fixtures/dist/folder.wasm");
    let line = format!(
        "perf --outputs-dir . --no-timestamp --name run --plugin {plugin} --dataset folder --model m \
         --url http://{address}/v1/completions --no-stream -n 2 --max-tokens 1 --no-test-connection"
    );
    let with = |path: &str| {
        place.loadwright(&format!("{line} --dataset-args '{{\"texts\": \"{path}\"}}'"))
    };
    ends(with("prompts"), 0);
    let mut requests = requests.lock().expect("the server is idle").clone();
    requests.sort_unstable();
    let prompts = requests.iter().map(|request| {
        let body = request.split("\r\n\r\n").nth(1).expect("a body");
        serde_json::from_str::<Value>(body).expect("JSON")["prompt"].clone()
    });
    let mut prompts: Vec<Value> = prompts.collect();
    prompts.sort_by_key(ToString::to_string);
    assert_eq!(prompts, ["texts: alpha", "texts: beta"]);
    let stored = place.json("parallel_1_number_2", "benchmark_args.json");
    assert_eq!(stored["dataset_args"]["texts"], "prompts");
    let said = stderr(&ends(with("nowhere"), 2));
    let wanted = "--dataset-args: texts: nowhere does not exist; give a readable file";
    assert!(said.contains(wanted), "{said}");
    let said = stderr(&ends(place.loadwright(&line), 2));
    let wanted = "--dataset-args: `texts` is required by the dataset folder: the prompts";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn results_name_plugins_with_version_and_digest() {
    let place = Place::new();
    ends(place.perf("--simulate -n 1 --max-tokens 1"), 0);
    let digests =
        std::fs::read_to_string(repository("plugins/dist/digests.json")).expect("readable");
    let point = "parallel_1_number_1";
    let args = place.json(point, "benchmark_args.json")["plugins"].clone();
    let names = |plugins: &Value| {
        let all = plugins.as_array().expect("a list").iter();
        all.map(|plugin| format!("{} {}", plugin["kind"], plugin["name"])).collect::<Vec<_>>()
    };
    assert_eq!(names(&args), ["\"api\" \"openai\"", "\"dataset\" \"prompt\""]);
    let digest = args[0]["sha256"].as_str().expect("text");
    assert!(digest.len() == 64 && digests.contains(digest), "{digest}");
    assert_eq!(place.summary(point)["loadwright"]["plugins"], args);
    let line = format!("openai 0.1.0 (sha256 {})", &digest[..12]);
    assert!(place.text("performance_summary.txt").contains(&line), "{line}");
    assert_eq!(files_with(&place.run(), digest).len(), 3, "with records.db");
}

/// The bundled component `of` with this manifest in place of its own.
fn stamp(place: &Place, of: &str, manifest: &Value) -> String {
    let bytes =
        std::fs::read(repository(&format!("plugins/dist/{of}.wasm"))).expect("it is bundled");
    let bytes = stamped(&bytes, &manifest.to_string());
    let path = place.path().join(format!("{of}-stamped.wasm"));
    std::fs::write(&path, bytes).expect("writable");
    path.display().to_string()
}

#[test]
fn a_manifest_that_describe_contradicts_is_an_error_that_says_where() {
    let place = Place::new();
    let manifest = serde_json::json!({ "name": "prompt", "version": "9", "summary": "" });
    let plugin = stamp(&place, "prompt", &manifest);
    let said = stderr(&ends(place.perf(&format!("--simulate -n 1 --plugin {plugin}")), 3));
    let wanted = "plugin `prompt`: carries a manifest, but what its `describe` returns differs from \
                  it at /";
    assert!(said.contains(wanted), "{said}");
    let manifest = serde_json::json!({ "name": "prompt", "colour": "red" });
    let plugin = stamp(&place, "prompt", &manifest);
    let said = stderr(&ends(place.loadwright(&format!("plugin list --plugin {plugin}")), 3));
    let wanted = "its manifest is not valid: unknown field `colour`, expected one of";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn of_two_plugins_of_one_name_the_first_is_used_and_what_nobody_chose_is_a_notice() {
    let place = Place::new();
    for name in ["one.wasm", "two.wasm"] {
        std::fs::copy(repository("plugins/dist/prompt.wasm"), place.path().join(name)).expect(name);
    }
    std::fs::write(place.path().join("bad.wasm"), "\0asm\u{1}").expect("writable");
    let line =
        "--simulate -n 1 --max-tokens 1 --plugin one.wasm --plugin two.wasm --plugin bad.wasm";
    let said = stderr(&ends(place.perf(line), 0));
    for wanted in [
        "notice: two plugins are called prompt: the dataset of one.wasm is used, that of two.wasm is not",
        "notice: the dataset prompt of one.wasm replaces the bundled one",
        "notice: plugin bad.wasm: is truncated after 5 bytes; build or download it again; it is not used",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn listing_compiles_only_what_carries_no_manifest_and_that_once() {
    let place = Place::new();
    let cache = place.path().join("cache");
    let bytes = std::fs::read(repository("plugins/dist/prompt.wasm")).expect("it is bundled");
    std::fs::write(place.path().join("stamped.wasm"), &bytes).expect("writable");
    std::fs::write(place.path().join("bare.wasm"), without_manifest(bytes)).expect("writable");
    let listed = |plugin: &str| {
        let mut list = place.loadwright(&format!("plugin list --plugin {plugin}"));
        list.env("XDG_CACHE_HOME", &cache).env_remove("LOADWRIGHT_CACHE_DIR");
        stdout(&ends(list, 0))
    };
    let compiled = || {
        let found = files_with(&cache, "lw-code1");
        let is_code = |path: &&PathBuf| path.extension().is_some_and(|end| end == "cwasm");
        found.iter().filter(is_code).cloned().collect::<Vec<_>>()
    };
    std::fs::create_dir(&cache).expect("writable");
    assert!(listed("stamped.wasm").contains("dataset prompt 0.1.0 (stamped.wasm)"));
    assert!(compiled().is_empty(), "its manifest is in the file");
    let first = listed("bare.wasm");
    assert!(first.contains("dataset prompt 0.1.0 (bare.wasm)"), "{first}");
    let code = compiled();
    assert_eq!(code.len(), 1, "it had to be asked");
    std::fs::remove_file(&code[0]).expect("it is there");
    assert_eq!(listed("bare.wasm"), first);
    assert!(compiled().is_empty(), "what it said is kept");
}

/// The same component with another name for the section of its manifest, as other languages write it.
fn without_manifest(mut bytes: Vec<u8>) -> Vec<u8> {
    let name = b"loadwright:manifest";
    for at in 0..bytes.len() - name.len() {
        if &bytes[at..at + name.len()] == name {
            bytes[at] = b'L';
        }
    }
    bytes
}
