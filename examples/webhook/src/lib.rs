//! An exporter: posts the metrics of each point as one JSON object.

use loadwright_plugin::exporter::{ExporterHost, Request, Retry};
use loadwright_plugin::host::Imports;
use loadwright_plugin::{Ack, Exporter, Fault, Run, Summary, ack, settings};
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
        let response = Imports.send(&[post(&self.url, &body)]).remove(0)?;
        match response.status {
            200..300 => Ok(ack()),
            status => Err(Fault::Fatal(format!("{} answered {status}", self.url))),
        }
    }
}

fn post(url: &str, body: &Value) -> Request {
    Request { retry: Retry::Unsent, ..Request::new("POST", url).json(body.to_string()) }
}

loadwright_plugin::exporter!(Webhook, "manifest.json");

#[cfg(test)]
mod tests;
