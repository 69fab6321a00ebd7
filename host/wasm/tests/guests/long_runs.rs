//! Bundled exporters and a run of 100,000 rows: what they keep of it does not grow.

use crate::harness::TestHost;
use loadwright_core::export::http::{Algorithm, Artifact, Request, Response, Statement, Table};
use loadwright_core::export::{
    Ack, ExportPoint, ExportRun, ExportSummary, Metric, MetricKind, Row,
};
use loadwright_core::ports::{ExporterServices, Fault};
use loadwright_wasm::{Plugin, Source};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Metrics of a row, as many as a run has.
const METRICS: usize = 43;

/// Rows of one call, the most that the host gives.
const ROWS: usize = 1000;

/// Bytes that an instance may have: half of what it may have otherwise.
const MEMORY: u64 = 32 << 20;

/// The longest file that can be read back.
const READ: usize = 1 << 20;

/// A service of each kind in one, and files of which only short ones are kept.
#[derive(Default)]
struct Services {
    short: BTreeMap<String, Vec<u8>>,
    sizes: BTreeMap<String, u64>,
}

/// What each of the services answers, in one.
fn answer() -> Value {
    json!({
        "data": {
            "viewer": { "username": "u", "entity": "e" },
            "upsertBucket": { "bucket": { "project": { "name": "p", "entity": { "name": "e" } } } },
            "token": "t", "id": "x", "projects": [{ "id": "x" }],
        },
        "meta": { "result_code": 200, "result_msg": "OK" },
        "sid": "s", "expiredAt": "2099-01-01T00:00:00.000Z", "userInfo": { "username": "u" },
        "cuid": "c", "name": "p", "version": 1,
    })
}

impl ExporterServices for Services {
    fn now(&mut self) -> f64 {
        1.5e9
    }

    fn send(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Fault>> {
        let body = answer().to_string().into_bytes();
        let response = Response { status: 201, headers: Vec::new(), body, truncated: false };
        requests.iter().map(|_| Ok(response.clone())).collect()
    }

    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.sizes.insert(name.into(), content.len() as u64);
        self.short.insert(name.into(), content[..content.len().min(READ)].to_vec());
        Ok(())
    }

    fn append(&mut self, name: &str, content: &[u8]) -> Result<u64, Fault> {
        let size = self.sizes.entry(name.into()).or_default();
        *size += content.len() as u64;
        Ok(*size)
    }

    fn cut(&mut self, _: &str, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn read(&mut self, name: &str, offset: u64, _: u32) -> Result<Vec<u8>, Fault> {
        let whole = self.short.get(name).ok_or_else(|| Fault::Fatal(format!("no {name}")))?;
        Ok(whole.get(offset as usize..).unwrap_or_default().to_vec())
    }

    fn entries(&mut self, _: &str) -> Result<Vec<Artifact>, Fault> {
        Ok(Vec::new())
    }

    fn digest(&mut self, _: &str, _: Algorithm) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }

    fn sqlite(&mut self, _: &str, statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        Ok(statements.iter().map(|_| Table::default()).collect())
    }

    fn masked(&self, text: &str) -> String {
        text.into()
    }
}

fn run() -> ExportRun {
    let metric = |n| Metric {
        name: format!("metric_{n}_of_a_row"),
        label: format!("metric {n} of a row (s)"),
        unit: "s".into(),
        kind: MetricKind::Gauge,
    };
    ExportRun {
        id: "0123456789abcdef".into(),
        name: "long".into(),
        tool: "loadwright 0.1.0".into(),
        settings: "{}".into(),
        points: vec!["parallel_1".into()],
        row_metrics: (0..METRICS).map(metric).collect(),
        live: true,
        ..ExportRun::default()
    }
}

/// `ROWS` rows; in the first call each has every metric.
fn rows(call: usize) -> Vec<Row> {
    let row = |n: usize| {
        let value = |metric| (call == 0 || metric < 3).then_some((n * 7 + metric) as f64 / 3.0);
        Row { at: (call * ROWS + n + 1) as f64, values: (0..METRICS).map(value).collect() }
    };
    (0..ROWS).map(row).collect()
}

/// Bytes of the state after each call.
fn states(name: &str, settings: Value) -> Vec<usize> {
    let host = TestHost::with(|config| {
        config.memory = Some(MEMORY);
        config.timeout = Duration::from_secs(60);
    });
    let plugin = Plugin::open(&host.host, Source::Bundled(name.into())).unwrap();
    let given = json!({ "settings": settings, "secrets": ["api-key", "auth-token"] });
    let mut exporter = plugin.exporter(&given, Box::new(Services::default())).unwrap();
    let size = |ack: Ack| ack.state.map_or(0, |state| state.len());
    exporter.begin(&run()).unwrap();
    let point =
        ExportPoint { settings: "{}".into(), name: "parallel_1".into(), ..Default::default() };
    let mut sizes = vec![size(exporter.begin_point(&point).unwrap())];
    for call in 0..100 {
        sizes.push(size(exporter.progress(0, &rows(call)).unwrap()));
    }
    exporter.end_point(0, &ExportSummary::default()).unwrap();
    sizes
}

fn assert_bounded(name: &str, modes: &[&str]) {
    for mode in modes {
        let sizes = states(name, json!({ "mode": mode }));
        let most = sizes.iter().max().copied().unwrap_or_default();
        assert!(most < 300 << 10, "{name} {mode}: {most} bytes of state");
        let (early, late) = (sizes[50], sizes[100]);
        assert!(late <= early.max(1024) * 2, "{name} {mode}: {early}, then {late} bytes of state");
    }
}

#[test]
fn wandb_keeps_little() {
    assert_bounded("wandb", &["online", "offline"]);
}

#[test]
fn swanlab_keeps_little() {
    assert_bounded("swanlab", &["online", "offline", "local"]);
}

#[test]
fn clearml_keeps_little() {
    assert_bounded("clearml", &["online", "offline"]);
}
