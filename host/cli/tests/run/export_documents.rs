//! What is told of exporters: the documents of `--json`, and what `plugin list` and `plugin inspect` say
//! of settings, grants and secrets.

use super::scripted::{Received, answering, recording, reply};
use super::swanlab_service::Service;
use super::{Place, ends, paced, server, stderr, stdout};
use serde_json::{Value, json};
use std::process::Output;
use std::sync::Mutex;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn document(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("standard output is one document")
}

#[test]
fn documents_tell_what_became_of_a_third_partys_exporter() {
    let place = Place::new();
    let (address, received) = recording(reply("204 No Content", "", ""));
    let webhook = format!(
        "--plugin {ROOT}/examples/webhook/webhook.wasm --exporter webhook \
         --exporter-option webhook.url=http://{address}/hook --allow webhook:http=http://{address}"
    );
    let line = format!(
        "--simulate --parallel 1 2 -n 4 6 --max-tokens 2 --no-test-connection --sleep-interval 0 --json \
         {webhook}"
    );
    let told = document(&ends(place.perf(&line), 0));
    let bodies: Vec<usize> =
        received.lock().expect("whole").iter().map(|request| request.body.len()).collect();
    assert_eq!(bodies.len(), 2);
    let mut expected = json!([{
        "name": "webhook", "plugin": "webhook", "version": "0.1.0", "ending": "completed",
        "records_sent": 10, "records_unsent": 0, "links": [], "losses": [], "failure": null,
        "traffic": {
            "requests": 2, "retries": 0, "refused": 0, "bytes_sent": bodies.iter().sum::<usize>(),
            "bytes_received": 0,
        },
    }]);
    assert_eq!(told["exporters"], expected);
    assert_eq!(told["points"].as_array().map(Vec::len), Some(2));
    let again = document(&ends(place.loadwright(&format!("export run --json {webhook}")), 0));
    expected[0]["traffic"]["requests"] = 0.into();
    expected[0]["traffic"]["bytes_sent"] = 0.into();
    assert_eq!(again, json!({"folder": "run", "exporters": expected}), "all was sent before");
    let without = document(&ends(place.loadwright("report run --json"), 0));
    assert_eq!(without.get("exporters"), None);
    assert_eq!(without["points"], told["points"]);
}

/// What the webhook was sent.
fn posted(received: &Mutex<Vec<Received>>) -> Vec<Value> {
    let received = received.lock().expect("whole");
    received.iter().map(|it| serde_json::from_slice(&it.body).expect("JSON")).collect()
}

#[test]
fn a_sweep_as_one_run_has_the_metrics_of_each_point_under_its_name() {
    let place = Place::new();
    let (address, received) = recording(reply("204 No Content", "", ""));
    let webhook = format!(
        "--plugin {ROOT}/examples/webhook/webhook.wasm --exporter webhook \
         --exporter-option webhook.url=http://{address}/hook --allow webhook:http=http://{address}"
    );
    let line = format!(
        "--simulate --parallel 1 2 -n 4 6 --max-tokens 2 --no-test-connection --sleep-interval 0 {webhook}"
    );
    ends(place.perf(&line), 0);
    let points = posted(&received);
    assert_eq!(points.len(), 2);
    received.lock().expect("whole").clear();
    ends(place.loadwright(&format!("export run --visualizer-compat {webhook}")), 0);
    let whole = posted(&received);
    let [whole] = whole.as_slice() else { panic!("{whole:?}") };
    let metrics = whole["metrics"].as_object().expect("metrics");
    let names = ["parallel_1_number_4", "parallel_2_number_6"];
    let mut compared = 0;
    for (name, point) in names.iter().zip(&points) {
        for (metric, value) in point["metrics"].as_object().expect("metrics") {
            assert_eq!(metrics.get(&format!("{name}/{metric}")), Some(value), "{name} {metric}");
            compared += 1;
        }
    }
    assert_eq!(metrics.len(), compared, "and nothing stands for the sweep");
    assert_eq!(metrics["parallel_2_number_6/completed"], 6.0);
}

