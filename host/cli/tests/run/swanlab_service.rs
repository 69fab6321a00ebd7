//! A server that answers as SwanLab does, keeps what it is sent, and refuses what a test says.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// The project, found once it was made.
const PROJECT: &str = "/api/project/user/perf_benchmark";

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Came {
    pub(super) method: String,
    pub(super) path: String,
    /// `cookie` and `authorization`, as they were.
    pub(super) cookie: Option<String>,
    pub(super) key: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Came {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What is done in place of an answer.
#[derive(Debug, Clone)]
pub(super) enum Instead {
    /// Status line, headers, body.
    Answer(&'static str, &'static str, &'static str),
    /// The connection ends without an answer.
    Cut,
    /// There is no answer.
    Hang,
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) came: Vec<Came>,
    made: bool,
    /// A part of `METHOD PATH`, what is done then, and how often.
    instead: Vec<(&'static str, Instead, u32)>,
}

/// The server.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Service {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, url) = (Arc::clone(&shared), format!("http://{address}"));
                std::thread::spawn(move || serve(stream, &kept, &url));
            }
        });
        Self { address, kept }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no thread panicked")
    }

    /// Does this in place of the next `times` answers to requests whose `METHOD PATH` holds `part`.
    pub(super) fn instead(&self, part: &'static str, instead: Instead, times: u32) {
        self.kept().instead.push((part, instead, times));
    }

    /// Requests whose path ends so.
    pub(super) fn came(&self, end: &str) -> Vec<Came> {
        self.kept().came.iter().filter(|came| came.path.ends_with(end)).cloned().collect()
    }

    /// Every value of one kind that was taken, in order.
    pub(super) fn values(&self, kind: &str) -> Vec<Value> {
        let bodies = self.came("/house/metrics").into_iter().map(|came| came.json());
        let of_kind = bodies.filter(|body| body["type"] == kind);
        of_kind.flat_map(|body| body["metrics"].as_array().cloned().unwrap_or_default()).collect()
    }
}

/// Answers until the other end closes.
fn serve(stream: TcpStream, kept: &Mutex<Kept>, url: &str) {
    let mut writer = stream.try_clone().expect("a stream");
    let mut reader = BufReader::new(stream);
    while let Some(came) = read(&mut reader) {
        let mut state = kept.lock().expect("no thread panicked");
        let line = format!("{} {}", came.method, came.path);
        let found =
            state.instead.iter_mut().find(|(part, _, times)| line.contains(part) && *times > 0);
        let instead = found.map(|(_, instead, times)| {
            *times -= 1;
            instead.clone()
        });
        let (status, headers, body) = match instead {
            Some(Instead::Cut) => return,
            Some(Instead::Hang) => {
                drop(state);
                // Until the other end gives up.
                let _ = reader.read(&mut [0]);
                return;
            }
            Some(Instead::Answer(status, headers, body)) => (status, headers, body.to_owned()),
            None => {
                let (status, body) = answer(&came, &mut state.made, url);
                state.came.push(came);
                (status, "", body.to_string())
            }
        };
        drop(state);
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Came> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let found = lines.iter().filter_map(|line| line.split_once(": "));
        let mut found = found.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    Some(Came { method, path, cookie: header("cookie"), key: header("authorization"), body })
}

fn answer(came: &Came, made: &mut bool, url: &str) -> (&'static str, Value) {
    let body = came.json();
    let urls = |list: &str| {
        let items = body[list].as_array().cloned().unwrap_or_default();
        let url = |it: &Value| match it.as_str().or(it["path"].as_str()) {
            Some(path) => format!("{url}/store/{path}?signature=hidden"),
            None => String::new(),
        };
        json!({ "urls": items.iter().map(url).collect::<Vec<_>>() })
    };
    let cuid = body["cuid"].as_str().unwrap_or_default();
    match (came.method.as_str(), came.path.as_str()) {
        (_, "/api/login/api_key") => (
            "200 OK",
            json!({
                "sid": "the-session", "expiredAt": "2099-01-01T00:00:00.000Z",
                "userInfo": { "username": "user" },
            }),
        ),
        ("GET", PROJECT) if !*made => ("404 Not Found", json!({ "message": "no such project" })),
        ("GET", PROJECT) => (
            "200 OK",
            json!({
                "cuid": "project-1", "name": "perf_benchmark", "version": 1,
                "group": { "username": "user" },
            }),
        ),
        ("POST", "/api/projects/user") => {
            *made = true;
            ("201 Created", json!({}))
        }
        ("POST", path) if path.ends_with("/experiment") => {
            ("201 Created", json!({ "cuid": format!("experiment-{cuid}"), "slug": cuid }))
        }
        (_, path) if path.ends_with("/presigned/put") => ("201 Created", urls("paths")),
        (_, path) if path.ends_with("/files/prepare") => ("201 Created", urls("files")),
        _ => ("200 OK", json!({})),
    }
}
