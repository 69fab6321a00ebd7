//! What the manifests of the chosen plugins decide: endpoints, chat, the header of the API key, needs,
//! and whether API and dataset fit.

use crate::testing::{convert_with, errors, run as read, stamped, stamped_with};
use serde_json::json;
use std::path::Path;

/// The example of a third-party plugin.
fn ollama() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ollama/ollama.wasm");
    format!("--plugin {} --api ollama --model m --prompt hi", path.display())
}

#[test]
fn endpoints_of_any_api_are_completed() {
    for (url, wanted) in [
        ("http://h:11434", "http://h:11434/api/chat"),
        ("http://h:11434/api/", "http://h:11434/api/chat"),
        ("http://h/x/api/chat", "http://h/x/api/chat"),
    ] {
        let run = read(&format!("{} --url {url}", ollama()));
        assert_eq!(run.points[0].target.url, wanted, "{url}");
        assert!(run.points[0].request.in_chat, "its endpoint takes messages");
    }
    let said = errors(&format!("{} --url http://h --no-apply-chat-template", ollama()));
    let wanted = "--no-apply-chat-template: contradicts --url, whose endpoint takes chat messages; \
                  remove the flag";
    assert!(said.contains(wanted), "{said}");
    let said = errors(&format!("{} --url http://h --tokenize-prompt", ollama()));
    let wanted = "--tokenize-prompt: the API `ollama` takes messages or text, not token ids; remove \
                  it, or use another --api";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn what_an_api_takes_tells_chat_where_no_endpoint_does() {
    let line = |prompts: serde_json::Value, more: &str| {
        let path = stamped("plain", &json!({ "prompts": prompts }));
        let plugin = path.display();
        format!("--plugin {plugin} --api plain --model m --prompt hi --url http://h/x {more}")
    };
    let in_chat = |prompts, more: &str| read(&line(prompts, more)).points[0].request.in_chat;
    assert!(in_chat(json!(["messages"]), ""));
    assert!(!in_chat(json!(["text"]), ""));
    assert!(!in_chat(json!(["messages", "text"]), ""));
    assert!(in_chat(json!(["messages", "text"]), "--apply-chat-template"));
    let said = errors(&line(json!(["text"]), "--apply-chat-template"));
    let wanted = "--apply-chat-template: contradicts --api plain, which takes plain text";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn the_key_goes_into_the_header_of_the_api() {
    let auth = json!({ "header": "x-goog-api-key", "value": "{{api-key}}" });
    let path = stamped("goog", &json!({ "prompts": ["messages"], "auth": auth }));
    let line = format!(
        "--plugin {} --api goog --model m --prompt hi --url http://h/x --api-key sk-1",
        path.display()
    );
    let target = &read(&line).points[0].target;
    assert_eq!(target.headers, [("x-goog-api-key".to_owned(), "sk-1".to_owned())]);
    assert_eq!(target.secrets, [("api-key".to_owned(), "sk-1".to_owned())]);
    let run = read(&format!("{line} --headers X-Goog-Api-Key=other"));
    assert_eq!(run.points[0].target.headers.len(), 1);
    let notice = "--headers sets x-goog-api-key, so --api-key is not used";
    assert!(run.notices.iter().any(|line| line == notice), "{:?}", run.notices);
}

#[test]
fn an_api_and_a_dataset_that_do_not_fit_are_told_with_those_that_do() {
    let inputs =
        stamped_with("vectors", "prompt", json!({ "dataset": { "prompts": ["ranking"] } }));
    let api = stamped("speak", &json!({ "prompts": ["custom:speech"] }));
    let line = "--model m --url http://h/x";
    let both = format!("{line} --plugin {} --plugin {}", inputs.display(), api.display());
    let said = errors(&format!("{both} --api speak --dataset vectors"));
    let wanted = "--dataset: `vectors` makes ranking, and the API `speak` takes custom:speech; use \
                  --api openai";
    assert!(said.contains(wanted), "{said}");
    let said = errors(&format!("{both} --api speak --prompt hi"));
    let wanted = "--dataset: `prompt` makes messages or text, and the API `speak` takes \
                  custom:speech; use --api openai";
    assert!(said.contains(wanted), "{said}");
    let ollama = ollama();
    let said = errors(&format!(
        "{} --url http://h --dataset vectors --plugin {}",
        ollama.replace("--prompt hi", ""),
        inputs.display()
    ));
    let wanted = "and the API `ollama` takes messages or text; use --dataset line_by_line, prompt, \
                  random or random_vl, or --api openai";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn paths_among_the_settings_of_a_dataset_become_names_of_files() {
    let members = json!({
        "dataset": { "prompts": ["messages"] },
        "needs": { "files": [{ "name": "images", "reason": "the pictures" }] },
        "settings": {
            "properties": {
                "images": { "type": "string", "format": "path" },
                "split": { "type": "string" },
            },
        },
    });
    let path = stamped_with("pictures", "prompt", members);
    let line = format!(
        "--model m --url http://h --dataset pictures --plugin {} --tokenizer-path t",
        path.display()
    );
    let run = read(&format!("{line} --dataset-args '{{\"images\": \"/a/b\", \"split\": \"x\"}}'"));
    assert_eq!(run.files, [("images".to_owned(), "/a/b".into())]);
    assert_eq!(run.dataset_settings["settings"], json!({ "images": "images", "split": "x" }));
    assert_eq!(run.points[0].settings["dataset_args"]["images"], "/a/b", "stored as it was given");
    let said = errors(&line);
    let wanted = "--dataset-args: `images` is required by the dataset pictures: the pictures";
    assert!(said.contains(wanted), "{said}");
    let said = errors("--simulate --dataset line_by_line");
    assert!(said.contains("--dataset-path: is required by the dataset line_by_line: the prompts"));
}

#[test]
fn secrets_that_an_api_needs_come_from_the_environment() {
    let members = json!({
        "api": { "prompts": ["messages"] },
        "needs": { "secrets": [{ "name": "aws-key", "reason": "signs requests" }] },
    });
    let path = stamped_with("signed", "openai", members);
    let line =
        format!("--plugin {} --api signed --model m --prompt hi --url http://h/x", path.display());
    let said = errors(&line);
    let wanted = "--api: `signed` needs the secret `aws-key`: signs requests; put it into the variable \
                  LOADWRIGHT_SECRET_AWS_KEY";
    assert!(said.contains(wanted), "{said}");
    let with = |value: &str| {
        convert_with(&line, &[("LOADWRIGHT_SECRET_AWS_KEY".to_owned(), value.to_owned())])
    };
    let run = with("hush").expect("it is given");
    assert_eq!(run.points[0].target.secrets, [("secret:aws-key".to_owned(), "hush".to_owned())]);
    assert!(run.notices.iter().all(|line| !line.contains("SECRET")), "{:?}", run.notices);
    let stored = serde_json::to_string(&run.points[0]).expect("a plan is JSON");
    assert!(!stored.contains("hush"), "{stored}");
    let said = with("a\nb").expect_err("a line break");
    assert!(said.contains("LOADWRIGHT_SECRET_AWS_KEY cannot be sent in a header"), "{said}");
}

#[test]
fn results_name_the_plugins() {
    let plan = &read("--simulate").points[0];
    let named: Vec<_> = plan.plugins.iter().map(|plugin| (&*plugin.kind, &*plugin.name)).collect();
    assert_eq!(named, [("api", "openai"), ("dataset", "random")]);
    let digests = include_str!("../../../../../plugins/dist/digests.json");
    assert!(plan.plugins.iter().all(|plugin| digests.contains(&plugin.sha256)), "{digests}");
}

#[test]
fn of_two_plugins_of_one_name_the_first_wins_with_a_notice() {
    let section = json!({ "prompts": ["messages"] });
    let [one, two] = [stamped("twin", &section), stamped("twin", &section)];
    let (one, two) = (one.display(), two.display());
    let line = "--model m --prompt hi --url http://h/x --api twin";
    let run = read(&format!("{line} --plugin {one} --plugin {two} --plugin Cargo.toml"));
    assert_eq!(run.chosen.api.source.to_string(), one.to_string());
    let twins = format!(
        "two plugins are called twin: the API plugin of {one} is used, that of {two} is not"
    );
    assert!(run.notices.contains(&twins), "{:?}", run.notices);
    let bad = "plugin Cargo.toml: is text, not a component; give the .wasm file that the plugin's \
               build wrote; it is not used";
    assert!(run.notices.iter().any(|line| line == bad), "{:?}", run.notices);
    let said = errors(&format!("{line} --plugin Cargo.toml"));
    assert!(said.contains("unknown API plugin `twin`") && said.contains("Cargo.toml: is text"));
}

#[test]
fn an_api_that_cannot_stream_is_not_asked_to() {
    let path = stamped("whole", &json!({ "prompts": ["messages"], "stream": false }));
    let plugin = path.display();
    let line = format!("--plugin {plugin} --api whole --model m --prompt hi --url http://h/x");
    let run = read(&line);
    assert_eq!(
        (run.points[0].request.stream, &run.api_settings["generation"]["stream"]),
        (false, &json!(false))
    );
    let said = errors(&format!("{line} --stream"));
    assert!(said.contains("--stream: the replies of --api whole cannot be streamed"), "{said}");
}
