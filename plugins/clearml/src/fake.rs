//! A host for tests: files in memory, a clock that a test sets, and a server that is a function.

use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{
    Bucket, Distribution, EndReason, ExporterHost, Location, Metric, MetricKind, Point, Quantile,
    Request, Response, Row, Run, Segment, Summary,
};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A request as the plugin made it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) retry: String,
}

impl Sent {
    /// The last part of the path: the action.
    pub(crate) fn action(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The lines of a batch.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8_lossy(&self.body);
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

type Server = dyn Fn(&Sent) -> Result<(u16, Value), Fault>;

/// The host; copies share everything.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) sent: Rc<RefCell<Vec<Sent>>>,
    pub(crate) files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    pub(crate) kept: Rc<RefCell<Vec<String>>>,
    pub(crate) time: Rc<Cell<f64>>,
    server: Rc<RefCell<Rc<Server>>>,
}

impl Fake {
    /// Whose server takes everything.
    pub(crate) fn new() -> Self {
        Self::answering(|sent| Ok(taken(sent)))
    }

    pub(crate) fn answering(
        server: impl Fn(&Sent) -> Result<(u16, Value), Fault> + 'static,
    ) -> Self {
        Self {
            sent: Rc::default(),
            files: Rc::default(),
            kept: Rc::default(),
            time: Rc::new(Cell::new(2000.0)),
            server: Rc::new(RefCell::new(Rc::new(server))),
        }
    }

    /// From now on the server answers so.
    pub(crate) fn answer(&self, server: impl Fn(&Sent) -> Result<(u16, Value), Fault> + 'static) {
        *self.server.borrow_mut() = Rc::new(server);
    }

    pub(crate) fn host(&self) -> Rc<dyn ExporterHost> {
        Rc::new(self.clone())
    }

    pub(crate) fn actions(&self) -> Vec<String> {
        self.sent.borrow().iter().map(|sent| sent.action().to_owned()).collect()
    }

    /// The requests of an action.
    pub(crate) fn of(&self, action: &str) -> Vec<Sent> {
        self.sent.borrow().iter().filter(|sent| sent.action() == action).cloned().collect()
    }
}

impl ExporterHost for Fake {
    fn now(&self) -> f64 {
        self.time.get()
    }

    fn send(&self, requests: &[Request]) -> Vec<Result<Response, Fault>> {
        requests.iter().map(|request| self.one(request)).collect()
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.files.borrow_mut().insert(name.into(), content.into());
        Ok(())
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<f64, Fault> {
        let mut files = self.files.borrow_mut();
        let file = files.entry(name.into()).or_default();
        file.extend(content);
        Ok(file.len() as f64)
    }

    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        let files = self.files.borrow();
        let file = files.get(name).ok_or_else(|| Fault::Fatal(format!("{name} does not exist")))?;
        Ok(file.iter().skip(offset as usize).take(count as usize).copied().collect())
    }
}

impl Fake {
    fn one(&self, request: &Request) -> Result<Response, Fault> {
        let bytes = |segment: &Segment| match segment {
            Segment::Bytes(bytes) => bytes.clone(),
            other => panic!("not a segment of this plugin: {other:?}"),
        };
        assert_eq!(request.method, "POST");
        assert!(!request.gzip, "ClearML refuses compressed requests");
        let headers =
            request.headers.iter().map(|one| (one.name.to_lowercase(), one.value.clone()));
        let sent = Sent {
            url: request.url.clone(),
            headers: headers.collect(),
            body: request.body.iter().flat_map(bytes).collect(),
            retry: format!("{:?}", request.retry),
        };
        self.sent.borrow_mut().push(sent.clone());
        let server = Rc::clone(&self.server.borrow());
        let (status, mut answer) = server(&sent)?;
        for keep in &request.keep {
            let Location::Pointer(pointer) = &keep.at else { continue };
            if let Some(value) = answer.pointer_mut(pointer) {
                *value = json!("***");
                self.kept.borrow_mut().push(keep.name.clone());
            }
        }
        let body = answer.to_string().into_bytes();
        Ok(Response::new(status, body))
    }
}

/// An envelope.
pub(crate) fn envelope(code: u16, message: &str, data: &Value) -> (u16, Value) {
    (code, json!({ "meta": { "result_code": code, "result_msg": message }, "data": data }))
}

/// The answer of a server that takes everything and has no project.
pub(crate) fn taken(sent: &Sent) -> (u16, Value) {
    let data = match sent.action() {
        "auth.login" => json!({ "token": "t0ken" }),
        "projects.get_all" => json!({ "projects": [] }),
        "projects.create" => json!({ "id": "p1" }),
        "tasks.create" => json!({ "id": "t1" }),
        "tasks.get_all" => json!({ "tasks": [{ "id": "t1", "status": "in_progress" }] }),
        "events.add_batch" => {
            json!({ "added": sent.lines().len(), "errors": 0, "errors_info": {} })
        }
        _ => json!({}),
    };
    envelope(200, "OK", &data)
}

pub(crate) fn metric(name: &str, label: &str) -> Metric {
    let (name, label) = (name.into(), label.into());
    Metric { name, label, unit: "s".into(), kind: MetricKind::Duration }
}

/// A run of one point.
pub(crate) fn run() -> Run {
    Run {
        id: "00112233445566778899aabbccddeeff".into(),
        name: "model_20260101".into(),
        model: "m".into(),
        started: 999.0,
        tool: "loadwright 0.1.0".into(),
        settings: "{}".into(),
        points: vec!["parallel_1".into()],
        row_metrics: vec![metric("in_flight", "In flight"), metric("ttft_p99", "TTFT, p99 (s)")],
        summary_metrics: vec![metric("final", "final"), metric("none", "none")],
        plugins: vec![loadwright_plugin::Field {
            name: "openai".into(),
            value: "0.1.0 sha256:ab".into(),
        }],
        live: true,
        resume: String::new(),
        extra: String::new(),
    }
}

pub(crate) fn point() -> Point {
    Point {
        index: 0,
        name: "parallel_1".into(),
        origin: 1000.5,
        settings: json!({
            "model": "m", "parallel": [1, 2], "args": { "stream": true }, "none": null,
        })
        .to_string(),
        extra: String::new(),
    }
}

pub(crate) fn row(at: f64, values: &[Option<f64>]) -> Row {
    Row { at, values: values.to_vec(), extra: String::new() }
}

pub(crate) fn summary(end_reason: EndReason) -> Summary {
    Summary {
        end_reason,
        ended: 10.0,
        verdict: "valid".into(),
        warnings: Vec::new(),
        values: vec![Some(3.5), None],
        distributions: vec![distribution()],
        benchmark_summary: r#"{"a": 1}"#.into(),
        benchmark_percentile: r#"[{"p": 50}]"#.into(),
        extra: String::new(),
    }
}

pub(crate) fn distribution() -> Distribution {
    let quantile = |q, value| Quantile { q, value };
    let bucket = |upper_bound, count| Bucket { upper_bound, count };
    Distribution {
        metric: "ttft".into(),
        label: "TTFT".into(),
        unit: "s".into(),
        count: 6.0,
        sum: 9.0,
        min: 0.5,
        max: 3.0,
        quantiles: vec![quantile(0.5, 1.5), quantile(0.99, 3.0), quantile(0.999, 3.0)],
        buckets: vec![bucket(1.0, 1.0), bucket(2.0, 4.0), bucket(3.0, 1.0)],
        extra: String::new(),
    }
}
