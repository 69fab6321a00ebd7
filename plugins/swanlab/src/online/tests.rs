//! What is sent to a server, field by field against what SwanLab 0.10.3 sends (tests/recordings: ids
//! and times are its own; left out are the SDK's own messages, what it says of a Python process, the
//! second copy of the configuration and captions); and what comes of refusals.

use super::Online;
use crate::fake::{Fake, Sent};
use crate::model::*;
use crate::settings::Settings;
use crate::target::{Refused, Target};
use loadwright_plugin::Fault;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

const NOW: f64 = 1_795_486_202.0;

fn settings() -> Settings {
    let given = json!({ "settings": { "host": "http://swan:1" }, "secrets": ["api-key"] });
    Settings::read(&given.to_string()).unwrap()
}

/// Answers as the recording's server did, if `refused` does not say otherwise.
fn server(mut refused: impl FnMut(&Sent) -> Option<(u16, Value)> + 'static) -> Fake {
    let made = Cell::new(false);
    Fake::new(NOW, move |sent| {
        if let Some(answer) = refused(sent) {
            return answer;
        }
        let path = sent.path();
        let urls = |list: &str| -> Vec<String> {
            let body = sent.json();
            let url = |it: &Value| match it["path"].as_str() {
                Some(file) => format!("http://store/bucket/files/{file}?sig=x"),
                None => format!("http://store/bucket/{}?sig=x", it.as_str().unwrap()),
            };
            body[list].as_array().unwrap().iter().map(url).collect()
        };
        match (sent.method.as_str(), path) {
            ("POST", "api/login/api_key") => (
                200,
                json!({
                    "sid": "session", "expiredAt": "2099-01-01T00:00:00.000Z",
                    "userInfo": { "username": "stub-user" },
                }),
            ),
            ("GET", "api/project/stub-user/perf_benchmark") if !made.get() => {
                (404, json!({ "code": "Not_Found", "message": "project not found" }))
            }
            ("POST", "api/projects/stub-user") => {
                made.set(true);
                (201, json!({}))
            }
            ("GET", "api/project/stub-user/perf_benchmark") => (
                200,
                json!({
                    "cuid": "projcuid0001", "name": "perf_benchmark", "version": 1,
                    "group": { "username": "stub-user" },
                }),
            ),
            ("POST", "api/project/stub-user/perf_benchmark/experiment") => {
                (201, json!({ "cuid": "expcuid0001", "slug": "bfaagrd5" }))
            }
            ("POST", "api/resources/presigned/put") => (201, json!({ "urls": urls("paths") })),
            ("POST", "api/experiment/expcuid0001/files/prepare") => {
                (201, json!({ "urls": urls("files") }))
            }
            _ => (201, json!({})),
        }
    })
}

fn recording(name: &str) -> Vec<Value> {
    let text = match name {
        "online" => include_str!("../../tests/recordings/online.json"),
        _ => include_str!("../../tests/recordings/crash.json"),
    };
    serde_json::from_str(text).unwrap()
}

fn column(recorded: &Value) -> Column {
    let kind = match recorded["type"].as_str().unwrap() {
        "FLOAT" => Kind::Scalar,
        "TEXT" => Kind::Text,
        _ => Kind::Chart,
    };
    let key = recorded["key"].as_str().unwrap().into();
    Column { key, label: String::new(), kind, x_axis: None, hidden: false }
}

/// The experiment of the recording, made of the recording's own contents.
fn recorded(crashed: bool) -> (Experiment, Batch) {
    let requests = recording(if crashed { "crash" } else { "online" });
    let body = |path: &str| -> Value {
        requests.iter().find(|it| it["path"].as_str().unwrap().contains(path)).unwrap()["body"]
            .clone()
    };
    let of_kind = |kind: &str| {
        requests.iter().find(|it| it["body"]["type"] == kind).unwrap()["body"]["metrics"].clone()
    };
    let made = body("/experiment");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let experiment = Experiment {
        id: text(&made["cuid"]),
        name: "model_20260101".into(),
        description: "desc".into(),
        tags: vec!["a".into(), "b".into()],
        group: "g".into(),
        color: "#528d59".into(),
        started: NOW,
        config: body("/profile")["config"].clone(),
    };
    let columns = body("/series")["series"].clone();
    let columns = columns.as_array().unwrap().iter().map(column);
    let scalars = of_kind("scalar");
    let scalars = scalars.as_array().unwrap().iter().map(|it| Scalar {
        key: text(&it["key"]),
        step: it["index"].as_i64().unwrap(),
        value: it["data"].as_f64().unwrap_or(f64::NEG_INFINITY),
        at: NOW,
    });
    let media = of_kind("media");
    let media = media.as_array().unwrap().iter().map(|it| {
        let path = text(&it["data"][0]);
        Media {
            key: text(&it["key"]),
            kind: if path.ends_with(".txt") { Kind::Text } else { Kind::Chart },
            content: text(&body(&format!("/bucket/{path}"))).into_bytes(),
            at: NOW,
        }
    });
    let lines = of_kind("log");
    let lines = lines.as_array().unwrap().iter().map(|it| Line {
        number: it["epoch"].as_u64().unwrap() as u32,
        text: text(&it["message"]),
        error: it["level"] == "ERROR",
        at: NOW,
    });
    let batch = Batch {
        columns: columns.collect(),
        scalars: scalars.collect(),
        media: media.collect(),
        lines: lines.collect(),
        files: vec![Attachment { name: "f.txt", mime: "text/plain", content: b"hello".to_vec() }],
    };
    (experiment, batch)
}

