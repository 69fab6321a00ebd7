//! A server that answers as Weights & Biases does and keeps what it is sent; a test puts other answers
//! in between. Asserts nothing itself.

use crate::scripted::{Received, receive, reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// An answer in place of the service's own.
pub(crate) enum Instead {
    /// These bytes.
    Reply(Vec<u8>),
    /// None, and the connection stays open.
    Hang,
    /// None, and the connection is closed.
    Cut,
}

/// A run in the service.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) config: Value,
    pub(crate) display: String,
    pub(crate) group: Value,
    /// What it was made with.
    pub(crate) made: Value,
    pub(crate) history: Vec<Value>,
    pub(crate) summary: Value,
    /// Lines of its log.
    pub(crate) log: Vec<String>,
    pub(crate) exit: Option<i64>,
}

/// All that it knows.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) runs: BTreeMap<String, Run>,
    /// What was uploaded, by name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Headers of authorization, by the path of the request.
    pub(crate) keys: Vec<(String, Option<String>)>,
    /// All bodies, one after the other.
    pub(crate) bodies: String,
    /// Titles of alerts.
    pub(crate) alerts: Vec<String>,
    /// Requests, by name.
    pub(crate) requests: Vec<String>,
    /// Someone stopped the runs in their pages.
    pub(crate) stopped: bool,
    /// Answers to the next requests of a name.
    instead: Vec<(&'static str, Instead)>,
    /// Connections that hang.
    hanging: Vec<TcpStream>,
}

/// The server, for the rest of the test's process.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let into = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away early has what it wanted.
                let _ = serve(stream, &into);
            }
        });
        Self { address, kept }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics with it")
    }

    /// The next request called `what` is answered so.
    pub(crate) fn instead(&self, what: &'static str, instead: Instead) {
        self.kept().instead.push((what, instead));
    }

    pub(crate) fn refuses(&self, what: &'static str, status: &str, headers: &str, body: &str) {
        self.instead(what, Instead::Reply(reply(status, headers, body)));
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Kept>) -> std::io::Result<()> {
    let request = receive(&stream)?;
    let local = stream.local_addr()?;
    let mut kept = kept.lock().expect("nothing panics with it");
    let path = request.head[0].split(' ').nth(1).unwrap_or_default().to_owned();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let what = name(&path, &body);
    kept.requests.push(what.clone());
    kept.bodies.push_str(&String::from_utf8_lossy(&request.body));
    let key = request.header("authorization").first().map(|key| (*key).to_owned());
    kept.keys.push((path.clone(), key));
    match kept.instead.iter().position(|(name, _)| *name == what) {
        None => {
            let answer = kept.answer(&path, &request, &body, local);
            let headers = "content-type: application/json\r\n";
            stream.write_all(&reply("200 OK", headers, &answer.to_string()))
        }
        Some(at) => match kept.instead.remove(at).1 {
            Instead::Reply(bytes) => stream.write_all(&bytes),
            Instead::Cut => Ok(()),
            Instead::Hang => {
                kept.hanging.push(stream);
                Ok(())
            }
        },
    }
}

/// Name of the operation, or what the path ends with.
fn name(path: &str, body: &Value) -> String {
    match body["operationName"].as_str() {
        Some(name) => name.to_owned(),
        None if path.starts_with("/storage/") => "PUT".into(),
        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

impl Kept {
    fn answer(&mut self, path: &str, request: &Received, body: &Value, at: SocketAddr) -> Value {
        let variables = &body["variables"];
        match name(path, body).as_str() {
            "Viewer" => json!({"data": {"viewer": {"entity": "team", "username": "someone"}}}),
            "UpsertBucket" => self.upsert(variables),
            "FindRun" => {
                let run = variables["run"].as_str().and_then(|id| self.runs.get(id));
                let bucket = run.map(|run| {
                    json!({"historyLineCount": run.history.len(), "logLineCount": run.log.len()})
                });
                json!({"data": {"model": {"bucket": bucket}}})
            }
            "CreateRunFiles" => {
                let place = |name: &Value| {
                    let url = format!("http://{at}/storage/{}", name.as_str().unwrap_or_default());
                    json!({"name": name, "uploadUrl": url})
                };
                let names = variables["files"].as_array().into_iter().flatten();
                let files: Vec<Value> = names.map(place).collect();
                json!({"data": {"createRunFiles": {"files": files, "uploadHeaders": []}}})
            }
            "NotifyScriptableRunAlert" => {
                self.alerts.push(variables["title"].as_str().unwrap_or_default().into());
                json!({"data": {"notifyScriptableRunAlert": {"success": true}}})
            }
            "PUT" => {
                let name = path.strip_prefix("/storage/").unwrap_or_default();
                self.files.insert(name.into(), request.body.clone());
                Value::Null
            }
            _ => self.stream(path, body),
        }
    }

    fn upsert(&mut self, variables: &Value) -> Value {
        let run = self.runs.entry(variables["name"].as_str().unwrap_or_default().into());
        let run = run.or_default();
        let config = variables["config"].as_str().unwrap_or_default();
        run.config = serde_json::from_str(config).unwrap_or_default();
        run.display = variables["displayName"].as_str().unwrap_or_default().into();
        run.group = variables["groupName"].clone();
        run.made = variables.clone();
        let project = json!({"name": variables["project"], "entity": {"name": "team"}});
        json!({"data": {"upsertBucket": {"bucket": {"project": project}}}})
    }

    fn stream(&mut self, path: &str, body: &Value) -> Value {
        let id = path.rsplit('/').nth(1).unwrap_or_default();
        let run = self.runs.entry(id.into()).or_default();
        let history = &body["files"]["wandb-history.jsonl"];
        let offset = history["offset"].as_u64().unwrap_or(0) as usize;
        for (n, line) in history["content"].as_array().into_iter().flatten().enumerate() {
            let line = serde_json::from_str(line.as_str().unwrap_or_default()).unwrap_or_default();
            match run.history.get_mut(offset + n) {
                Some(there) => *there = line,
                None => run.history.push(line),
            }
        }
        let log = &body["files"]["output.log"];
        let offset = log["offset"].as_u64().unwrap_or(0) as usize;
        if !log.is_null() {
            run.log.truncate(offset);
        }
        let lines = log["content"].as_array().into_iter().flatten();
        run.log.extend(lines.filter_map(|line| Some(line.as_str()?.to_owned())));
        if let Some(summary) = body["files"]["wandb-summary.json"]["content"][0].as_str() {
            run.summary = serde_json::from_str(summary).unwrap_or_default();
        }
        if body["complete"] == true {
            run.exit = body["exitcode"].as_i64();
        }
        json!({"exitcode": null, "stopped": self.stopped})
    }
}
