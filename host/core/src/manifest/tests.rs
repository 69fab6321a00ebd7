//! Members of manifests as plugins write them: what is read of each, and what is refused, by name.

use super::*;
use crate::export::RequestFilter;
use crate::service::ServiceKind;
use crate::testkit::service_metric;
use serde_json::json;

/// An API whose endpoints share an ending, as those of OpenAI do.
fn api() -> ApiManifest {
    ApiManifest::read(&json!({
        "prompts": ["messages", "text", "tokens", "custom:spoken"],
        "root": "/v1",
        "paths": {
            "messages": "/chat/completions",
            "text": "/completions",
            "tokens": "/completions",
            "custom:spoken": "/speech",
        },
        "endpoints": ["/responses"],
        "auth": { "header": "x-key", "value": "{{api-key}}" },
        "held_text": true,
    }))
    .unwrap()
}

#[test]
fn what_an_api_says() {
    let api = api();
    let spoken = PromptKind::Custom("spoken".into());
    assert!(api.takes(&spoken) && !api.takes(&PromptKind::Inputs));
    assert!(ApiManifest::default().takes(&PromptKind::Inputs), "nothing is known of it");
    assert_eq!(api.auth.value_for("sk"), "sk");
    assert_eq!(Auth::default().value_for("sk"), "Bearer sk");
    assert_eq!((api.stream, api.held_text, api.reuse_by_shape), (true, true, false));
}

#[test]
fn a_path_without_an_endpoint_is_completed() {
    let api = api();
    let completed = |path: &str, kind| api.completed(path, &kind);
    let messages = PromptKind::Messages;
    for path in ["", "/", "/v1", "/v1/"] {
        let wanted = Some("/v1/chat/completions".into());
        assert_eq!(completed(path, messages.clone()), wanted, "{path}");
    }
    assert_eq!(completed("/api/v4", PromptKind::Text), Some("/api/v4/completions".into()));
    for path in ["/v1/chat/completions", "/v1/chat/completions/", "/completions", "/v1/responses"] {
        assert_eq!(completed(path, messages.clone()), None, "{path}");
    }
    assert_eq!(completed("/v1", PromptKind::Inputs), None, "it has no path");
}

#[test]
fn an_endpoint_tells_its_prompts_and_can_be_exchanged() {
    let api = api();
    let (messages, text, tokens) = (PromptKind::Messages, PromptKind::Text, PromptKind::Tokens);
    assert_eq!(api.kinds_at("/v1/chat/completions/"), [&messages]);
    assert_eq!(api.kinds_at("/v1/completions"), [&text, &tokens]);
    assert!(api.kinds_at("/v1/responses").is_empty());
    assert!(api.kinds_at("/v1").is_empty());
    let redirected = |path, kind| api.redirected(path, kind);
    assert_eq!(redirected("/a/chat/completions", &tokens), Some("/a/completions".into()));
    assert_eq!(redirected("/a/completions", &tokens), None);
    assert_eq!(redirected("/a/responses", &tokens), None);
    assert_eq!(redirected("/a/speech", &tokens), None, "not an endpoint of chat messages");
}