/// A request without what differs from run to run.
fn comparable(method: &str, path: &str, headers: Value, mut body: Value) -> String {
    fn timeless(value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(key, value)| {
                if matches!(key.as_str(), "createdAt" | "create_time" | "finishedAt") {
                    let text = value.as_str().unwrap();
                    assert!(text.len() == 27 && text.ends_with('Z'), "{text}");
                    *value = "a time".into();
                } else if key == "job" {
                    *value = "the kind of work".into();
                } else {
                    timeless(value);
                }
            }),
            Value::Array(items) => items.iter_mut().for_each(timeless),
            _ => {}
        }
    }
    timeless(&mut body);
    let path = path.split('?').next().unwrap();
    let mut request = json!([method, path, headers, body]);
    request.sort_all_objects();
    request.to_string()
}

fn theirs(name: &str) -> Vec<String> {
    let mut requests: Vec<_> = recording(name)
        .into_iter()
        .map(|it| {
            let mut headers = it["headers"].clone();
            for (name, value) in headers.as_object_mut().unwrap() {
                match name.as_str() {
                    "cookie" => *value = "sid=session".into(),
                    "authorization" => *value = "key-of-the-user".into(),
                    _ => {}
                }
            }
            if it["path"].as_str().unwrap().starts_with("/bucket") {
                // The store is not SwanLab's, and its URLs are signed.
                headers.as_object_mut().unwrap().retain(|name, _| name == "content-type");
            }
            let text = |key: &str| it[key].as_str().unwrap().to_owned();
            comparable(&text("method"), &text("path"), headers, it["body"].clone())
        })
        .collect();
    requests.sort();
    requests
}

fn ours(fake: &Fake) -> Vec<String> {
    let mut requests: Vec<_> = fake
        .sent()
        .iter()
        .map(|sent| {
            let body = match sent.url.starts_with("http://store/") {
                true => String::from_utf8(sent.body.clone()).unwrap().into(),
                false => sent.json(),
            };
            comparable(&sent.method, &format!("/{}", sent.path()), json!(sent.headers), body)
        })
        .collect();
    requests.sort();
    requests
}

#[test]
fn a_run_is_sent_as_the_sdk_sends_it() {
    for (name, end) in [("online", End::Finished), ("crash", End::Crashed)] {
        let fake = server(|_| None);
        let mut online = Online::new(fake.clone(), settings());
        let (experiment, batch) = recorded(end == End::Crashed);
        online.begin().unwrap();
        let page = online.open(&experiment, "").unwrap();
        assert_eq!(page.unwrap(), "http://swan:1/@stub-user/perf_benchmark/runs/bfaagrd5");
        assert_eq!(online.write(&batch).unwrap(), Refused::new());
        // Everything is there already.
        assert_eq!(online.write(&Batch { files: Vec::new(), ..batch }).unwrap(), Refused::new());
        online.finish(&Finish { end, error: String::new(), at: NOW }).unwrap();
        let (ours, theirs) = (ours(&fake), theirs(name));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(ours.len(), theirs.len());
    }
}

fn text(fault: Fault) -> String {
    match fault {
        Fault::Fatal(text) => format!("fatal: {text}"),
        Fault::Transient(text) => format!("transient: {text}"),
        other => panic!("{other:?}"),
    }
}

fn answers(part: &'static str, status: u16) -> Fake {
    server(move |sent| {
        sent.url.contains(part).then(|| (status, json!({ "code": "X", "message": "no." })))
    })
}

