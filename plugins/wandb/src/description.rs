//! What W&B is told of a run when it is made: names, configuration, and the x axis of each metric.

#[cfg(test)]
mod tests;

use crate::history::{Line, TIME};
use crate::naming;
use crate::settings::Settings;
use loadwright_plugin::Run;
use serde_json::{Map, Value, json};

/// A W&B run before it has data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    pub(crate) id: String,
    pub(crate) display: String,
    pub(crate) group: Option<String>,
    /// The first line of its log.
    pub(crate) begun: String,
    /// Plain values.
    pub(crate) config: Line,
    /// Names of the metrics that have [`TIME`] as x axis.
    pub(crate) metrics: Vec<String>,
}

/// A point as `begin` or `begin-point` names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) index: u32,
    pub(crate) name: &'a str,
    /// A JSON object.
    pub(crate) settings: &'a str,
}

impl Description {
    /// Describes a point's run.
    pub(crate) fn new(settings: &Settings, run: &Run, point: Named<'_>) -> Self {
        Self {
            id: naming::id(settings, run, point.index),
            display: naming::display(settings, run, point.name),
            group: naming::group(settings, run),
            begun: format!("{}: {} of run {}", run.tool, point.name, run.id),
            config: config(run, point),
            metrics: run.row_metrics.iter().map(|metric| metric.name.clone()).collect(),
        }
    }

    /// The configuration as the API takes it: each value in an object, and W&B's own beside it.
    pub(crate) fn wrapped(&self) -> Line {
        let values = self.config.iter();
        let mut wrapped: Line =
            values.map(|(key, value)| (key.clone(), json!({"value": value}))).collect();
        wrapped.insert("_wandb".into(), json!({"value": {"m": self.definitions()}}));
        wrapped
    }

    /// The metrics' definitions, with the numbers of their fields as keys: 1 is the name, 5 the
    /// place of the x axis in this list from 1, 6 the options (1: its value is added to each line,
    /// 2: hidden, 3: defined by the user), 7 what the summary shows: the last value if empty.
    fn definitions(&self) -> Vec<Value> {
        let axis = json!({"1": TIME, "6": [2, 3], "7": []});
        let metrics =
            self.metrics.iter().map(|name| json!({"1": name, "5": 1, "6": [1, 3], "7": []}));
        std::iter::once(axis).chain(metrics).collect()
    }
}

/// The point's settings at the top, so that they are columns of W&B's table; who measured, below one
/// key.
fn config(run: &Run, point: Named<'_>) -> Line {
    // The host wrote them: anything but an object would be its own fault, and is shown as it is.
    let mut config = match serde_json::from_str(point.settings) {
        Ok(Value::Object(settings)) => settings,
        Ok(other) => Map::from_iter([("settings".to_owned(), other)]),
        Err(_) => Map::from_iter([("settings".to_owned(), point.settings.into())]),
    };
    config.remove("_wandb");
    config.entry("model").or_insert_with(|| run.model.clone().into());
    let plugins: Line =
        run.plugins.iter().map(|field| (field.name.clone(), field.value.clone().into())).collect();
    config.insert(
        "loadwright".into(),
        json!({
            "tool": run.tool,
            "run": run.id,
            "point": point.index,
            "name": point.name,
            "plugins": plugins,
        }),
    );
    config
}
