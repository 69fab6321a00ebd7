//! A host for tests: files in memory, a clock that stands, and a server that is a function.

use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{
    Artifact, ExporterHost, Location, Request, Response, Segment, Statement, Table,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

type Server = Box<dyn FnMut(&Sent) -> (u16, Value)>;

/// A request as it leaves the host: placeholders are filled in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Without scheme and host.
    pub(crate) fn path(&self) -> &str {
        self.url.splitn(4, '/').nth(3).unwrap_or_default()
    }
}

/// The host; copies share everything.
#[derive(Clone)]
pub(crate) struct Fake(Rc<RefCell<State>>);

struct State {
    now: f64,
    server: Server,
    kept: BTreeMap<String, String>,
    sent: Vec<Sent>,
    files: BTreeMap<String, Vec<u8>>,
    statements: Vec<Statement>,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Fake")
    }
}

impl Fake {
    pub(crate) fn new(now: f64, server: impl FnMut(&Sent) -> (u16, Value) + 'static) -> Self {
        let kept = BTreeMap::new();
        let (sent, files, statements) = (Vec::new(), BTreeMap::new(), Vec::new());
        let server = Box::new(server);
        Self(Rc::new(RefCell::new(State { now, server, kept, sent, files, statements })))
    }

    /// Without a server.
    pub(crate) fn offline(now: f64) -> Self {
        Self::new(now, |sent| panic!("{} {}", sent.method, sent.url))
    }

    pub(crate) fn pass(&self, seconds: f64) {
        self.0.borrow_mut().now += seconds;
    }

    /// What was sent since the last call.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.0.borrow_mut().sent)
    }

    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.borrow().files.clone()
    }

    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.0.borrow().statements.clone()
    }
}

impl State {
    fn filled(&self, text: &str) -> String {
        let mut text = text.replace("{{secret:api-key}}", "key-of-the-user");
        for (name, value) in &self.kept {
            text = text.replace(&format!("{{{{kept:{name}}}}}"), value);
        }
        assert!(!text.contains("{{"), "{text}");
        text
    }

    fn send(&mut self, request: &Request) -> Response {
        let mut body = Vec::new();
        for segment in &request.body {
            match segment {
                Segment::Bytes(bytes) => body.extend_from_slice(bytes),
                other => panic!("{other:?}"),
            }
        }
        let headers = request.headers.iter().map(|it| (it.name.clone(), self.filled(&it.value)));
        let sent = Sent {
            method: request.method.clone(),
            url: self.filled(&request.url),
            headers: headers.collect(),
            body,
        };
        let (status, mut json) = (self.server)(&sent);
        self.sent.push(sent);
        for keep in &request.keep {
            let Location::Pointer(pointer) = &keep.at else { panic!("{keep:?}") };
            let value = json.pointer_mut(pointer);
            if let Some(Value::String(text)) = value.filter(|it| it.as_str() != Some("")) {
                let kept = std::mem::replace(text, "***".into());
                self.kept.insert(keep.name.clone(), kept);
            }
        }
        let body = json.to_string().into_bytes();
        Response::new(status, body)
    }
}

impl ExporterHost for Fake {
    fn send(&self, requests: &[Request]) -> Vec<Result<Response, Fault>> {
        let mut state = self.0.borrow_mut();
        requests.iter().map(|request| Ok(state.send(request))).collect()
    }

    fn now(&self) -> f64 {
        self.0.borrow().now
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.0.borrow_mut().files.insert(name.into(), content.into());
        Ok(())
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<f64, Fault> {
        let mut state = self.0.borrow_mut();
        let file = state.files.entry(name.into()).or_default();
        file.extend_from_slice(content);
        Ok(file.len() as f64)
    }

    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        let state = self.0.borrow();
        let missing = || Fault::Input(format!("{name} is not there"));
        let content = state.files.get(name).ok_or_else(missing)?;
        let from = (offset as usize).min(content.len());
        Ok(content[from..(from + count as usize).min(content.len())].to_vec())
    }

    fn entries(&self, folder: &str) -> Result<Vec<Artifact>, Fault> {
        let state = self.0.borrow();
        let within = format!("{folder}/");
        let files = state.files.iter().filter(|(name, _)| name.starts_with(&within));
        Ok(files.map(|(name, it)| Artifact { name: name.clone(), size: it.len() as f64 }).collect())
    }

    fn execute(&self, _: &str, statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        self.0.borrow_mut().statements.extend_from_slice(statements);
        Ok(Vec::new())
    }
}