#[test]
fn refusals_before_the_first_request_say_what_to_check() {
    for (part, status, says) in [
        (
            "/login",
            401,
            "fatal: POST http://swan:1/api/login/api_key: HTTP 401: no.; check the API key",
        ),
        (
            "/login",
            404,
            "fatal: POST http://swan:1/api/login/api_key: HTTP 404: no.; check the server",
        ),
        ("/login", 500, "transient: POST http://swan:1/api/login/api_key: HTTP 500: no."),
        (
            "/project/",
            403,
            "fatal: GET http://swan:1/api/project/stub-user/perf_benchmark: HTTP 403",
        ),
        (
            "/projects/",
            403,
            "fatal: POST http://swan:1/api/projects/stub-user: HTTP 403: no.; check that",
        ),
        ("/projects/", 429, "transient: POST http://swan:1/api/projects/stub-user: HTTP 429: no."),
    ] {
        let said = text(Online::new(answers(part, status), settings()).begin().unwrap_err());
        assert!(said.starts_with(says), "{said}");
    }
}

#[test]
fn what_is_no_swanlab_server_is_told() {
    let fake = Fake::new(NOW, |_| (200, json!("<html>")));
    let said = text(Online::new(fake, settings()).begin().unwrap_err());
    assert!(said.contains("does not answer as SwanLab does"), "{said}");
}

fn written(fake: &Fake) -> Result<Refused, Fault> {
    let mut online = Online::new(fake.clone(), settings());
    let (experiment, batch) = recorded(false);
    online.begin().unwrap();
    online.open(&experiment, "").unwrap();
    online.write(&batch)
}

#[test]
fn refusals_later_are_counted_and_the_rest_is_sent() {
    let lost =
        |part, status| written(&answers(part, status)).unwrap().into_iter().collect::<Vec<_>>();
    let told = |what: &str, count| vec![(what.to_owned(), count)];
    assert_eq!(lost("/series", 403), told("columns: HTTP 403: no.", 7));
    assert_eq!(lost("/presigned", 404), told("tables and charts: HTTP 404: no.", 3));
    assert_eq!(lost("/bucket/media/text", 403), told("tables and charts: HTTP 403", 1));
    assert_eq!(lost("/bucket/files", 413), told("files: HTTP 413", 1));
    assert_eq!(lost("/complete", 400), told("files: HTTP 400: no.", 1));
    let values = lost("/house/metrics", 413);
    let parts = ["lines of the log", "tables and charts", "values"];
    let counts = [1, 3, 13];
    for ((part, count), told) in parts.iter().zip(counts).zip(values) {
        assert_eq!(told, (format!("{part}: HTTP 413: no."), count));
    }
}

#[test]
fn what_another_try_may_mend_is_a_transient_fault() {
    for status in [429, 500, 503] {
        let said = text(written(&answers("/house/metrics", status)).unwrap_err());
        let says = format!("transient: POST http://swan:1/api/house/metrics: HTTP {status}: no.");
        assert_eq!(said, says);
    }
}

#[test]
fn fewer_upload_urls_than_contents_are_a_loss() {
    for (urls, count) in [
        (json!(["http://store/a"]), 1),
        (json!(["http://store/a", null, "http://store/c"]), 2),
        (json!(["http://store/a", "", 7]), 1),
        (json!("http://store/a"), 0),
    ] {
        let fake = server(move |sent| {
            sent.url.contains("/presigned").then(|| (200, json!({ "urls": urls })))
        });
        let lost: Vec<_> = written(&fake).unwrap().into_iter().collect();
        let told = format!("tables and charts: {count} upload URLs for 3 contents");
        assert_eq!(lost, [(told, 3)]);
        assert!(fake.sent().iter().all(|sent| !sent.url.starts_with("http://store/a")));
    }
}

#[test]
fn a_session_that_ends_early_is_renewed_once() {
    let refusals = Rc::new(Cell::new(1));
    let left = Rc::clone(&refusals);
    let fake = server(move |sent| {
        let refuse = sent.url.contains("/series") && left.get() > 0;
        refuse.then(|| {
            left.set(left.get() - 1);
            (401, json!({}))
        })
    });
    assert_eq!(written(&fake).unwrap(), Refused::new());
    let logins = fake.sent().iter().filter(|it| it.url.contains("/login")).count();
    assert_eq!(logins, 2);
    refusals.set(2);
    assert!(
        text(written(&fake).unwrap_err()).starts_with("fatal: POST http://swan:1/api/projects")
    );
}

