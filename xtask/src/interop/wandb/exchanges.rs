//! What a server was sent, as it kept it.

use crate::interop::files::json;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Exchanges, in order.
pub(super) struct Exchanges(pub(super) Vec<Value>);

impl Exchanges {
    fn texts(&self, member: &str) -> impl Iterator<Item = (&Value, &str)> {
        self.0.iter().filter_map(move |exchange| Some((exchange, exchange[member].as_str()?)))
    }

    /// Variables of the operations `name`.
    pub(super) fn operations(&self, name: &str) -> Vec<&Value> {
        let bodies = self.0.iter().map(|exchange| &exchange["body"]);
        let named = bodies.filter(|body| body["operationName"] == name);
        named.map(|body| &body["variables"]).collect()
    }

    /// Bodies that add to a run's files.
    pub(super) fn streams(&self) -> Vec<Value> {
        self.streams_of("")
    }

    /// Those of one run.
    pub(super) fn streams_of(&self, run: &str) -> Vec<Value> {
        let end = format!("{run}/file_stream");
        let streams = self.texts("path").filter(|(_, path)| path.ends_with(&end));
        streams.map(|(exchange, _)| exchange["body"].clone()).collect()
    }

    /// Runs that were made.
    pub(super) fn runs(&self) -> BTreeSet<String> {
        let made = self.operations("UpsertBucket");
        made.iter().filter_map(|made| made["name"].as_str()).map(str::to_owned).collect()
    }

    /// Names of files that were uploaded.
    pub(super) fn uploads(&self) -> Vec<&str> {
        self.texts("path").filter_map(|(_, path)| path.strip_prefix("/storage/")).collect()
    }

    /// What was uploaded as `name`.
    pub(super) fn upload(&self, name: &str) -> Option<String> {
        let path = format!("/storage/{name}");
        let (exchange, _) = self.texts("path").find(|(_, found)| *found == path)?;
        exchange["text"].as_str().map(str::to_owned)
    }

    /// API keys, as they were sent.
    pub(super) fn keys(&self) -> BTreeSet<&str> {
        let keys = self.0.iter().map(|exchange| &exchange["headers"]["authorization"]);
        keys.filter_map(Value::as_str).collect()
    }

    pub(super) fn uploads_without_key(&self) -> bool {
        let mut uploads = self.texts("method").filter(|(_, method)| *method == "PUT").peekable();
        uploads.peek().is_some()
            && uploads.all(|(exchange, _)| exchange["headers"].get("authorization").is_none())
    }

    /// Variables of the operation `name` that `theirs` lack, or have with another type.
    pub(super) fn variables_beside(&self, theirs: &Self, name: &str) -> Vec<String> {
        beside(&kinds(self.operations(name)), &kinds(theirs.operations(name)))
    }

    /// Members of bodies that add to files, which `theirs` lack, or have with another type.
    pub(super) fn members_beside(&self, theirs: &Self) -> Vec<String> {
        let (ours, theirs) = (self.streams(), theirs.streams());
        let mut strange = beside(&kinds(ours.iter().collect()), &kinds(theirs.iter().collect()));
        let file = |bodies: &[Value], name: &str| -> Vec<Value> {
            bodies.iter().filter_map(|body| body["files"].get(name)).cloned().collect()
        };
        for name in ["wandb-history.jsonl", "wandb-summary.json"] {
            let (ours, theirs) = (file(&ours, name), file(&theirs, name));
            strange.extend(beside(&kinds(ours.iter().collect()), &kinds(theirs.iter().collect())));
        }
        strange
    }
}

/// Types by member; null says nothing of a type.
fn kinds(objects: Vec<&Value>) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut kinds: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for (name, value) in objects.iter().filter_map(|object| object.as_object()).flatten() {
        let of_name = kinds.entry(name.clone()).or_default();
        of_name.extend(match value {
            Value::Null => None,
            Value::Bool(_) => Some("boolean"),
            Value::Number(_) => Some("number"),
            Value::String(_) => Some("text"),
            Value::Array(_) => Some("array"),
            Value::Object(_) => Some("object"),
        });
    }
    kinds
}

type Kinds = BTreeMap<String, BTreeSet<&'static str>>;

fn beside(ours: &Kinds, theirs: &Kinds) -> Vec<String> {
    let fits = |name: &String, kinds: &BTreeSet<&str>| {
        theirs.get(name).is_some_and(|theirs| theirs.is_empty() || kinds.is_subset(theirs))
    };
    ours.iter().filter(|(name, kinds)| !fits(name, kinds)).map(|(name, _)| name.clone()).collect()
}

/// The history that a server keeps: what stands at an offset is replaced.
pub(super) fn history_of(streams: &[Value]) -> Vec<Value> {
    let mut history = BTreeMap::new();
    for file in streams.iter().filter_map(|body| body["files"].get("wandb-history.jsonl")) {
        let offset = file["offset"].as_u64().unwrap_or_default();
        let lines = file["content"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for (at, line) in (offset..).zip(lines) {
            history.insert(at, json(line).unwrap_or_default());
        }
    }
    history.into_values().collect()
}

/// The upper end of the bin of a histogram below which `q` of its values are.
pub(super) fn quantile(histogram: &Value, q: f64) -> Option<f64> {
    let numbers = |member: &str| -> Option<Vec<f64>> {
        histogram[member].as_array()?.iter().map(Value::as_f64).collect()
    };
    let (bins, counts) = (numbers("bins")?, numbers("values")?);
    let wanted = (q * counts.iter().sum::<f64>()).ceil();
    let mut seen = 0.0;
    let bin = counts.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    bins.get(bin? + 1).copied()
}
