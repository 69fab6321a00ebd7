//! What a server was sent, read from its notes.

use serde_json::{Value, json};

/// Requests in the order in which they came.
#[derive(Debug)]
pub(super) struct Notes(pub(super) Vec<Value>);

impl Notes {
    fn find(&self, end: &str) -> Option<&Value> {
        self.0.iter().find(|note| note["path"].as_str().is_some_and(|path| path.ends_with(end)))
    }

    /// The body of the first request whose path ends so.
    pub(super) fn body(&self, end: &str) -> &Value {
        self.find(end).map_or(&Value::Null, |note| &note["body"])
    }

    /// The same as text.
    pub(super) fn text(&self, end: &str) -> Option<&str> {
        self.find(end)?["text"].as_str()
    }

    /// Everything of one kind, in order.
    pub(super) fn values(&self, kind: &str) -> Vec<Value> {
        let bodies = self.0.iter().map(|note| &note["body"]).filter(|body| body["type"] == kind);
        bodies.filter_map(|body| body["metrics"].as_array()).flatten().cloned().collect()
    }

    /// The last value of a metric.
    pub(super) fn last(&self, key: &str) -> Option<f64> {
        let values = self.values("scalar");
        values.iter().rev().find(|value| value["key"] == key)?["data"].as_f64()
    }

    /// The chart or table of a key.
    pub(super) fn chart(&self, key: &str) -> Value {
        let media = self.values("media");
        let path = media.iter().find(|it| it["key"] == key).map(|it| it["data"][0].clone());
        let path = path.unwrap_or_default();
        path.as_str().map(|path| self.body(path).clone()).unwrap_or_default()
    }

    /// Ids of the experiments that were made, in order.
    pub(super) fn experiments(&self) -> Vec<String> {
        let made = self.0.iter().filter(|note| {
            note["method"] == "POST"
                && note["path"].as_str().is_some_and(|path| path.ends_with("/experiment"))
        });
        made.filter_map(|note| Some(format!("experiment-{}", note["body"]["cuid"].as_str()?)))
            .collect()
    }

    /// What belongs to one experiment.
    pub(super) fn of(&self, id: &str) -> Self {
        let of = |note: &&Value| {
            note["path"].as_str().is_some_and(|path| path.contains(id))
                || note["body"]["experimentId"] == id
        };
        Self(self.0.iter().filter(of).cloned().collect())
    }

    /// Everything of one kind without times, which tools cut, and in one order.
    pub(super) fn comparable(&self, kind: &str) -> Vec<String> {
        let one = |value: Value| {
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let index = if kind == "log" { &value["epoch"] } else { &value["index"] };
            let data = if value["data"].is_number() {
                json!(value["data"].as_f64())
            } else {
                value["data"].clone()
            };
            json!([text("key"), text("message"), text("level"), index, data]).to_string()
        };
        let mut all: Vec<_> = self.values(kind).into_iter().map(one).collect();
        all.sort();
        all
    }
}

/// The percentile `pNN` of a histogram: the bound of the bucket that it falls into.
pub(super) fn percentile(chart: &Value, name: &str) -> Option<f64> {
    let share = name.strip_prefix('p')?.parse::<f64>().ok()? / 100.0;
    let counts = chart["series"][0]["data"].as_array()?;
    let counts: Vec<f64> = counts.iter().filter_map(Value::as_f64).collect();
    let total: f64 = counts.iter().sum();
    let mut below = 0.0;
    let bucket = counts.iter().position(|count| {
        below += count;
        below >= share * total - 1e-9
    })?;
    chart["xAxis"][0]["data"][bucket].as_str()?.parse().ok()
}