#[test]
fn a_session_is_renewed_a_week_before_its_end() {
    let fake = server(|_| None);
    let mut online = Online::new(fake.clone(), settings());
    online.begin().unwrap();
    // 2099-01-01 less seven days.
    fake.pass(4_070_908_800.0 - 7.0 * 86_400.0 - NOW);
    online.open(&recorded(false).0, "").unwrap();
    let logins = |fake: &Fake| fake.sent().iter().filter(|it| it.url.contains("/login")).count();
    assert_eq!(logins(&fake), 1);
    fake.pass(600.0);
    online.write(&Batch::default()).unwrap();
    assert_eq!(logins(&fake), 1);
}

#[test]
fn signs_of_life_come_every_ten_minutes() {
    let fake = server(|_| None);
    let mut online = Online::new(fake.clone(), settings());
    online.begin().unwrap();
    online.open(&recorded(false).0, "").unwrap();
    let beats =
        |fake: &Fake| fake.sent().iter().filter(|it| it.url.ends_with("/heartbeat")).count();
    assert_eq!(beats(&fake), 1);
    for (seconds, expected) in [(599.0, 0), (1.0, 1), (599.0, 0)] {
        fake.pass(seconds);
        online.write(&Batch::default()).unwrap();
        assert_eq!(beats(&fake), expected);
    }
}

#[test]
fn what_the_server_has_is_not_sent_again() {
    let fake = server(|sent| {
        if sent.url.ends_with("/experiment") {
            return Some((200, json!({ "cuid": "expcuid0001", "slug": "" })));
        }
        if sent.url.ends_with("/runs/expcuid0001") {
            return Some((200, json!({ "createdAt": "2026-11-24T02:10:03.657Z" })));
        }
        sent.url.contains("/summaries/").then(|| {
            let of = |key: &str, step: i64| json!({ "key": key, "step": step });
            (
                200,
                json!({
                    "scalar": [of("ttft", 2), of("perf/e2e", 3)], "media": [of("bar", 0)],
                    "log": [of("LOG", 7)],
                }),
            )
        })
    });
    assert_eq!(written(&fake).unwrap(), Refused::new());
    let sent = fake.sent();
    let asked = sent.iter().find(|it| it.url.contains("/summaries/")).unwrap();
    let path = "api/house/metrics/summaries/projcuid0001/expcuid0001?all=true&createdAt=1795486203";
    assert_eq!(asked.path(), path);
    let kinds = |kind: &str| -> Vec<(String, i64)> {
        let bodies = sent.iter().filter(|it| it.url.ends_with("/house/metrics")).map(Sent::json);
        let bodies = bodies.filter(|body| body["type"] == kind);
        bodies
            .flat_map(|body| body["metrics"].as_array().unwrap().clone())
            .map(|it| {
                (it["key"].as_str().unwrap_or_default().into(), it["index"].as_i64().unwrap_or(0))
            })
            .collect()
    };
    let scalars = kinds("scalar");
    assert!(scalars.contains(&("ttft".into(), 3)) && !scalars.contains(&("ttft".into(), 2)));
    assert!(scalars.iter().all(|(key, _)| key != "perf/e2e"), "{scalars:?}");
    assert_eq!(kinds("media").len(), 2);
    assert_eq!(kinds("log").len(), 0);
}

#[test]
fn older_projects_list_columns_an_experiment() {
    let fake = server(|sent| {
        (sent.method == "GET" && sent.path().starts_with("api/project/")).then(|| {
            (200, json!({ "cuid": "old", "name": "perf_benchmark", "group": { "username": "stub-user" } }))
        })
    });
    written(&fake).unwrap();
    let sent = fake.sent();
    let columns = sent.iter().find(|it| it.url.ends_with("/columns")).unwrap();
    assert_eq!(columns.path(), "api/experiment/expcuid0001/columns");
    let second = json!({ "key": "perf/e2e", "type": "FLOAT", "sectionName": "perf", "name": "" });
    assert_eq!(columns.json()[1], second);
}

#[test]
fn many_values_go_in_parts() {
    let fake = server(|_| None);
    let mut online = Online::new(fake.clone(), settings());
    online.begin().unwrap();
    online.open(&recorded(false).0, "").unwrap();
    let scalar = |step| Scalar { key: "x".into(), step, value: step as f64, at: NOW };
    let scalars = (0..25_000).map(scalar).collect();
    online.write(&Batch { scalars, ..Batch::default() }).unwrap();
    let bodies = fake.sent();
    let parts = bodies.iter().filter(|it| it.url.ends_with("/house/metrics"));
    let sizes: Vec<_> = parts.map(|it| it.json()["metrics"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [10_000, 10_000, 5_000]);
}