#[test]
fn an_api_that_is_not_understood_is_refused_by_name() {
    for (changed, said) in [
        (json!({ "paths": {} }), "api: missing field `prompts`"),
        (json!({ "prompts": [] }), "api.prompts: is empty; name a kind of prompt"),
        (json!({ "prompts": ["text", "text"] }), "api.prompts: holds text twice"),
        (
            json!({ "prompts": ["chat"] }),
            "api: `chat` is not a kind of prompt; use messages, text, tokens, inputs, ranking, body \
             or custom:NAME",
        ),
        (
            json!({ "prompts": ["custom:"] }),
            "api: `custom:` is not a kind of prompt; use messages, text, tokens, inputs, ranking, \
             body or custom:NAME",
        ),
        (
            json!({ "prompts": ["text"], "paths": { "messages": "/m" } }),
            "api.paths: has a path for messages, which is not in api.prompts",
        ),
        (
            json!({ "prompts": ["text"], "paths": { "text": "v1" } }),
            "api.paths.text: `v1` is not a path; begin it with `/`, end it without, and leave out \
             query and blanks",
        ),
        (
            json!({ "prompts": ["text"], "root": "/a?b" }),
            "api.root: `/a?b` is not a path; begin it with `/`, end it without, and leave out query \
             and blanks",
        ),
        (
            json!({ "prompts": ["text"], "auth": { "header": "x-key", "value": "none" } }),
            "api.auth.value: does not hold {{api-key}}, which stands for the API key",
        ),
        (
            json!({ "prompts": ["text"], "auth": { "header": "a b", "value": "{{api-key}}" } }),
            "api.auth: `a b` is not a header's name",
        ),
        (
            json!({ "prompts": ["text"], "auth": { "header": "a", "value": "{{api-key}}\r\nb: c" } }),
            "api.auth: the value of `a` cannot be sent; check it for line breaks",
        ),
        (
            json!({ "prompts": ["text"], "auth": { "header": "host", "value": "{{api-key}}" } }),
            "api.auth: the value of `host` is not a host, or a host and a port such as \
             `example.com:8000`",
        ),
        (
            json!({ "prompts": ["text"], "stream": "yes" }),
            "api: invalid type: string \"yes\", expected a boolean",
        ),
    ] {
        assert_eq!(ApiManifest::read(&changed).unwrap_err(), said);
    }
    let unknown = ApiManifest::read(&json!({ "prompts": ["text"], "timeout": 1 })).unwrap_err();
    assert!(unknown.starts_with("api: unknown field `timeout`, expected one of "), "{unknown}");
    let endpoints = vec!["/a"; 65];
    let many = ApiManifest::read(&json!({ "prompts": ["text"], "endpoints": endpoints }));
    assert_eq!(many.unwrap_err(), "api.endpoints: names more than 64");
}

#[test]
fn a_dataset_says_what_it_makes() {
    let dataset = DatasetManifest::read(&json!({ "prompts": ["ranking", "body"] })).unwrap();
    assert_eq!(dataset.prompts, [PromptKind::Ranking, PromptKind::Body]);
    assert_eq!(listed(&dataset.prompts), "ranking or body");
    let refused = DatasetManifest::read(&json!({ "prompts": ["text"], "turns": 1 })).unwrap_err();
    assert_eq!(refused, "dataset: unknown field `turns`, expected `prompts`");
}

#[test]
fn needs_are_read_or_refused() {
    let needs = Needs::read(&json!({
        "secrets": [{ "name": "aws-key-2", "reason": "signs requests" }],
        "files": [{ "name": "dataset-path", "reason": "the prompts" }],
        "tokenizer": "prompts have an exact length",
    }))
    .unwrap();
    assert_eq!(needs.secrets[0].variable(), "LOADWRIGHT_SECRET_AWS_KEY_2");
    assert_eq!(needs.files[0].name, "dataset-path");
    assert_eq!(needs.tokenizer.as_deref(), Some("prompts have an exact length"));
    for (json, said) in [
        (
            json!({ "ports": [] }),
            "needs: unknown field `ports`, expected one of `secrets`, `hosts`, `folders`, `stop`, \
             `files`, `tokenizer`",
        ),
        (
            json!({ "hosts": [{ "name": "https://a b", "reason": "r" }] }),
            "needs.hosts: `https://a b` is not a name; use visible ASCII characters",
        ),
        (
            json!({ "hosts": [{ "name": "https://a", "reason": "r", "hosts": ["https://b"] }] }),
            "needs: `https://a` has hosts, which only secrets have",
        ),
        (
            json!({ "secrets": [{ "name": "a", "reason": "r", "hosts": ["https://b"] }] }),
            "needs.secrets: `https://b` is not among needs.hosts",
        ),
        (json!({ "stop": "" }), "needs.stop: give a reason on one line, of at most 200 bytes"),
        (json!({ "secrets": [{ "name": "a" }] }), "needs: missing field `reason`"),
        (
            json!({ "secrets": [{ "name": "A", "reason": "r" }] }),
            "needs.secrets: `A` is not a name; use lower-case letters, digits and `-`",
        ),
        (
            json!({ "secrets": [{ "name": "a", "reason": "r" }, { "name": "a", "reason": "r" }] }),
            "needs.secrets: names `a` twice",
        ),
        (
            json!({ "files": [{ "name": "a", "reason": "r\nr" }] }),
            "needs.files: `a`: give a reason on one line, of at most 200 bytes",
        ),
        (
            json!({ "tokenizer": "" }),
            "needs.tokenizer: give a reason on one line, of at most 200 bytes",
        ),
    ] {
        assert_eq!(Needs::read(&json).unwrap_err(), said);
    }
}

