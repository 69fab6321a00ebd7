//! What an experiment shows of a run: rows as metrics, summaries as values, tables and charts. Every
//! number comes from the host.

mod charts;

use crate::limits;
use crate::model::{Attachment, Batch, Column, Kind, Media, Scalar};
use loadwright_plugin::exporter::{Metric, Point, Row, Run, Summary};
use serde_json::{Map, Value, json};

/// The metric along the x axis.
pub(crate) const TIME: &str = "time";

/// `{key: {"value", "sort", "desc"}}` of everything that is known before the first request.
pub(crate) fn config(run: &Run, point: &Point) -> Value {
    let plugins: Map<String, Value> = run
        .plugins
        .iter()
        .map(|plugin| (plugin.name.clone(), plugin.value.clone().into()))
        .collect();
    let mut values = vec![
        ("framework".to_owned(), json!("loadwright")),
        ("tool".to_owned(), json!(run.tool)),
        ("run_id".to_owned(), json!(run.id)),
        ("point".to_owned(), json!(point.name)),
        ("plugins".to_owned(), plugins.into()),
    ];
    if let Ok(Value::Object(settings)) = serde_json::from_str(&point.settings) {
        values.extend(settings);
    }
    let entries = values.into_iter().enumerate();
    entries
        .map(|(sort, (key, value))| (key, json!({ "value": value, "sort": sort, "desc": "" })))
        .collect::<Map<_, _>>()
        .into()
}

/// Numbers of rows, each at a step of its own: its time in whole seconds where that is free.
pub(crate) fn rows(metrics: &[Metric], rows: &[Row], origin: f64, last: i64) -> (Batch, i64) {
    let (mut batch, mut step) = (Batch::default(), last);
    let mut seen = vec![false; metrics.len()];
    for row in rows {
        step = (row.at.round() as i64).max(step + 1);
        let at = origin + row.at;
        let mut add = |key: String, value| batch.scalars.push(Scalar { key, step, value, at });
        add(TIME.into(), row.at);
        for ((metric, value), seen) in metrics.iter().zip(&row.values).zip(&mut seen) {
            if let Some(value) = value {
                add(limits::key(&metric.name), *value);
                *seen = true;
            }
        }
    }
    if !rows.is_empty() {
        batch.columns.push(column(TIME.into(), "Time (s)".into(), Kind::Scalar, None));
    }
    let seen = metrics.iter().zip(seen).filter(|(_, seen)| *seen);
    batch.columns.extend(seen.map(|(metric, _)| {
        column(limits::key(&metric.name), metric.label.clone(), Kind::Scalar, Some(TIME))
    }));
    (batch, step)
}

/// The end of a point, but for the log.
pub(crate) fn summary(metrics: &[Metric], summary: &Summary, at: f64) -> Batch {
    let mut batch = Batch::default();
    for (metric, value) in metrics.iter().zip(&summary.values) {
        if let Some(value) = *value {
            let key = limits::key(&format!("summary/{}", metric.name));
            batch.columns.push(column(key.clone(), metric.label.clone(), Kind::Scalar, None));
            batch.scalars.push(Scalar { key, step: 0, value, at });
        }
    }
    if !summary.distributions.is_empty() {
        let table = charts::percentiles(&summary.distributions);
        add_media(&mut batch, "percentiles".into(), Kind::Chart, table.to_string(), at);
    }
    for distribution in summary.distributions.iter().filter(|it| !it.buckets.is_empty()) {
        let key = limits::key(&format!("histogram/{}", distribution.metric));
        let chart = charts::histogram(distribution);
        add_media(&mut batch, key, Kind::Chart, chart.to_string(), at);
    }
    for (name, content) in [
        ("benchmark_summary.json", &summary.benchmark_summary),
        ("benchmark_percentile.json", &summary.benchmark_percentile),
    ] {
        if !content.is_empty() {
            let content = content.clone().into_bytes();
            batch.files.push(Attachment { name, mime: "application/json", content });
        }
    }
    batch
}

/// The report as it was printed: as a text and as a file.
pub(crate) fn report(content: Vec<u8>, at: f64) -> Batch {
    let mut batch = Batch::default();
    let text = String::from_utf8_lossy(&content).into_owned();
    add_media(&mut batch, "report".into(), Kind::Text, text, at);
    let (name, mime) = ("performance_summary.txt", "text/plain");
    batch.files.push(Attachment { name, mime, content });
    batch
}

fn add_media(batch: &mut Batch, key: String, kind: Kind, content: String, at: f64) {
    batch.columns.push(column(key.clone(), String::new(), kind, None));
    batch.media.push(Media { key, kind, content: content.into_bytes(), at });
}

fn column(key: String, label: String, kind: Kind, x_axis: Option<&'static str>) -> Column {
    let hidden = key == TIME;
    Column { key, label, kind, x_axis, hidden }
}

#[cfg(test)]
pub(crate) mod tests;
