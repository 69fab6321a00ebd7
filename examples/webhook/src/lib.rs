//! An exporter: posts the metrics of each point as one JSON object.

use loadwright_plugin::exporter::{ExporterHost, Request, Retry, Segment};
use loadwright_plugin::host::Imports;
use loadwright_plugin::{Ack, Exporter, Fault, Field, Run, Summary, ack, settings};
use serde_json::{Map, Value, json};

struct Webhook {
    url: String,
    run: String,
    metrics: Vec<String>,
}

impl Exporter for Webhook {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: Value = settings::parse(json)?;
        let url = given["settings"]["url"].as_str().unwrap_or_default().into();
        Ok(Self { url, run: String::new(), metrics: Vec::new() })
    }

    fn begin(&mut self, run: Run) -> Result<Ack, Fault> {
        self.metrics = run.summary_metrics.into_iter().map(|metric| metric.name).collect();
        self.run = run.name;
        Ok(ack())
    }

    fn end_point(&mut self, point: u32, summary: Summary) -> Result<Ack, Fault> {
        let metrics = self.metrics.iter().cloned().zip(summary.values.into_iter().map(Value::from));
        let metrics: Map<String, Value> = metrics.collect();
        let body = json!({ "run": self.run, "point": point, "verdict": summary.verdict, "metrics": metrics });
        let response = Imports.send(&[post(&self.url, body.to_string())]).remove(0)?;
        match response.status {
            200..300 => Ok(ack()),
            status => Err(Fault::Fatal(format!("{} answered {status}", self.url))),
        }
    }
}

fn post(url: &str, body: String) -> Request {
    let json = Field { name: "content-type".into(), value: "application/json".into() };
    let (headers, body) = (vec![json], vec![Segment::Bytes(body.into())]);
    let (method, url, retry) = ("POST".into(), url.into(), Retry::Unsent);
    Request {
        method,
        url,
        headers,
        body,
        gzip: false,
        timeout: 10.0,
        retry,
        keep: vec![],
        max_bytes: 0,
    }
}

loadwright_plugin::exporter!(Webhook, "manifest.json");

#[cfg(test)]
mod tests;