#[test]
fn an_exporters_sources_are_read_or_refused() {
    let exporter = ExporterManifest::read(&json!({
        "requests": "failed",
        "sources": {
            "base_url": [{ "env": "URL" }, { "ini": "./s", "section": "default", "key": "url" }],
            "secret:key": [{ "flag": "key" }, { "netrc": "~/.netrc", "machine": "{setting:url}" }],
        },
    }))
    .unwrap();
    assert_eq!(exporter.filter(), RequestFilter::Failed);
    let ini = Source::Ini { file: "./s".into(), section: "default".into(), key: "url".into() };
    assert_eq!(exporter.sources["base_url"], [Source::Env("URL".into()), ini]);
    let machine = "{setting:url}".into();
    let netrc = Source::Netrc { file: "~/.netrc".into(), machine, field: NetrcField::Password };
    assert_eq!(exporter.of_secret("key"), [Source::Flag("key".into()), netrc]);
    assert_eq!(exporter.secrets().collect::<Vec<_>>(), ["key"]);
    let source = |source| json!({ "sources": { "a": [source] } });
    for (json, said) in [
        (json!({ "gaps": true }), "have no meaning without `requests`"),
        (json!({ "requests": "none" }), "unknown variant `none`"),
        (json!({ "sources": { "a": [] } }), "exporter.sources.a: give 1 to 32 sources"),
        (source(json!({ "env": "A", "flag": "b" })), "a source is one of flag, env, ini"),
        (source(json!({ "env": "A", "key": "b" })), "belongs to another kind of source"),
        (source(json!({ "yaml": "./a" })), "the source yaml needs a `key`"),
        (source(json!({ "env": "A\nB" })), "is not a line of at most 256 bytes"),
        (source(json!({ "setting": "b", "replace": "x" })), "the source setting needs a `by`"),
        (
            source(json!({ "setting": "a", "replace": "x", "by": "y" })),
            "exporter.sources.a: `a` comes from a setting itself",
        ),
    ] {
        let refused = ExporterManifest::read(&json).unwrap_err();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn metrics_are_declared_with_unit_kind_and_label() {
    let metrics = read_metrics(&json!({
        "queue_time": { "unit": "s", "kind": "time", "label": "queue time" },
        "audio": { "unit": "s", "kind": "total", "label": "audio" },
    }))
    .unwrap();
    let sorted = [
        service_metric("audio", ServiceKind::Total),
        service_metric("queue_time", ServiceKind::Time),
    ];
    assert_eq!(metrics, sorted);
    for (name, json, said) in [
        (
            "t",
            json!({ "unit": "s", "kind": "histogram", "label": "t" }),
            "metrics.t: unknown variant `histogram`, expected one of `level`, `total`, `rate`, \
             `time`, `share`",
        ),
        (
            "t",
            json!({ "unit": "", "kind": "time", "label": "t" }),
            "metrics.t: give a unit of at most 12 bytes",
        ),
        (
            "t",
            json!({ "unit": "s", "kind": "time", "label": "\u{1b}[2J" }),
            "metrics.t: give a label of at most 48 bytes",
        ),
        (
            "T",
            json!({ "unit": "s", "kind": "time", "label": "t" }),
            "metrics.T: is not a metric's name; use at most 48 lower-case letters, digits and `_`",
        ),
    ] {
        assert_eq!(read_metrics(&json!({ name: json })).unwrap_err(), said);
    }
}