#[test]
fn documents_have_the_pages_of_a_tracker_and_why_nothing_was_sent() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let line = format!(
        "--visualizer swanlab --swanlab-host {} --swanlab-api-key 012345678901234567890 --json \
         --parallel 1 -n 4 --max-tokens 4 --no-test-connection",
        service.url()
    );
    let mut run = place.against(&server, &line);
    run.env("HOME", place.path());
    let told = document(&ends(run, 0));
    let swanlab = &told["exporters"][0];
    let page = format!("{}/@user/perf_benchmark/runs/", service.url());
    let links: Vec<&str> =
        swanlab["links"].as_array().expect("links").iter().filter_map(Value::as_str).collect();
    assert!(links.iter().any(|link| link.starts_with(&page)), "{links:?}");
    let traffic = &swanlab["traffic"];
    assert!(
        traffic["bytes_sent"].as_u64() > Some(0) && traffic["bytes_received"].as_u64() > Some(0)
    );

    let refusing = answering(reply("401 Unauthorized", "", "no"));
    let line = format!(
        "export run --json --exporter webhook --plugin {ROOT}/examples/webhook/webhook.wasm \
         --exporter-option webhook.url=http://{refusing}/ --allow webhook:http=http://{refusing}"
    );
    let output = ends(place.loadwright(&line), 6);
    let webhook = document(&output)["exporters"][0].clone();
    // It took the rows, and failed with the summary.
    assert_eq!((&webhook["records_sent"], &webhook["records_unsent"]), (&4.into(), &0.into()));
    assert_eq!(webhook["ending"], Value::Null);
    let why = webhook["failure"].as_str().expect("why");
    assert!(why.contains("401") && stderr(&output).contains("run --exporter webhook` sends"));
}

/// The positions of `parts` in `text`, which must be in it in this order.
fn assert_in_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at =
            text[from..].find(part).unwrap_or_else(|| panic!("no `{part}` behind {from}: {text}"));
        from += at + part.len();
    }
}

#[test]
fn a_bundled_exporter_shows_its_sources_in_order_and_where_its_secret_may_go() {
    let place = Place::new();
    let shown = stdout(&ends(place.loadwright("plugin inspect wandb"), 0));
    assert_in_order(
        &shown,
        &[
            "kind      exporter\n",
            "sends to  {setting:base_url}: ",
            "stops     the run: ",
            "setting   base_url, ",
            "    WANDB_BASE_URL\n",
            "    base_url in [default] of ./wandb/settings\n",
            "    base_url in [default] of ~/.config/wandb/settings\n",
            "    \"https://api.wandb.ai\" by default\n",
            "secret    api-key: ",
            "goes to {setting:base_url} alone",
            "    --wandb-api-key\n",
            "    WANDB_API_KEY\n",
            "    password of {setting:base_url} in $NETRC\n",
            "    password of {setting:base_url} in ~/.netrc\n",
            "manifest\n",
        ],
    );
    let listed = stdout(&ends(place.loadwright("plugin list"), 0));
    assert!(listed.contains("exporter wandb 0.1.0 (bundled)"), "{listed}");
    assert!(listed.contains("sends to {setting:base_url}; secret api-key for {setting:base_url}"));
    assert!(listed.contains("conventions genai "), "{listed}");
    let manifest = std::fs::read_to_string(format!("{ROOT}/plugins/wandb/manifest.json"));
    let manifest: Value = serde_json::from_str(&manifest.expect("a manifest")).expect("JSON");
    let all = document(&ends(place.loadwright("plugin list --json"), 0));
    let all = all.as_array().expect("a list");
    let wandb = all.iter().find(|it| it["name"] == "wandb").expect("it is bundled");
    assert_eq!((&wandb["kind"], &wandb["origin"]), (&"exporter".into(), &"bundled".into()));
    assert_eq!(wandb["manifest"], manifest);
    assert!(all.iter().any(|it| it["kind"] == "conventions" && it["name"] == "genai"));
    let inspected = document(&ends(place.loadwright("plugin inspect wandb --json"), 0));
    assert_eq!((&inspected["kinds"], &inspected["refused"]), (&json!(["exporter"]), &json!([])));
    assert_eq!((&inspected["manifest"], &inspected["sha256"]), (&manifest, &wandb["sha256"]));
}

#[test]
fn a_third_partys_exporter_shows_the_same() {
    let place = Place::new();
    let path = format!("{ROOT}/plugins/fixtures/dist/misbehave_exporter.wasm");
    let shown = stdout(&ends(place.loadwright(&format!("plugin inspect {path}")), 0));
    assert_in_order(
        &shown,
        &[
            "sends to  {setting:url}: ",
            "secret    key: ",
            "goes to {setting:url} alone",
            "    LOADWRIGHT_SECRET_KEY\n",
        ],
    );
    let listed = stdout(&ends(place.loadwright(&format!("plugin list --plugin {path}")), 0));
    assert!(listed.contains("secret key for {setting:url}"), "{listed}");
    let line = format!("plugin list --json --plugin {path}");
    let all = document(&ends(place.loadwright(&line), 0));
    let found = all.as_array().expect("a list").iter().find(|it| it["origin"] == path.as_str());
    assert_eq!(found.expect("it is given")["manifest"]["needs"]["secrets"][0]["name"], "key");
}

#[test]
fn an_exporter_that_is_not_known_is_answered_with_all_that_are() {
    let said = stderr(&ends(Place::new().perf("--simulate --exporter tensorboard"), 2));
    assert!(said.contains("choose from clearml, otlp, swanlab, wandb"), "{said}");
}
