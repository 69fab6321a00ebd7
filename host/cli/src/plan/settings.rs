//! The settings as they are stored with the results: every flag as it was given, or what its default
//! resolved to, secrets masked. Keys are the flags with `_` for `-`, as
//! EvalScope's users know them from `benchmark_args.json`.

use super::contents::Contents;
use super::generation::Generation;
use super::secrets::api_key;
use crate::config::{MergedSettings, opposite};
use crate::diagnostics::Origins;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::secret::{self, MASK, is_secret_header};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Flags that only negate another one, or do not affect what is measured.
const NOT_STORED: &[&str] = &["no_stream", "no_apply_chat_template", "config", "cache_dir", "json"];

/// What the stored settings show beside the plan.
pub(super) struct Resolved<'a> {
    pub(super) generation: &'a Generation,
    pub(super) contents: &'a Contents,
    /// Settings of the dataset plugin.
    pub(super) dataset: &'a Value,
    pub(super) sleep_interval: Duration,
}

/// Settings that all points share: what was `given`, with what was resolved put in.
pub(super) fn shared(
    given: &MergedSettings,
    plan: &Plan,
    resolved: &Resolved<'_>,
) -> Map<String, Value> {
    let Resolved { generation, contents, dataset, sleep_interval } = resolved;
    let mut stored = given.typed.clone();
    stored.retain(|name, _| !NOT_STORED.contains(&name.as_str()));
    // Stored as read: files may change later.
    let read = [
        ("query_template", contents.template.clone()),
        ("extra_args", json!(contents.extra)),
        ("api_args", json!(contents.api)),
        ("dataset_args", json!(contents.dataset)),
        ("prompt", json!(contents.prompt)),
    ];
    for (name, value) in read {
        if stored.get(name).is_some_and(|given| !given.is_null()) {
            stored.insert(name.into(), value);
        }
    }
    let mut put = |name: &str, value: Value| stored.insert(name.into(), value);
    put("model", json!(plan.request.model));
    put("url", json!(secret::masked_url(&plan.target.url)));
    put("headers", masked(plan));
    put("api_key", json!(api_key(&given.args).map(|_| MASK)));
    let keys = &given.args.exporters;
    put("wandb_api_key", json!(keys.wandb_api_key.as_ref().map(|_| MASK)));
    let local = |key: &String| if key == "local" { "local" } else { MASK };
    put("swanlab_api_key", json!(keys.swanlab_api_key.as_ref().map(local)));
    put("swanlab_host", json!(keys.swanlab_host.as_deref().map(secret::masked_url)));
    put("exporter_option", masked_options(&keys.exporter_option));
    put("dataset", json!(plan.request.dataset));
    put("seed", json!(plan.seed));
    put("stream", json!(plan.request.stream));
    put("sleep_interval", json!(sleep_interval.as_secs_f64()));
    put("threads", json!(plan.engine.threads));
    put("max_prompt_length", dataset["max_prompt_length"].clone());
    put("apply_chat_template", json!(plan.request.in_chat));
    let range = plan.request.output_range.map(|(low, high)| json!([low, high]));
    let single = generation.members.get("max_tokens").cloned();
    put("temperature", generation.members.get("temperature").cloned().unwrap_or_default());
    put("max_tokens", range.or(single).unwrap_or_default());
    stored
}

/// Adds the point's own settings.
pub(super) fn store_load(point: &mut Plan) {
    let workers = match &point.load {
        Load::Closed { workers, .. } => Some(*workers),
        Load::Open { .. } | Load::Trace { .. } => None,
    };
    let arrival = point.load.arrival();
    let process = match &point.load {
        Load::Trace { .. } => json!("trace"),
        Load::Closed { .. } | Load::Open { .. } => json!(arrival.map(|arrival| arrival.process)),
    };
    let own = [
        ("parallel", json!(workers)),
        ("number", json!(point.limits.number)),
        ("rate", json!(arrival.map(|arrival| arrival.rate))),
        ("warmup_num", json!(point.limits.warmup)),
        ("arrival", process),
    ];
    point.settings.extend(own.map(|(name, value)| (name.to_owned(), value)));
}

/// A line for each setting: its stored value, or one value a point where they differ, and where it
/// came from.
pub(super) fn lines(points: &[Plan], sources: &Origins) -> Vec<String> {
    let Some(first) = points.first() else { return Vec::new() };
    let line = |name: &String| {
        let mut values: Vec<String> =
            points.iter().map(|point| shown(point.settings.get(name))).collect();
        if values.iter().all(|value| *value == values[0]) {
            values.truncate(1);
        }
        let flag = name.replace('_', "-");
        let source = sources.get(&flag).or_else(|| sources.get(&opposite(&flag)));
        let source = source.map_or("by default".into(), |source| format!("from {source}"));
        format!("setting {flag}: {} ({source})", values.join(" "))
    };
    first.settings.keys().map(line).collect()
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Options of exporters, with users and passwords of URLs masked.
fn masked_options(given: &[String]) -> Value {
    let masked = |text: &String| match text.split_once('=') {
        Some((name, value)) if value.contains("://") => {
            format!("{name}={}", secret::masked_url(value))
        }
        _ => text.clone(),
    };
    if given.is_empty() { Value::Null } else { given.iter().map(masked).collect() }
}

/// Every header that is sent, secret values masked.
fn masked(plan: &Plan) -> Value {
    let shown = |name: &str, value: &str| json!(if is_secret_header(name) { MASK } else { value });
    let headers = plan.target.headers.iter();
    Value::Object(headers.map(|(name, value)| (name.clone(), shown(name, value))).collect())
}
