//! What is sent to the server, as JSON.

use crate::model::{Batch, Column, Line, Media, Scalar};
use formats::{text::hex, time};
use serde_json::{Map, Value, json};

/// Values in one request, at most.
const VALUES: usize = 10_000;
/// Columns in one request, at most.
const COLUMNS: usize = 3_000;

/// Declares columns of a project: one body a request.
pub(crate) fn series(columns: &[&Column]) -> Vec<Value> {
    columns
        .chunks(COLUMNS)
        .map(|part| json!({ "series": part.iter().map(|it| column(it, true)).collect::<Vec<_>>() }))
        .collect()
}

/// Declares columns of an experiment, for older projects: one body a request.
pub(crate) fn columns(columns: &[&Column]) -> Vec<Value> {
    columns.chunks(COLUMNS).map(|part| part.iter().map(|it| column(it, false)).collect()).collect()
}

fn column(column: &Column, series: bool) -> Value {
    let mut body = Map::new();
    body.insert("key".into(), column.key.clone().into());
    body.insert("type".into(), column.kind.server().into());
    if let Some(section) = column.section() {
        body.insert("sectionName".into(), section.into());
    }
    if !series {
        body.insert("name".into(), column.label.clone().into());
        return body.into();
    }
    if let Some(axis) = column.x_axis {
        body.insert("xAxis".into(), axis.into());
    }
    if column.hidden {
        body.insert("hidden".into(), true.into());
    }
    body.into()
}

/// Numbers in parts that one request each may hold.
pub(crate) fn scalars(scalars: &[Scalar]) -> impl Iterator<Item = Value> {
    scalars.chunks(VALUES).map(|part| part.iter().map(scalar).collect())
}

fn scalar(scalar: &Scalar) -> Value {
    // JSON has no other way to say it, and the server none to say infinity.
    let data = if scalar.value.is_finite() { scalar.value.into() } else { Value::from("nan") };
    json!({
        "key": scalar.key, "index": scalar.step, "data": data, "create_time": time::utc(scalar.at),
    })
}

/// Lines in parts that one request each may hold.
pub(crate) fn lines(lines: &[&Line]) -> impl Iterator<Item = Value> {
    lines.chunks(VALUES).map(|part| part.iter().map(|it| line(it)).collect())
}

fn line(line: &Line) -> Value {
    json!({
        "level": if line.error { "ERROR" } else { "INFO" }, "epoch": line.number,
        "message": line.text, "create_time": time::utc(line.at),
    })
}

/// Where the content of a text or a chart is, below the experiment.
pub(crate) fn path(media: &Media) -> String {
    format!("media/{}/{}", media.kind.content().0, media.file().0)
}

/// A text or a chart whose content is uploaded.
pub(crate) fn media(media: &Media) -> Value {
    json!({
        "key": media.key, "index": 0, "data": [path(media)], "more": [],
        "create_time": time::utc(media.at),
    })
}

/// Files that are to be uploaded.
pub(crate) fn files(batch: &Batch) -> Value {
    let files = batch.files.iter().map(|file| {
        let digest = <md5::Md5 as md5::Digest>::digest(&file.content);
        json!({
            "path": file.name, "size": file.content.len(), "md5": hex(&digest),
            "mimeType": file.mime,
        })
    });
    json!({ "files": files.collect::<Vec<_>>() })
}
