//! The settings as they are stored with the results: every flag as it was given, what was resolved
//! in place of what was left out, secrets masked. Keys are the flags with `_` for `-`, as
//! EvalScope's users know them from `benchmark_args.json`.

use super::Shared;
use super::generation::Generation;
use super::json::Contents;
use crate::config::opposite;
use crate::findings::Origins;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::secret::{self, MASK, is_secret_header};
use serde_json::{Map, Value, json};

/// Flags that only undo another one, or say where settings are: they are not settings themselves.
const NOT_STORED: &[&str] = &["no_stream", "no_apply_chat_template", "config", "cache_dir", "json"];

impl Shared<'_> {
    /// Settings that all points share: `typed`, with what was resolved put in.
    pub(super) fn stored_settings(
        &self,
        plan: &Plan,
        generation: &Generation,
        dataset: &Value,
        contents: &Contents,
    ) -> Map<String, Value> {
        let mut stored = self.typed.clone();
        stored.retain(|name, _| !NOT_STORED.contains(&name.as_str()));
        // Files may change, and what was measured does not.
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
        put("api_key", json!(self.api_key().map(|_| MASK)));
        put("dataset", json!(plan.request.dataset));
        put("seed", json!(plan.seed));
        put("stream", json!(plan.request.stream));
        put("threads", json!(plan.engine.threads));
        put("max_prompt_length", dataset["max_prompt_length"].clone());
        put("apply_chat_template", json!(plan.request.in_chat));
        let range = plan.request.output_range.map(|(low, high)| json!([low, high]));
        let single = generation.members.get("max_tokens").cloned();
        put("temperature", generation.members.get("temperature").cloned().unwrap_or_default());
        put("max_tokens", range.or(single).unwrap_or_default());
        stored
    }

    /// Adds what is the point's own.
    pub(super) fn store_load(&self, point: &mut Plan, workers: Option<u64>, rate: Option<f64>) {
        let mut put = |name: &str, value: Value| point.settings.insert(name.into(), value);
        put("parallel", json!(workers));
        put("number", json!(point.limits.number));
        put("rate", json!(rate));
        put("warmup_num", json!(point.limits.warmup));
        put("sleep_interval", json!(self.sleep_seconds()));
        let arrival = match &point.load {
            Load::Open { arrival, .. } => Some(arrival),
            Load::Closed { pace, .. } => pace.as_ref(),
        };
        put("arrival", json!(arrival.map(|arrival| arrival.process)));
    }
}

/// Each setting of a sweep, its value as it is stored, for points that differ one after the other,
/// and where it came from.
pub(super) fn resolved(points: &[Plan], sources: &Origins) -> Vec<String> {
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

/// Every header that is sent, the secret ones by name alone.
fn masked(plan: &Plan) -> Value {
    let shown = |name: &str, value: &str| json!(if is_secret_header(name) { MASK } else { value });
    let headers = plan.target.headers.iter();
    Value::Object(headers.map(|(name, value)| (name.clone(), shown(name, value))).collect())
}
