//! A server that answers as ClearML does, keeps what it is sent, and refuses what a test says.

use crate::scripted::reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// What a server does with the next requests for an action.
#[derive(Clone, Copy)]
pub(crate) enum Instead {
    Refuse(&'static str),
    Cut,
    Hang,
}

/// A request as it came.
pub(crate) struct Sent {
    pub(crate) action: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) sent: Vec<Sent>,
    /// How often, by action.
    pub(crate) instead: BTreeMap<&'static str, (usize, Option<Instead>)>,
    pub(crate) status: Option<&'static str>,
    open: Vec<TcpStream>,
}

pub(crate) struct ClearMl {
    pub(crate) address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl ClearMl {
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

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics with it")
    }

    pub(crate) fn instead(&self, action: &'static str, times: usize, instead: Instead) {
        self.kept().instead.insert(action, (times, Some(instead)));
    }

    /// Bodies of an action.
    pub(crate) fn bodies(&self, action: &str) -> Vec<Value> {
        let kept = self.kept();
        let of = kept.sent.iter().filter(|one| one.action == action);
        of.map(|one| serde_json::from_str(&one.body).expect("JSON")).collect()
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        let kept = self.kept();
        let batches = kept.sent.iter().filter(|one| one.action == "events.add_batch");
        let lines = batches.flat_map(|one| one.body.lines());
        lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Kept>) -> std::io::Result<()> {
    let sent = receive(&stream)?;
    let mut kept = kept.lock().expect("nothing panics with it");
    let answer = answer(&sent, kept.status, kept.sent.len());
    let entry = kept.instead.get_mut(sent.action.as_str());
    let instead = entry.and_then(|(times, instead)| {
        *times = times.checked_sub(1)?;
        *instead
    });
    match instead {
        Some(Instead::Refuse(status)) => {
            let meta =
                json!({ "meta": { "result_code": 0, "result_msg": "not today" }, "data": {} });
            stream.write_all(&reply(status, "", &meta.to_string()))
        }
        Some(Instead::Cut) => Ok(()),
        Some(Instead::Hang) => {
            kept.open.push(stream);
            Ok(())
        }
        None => {
            kept.sent.push(sent);
            let meta = json!({ "result_code": 200, "result_msg": "OK" });
            let body = json!({ "meta": meta, "data": answer }).to_string();
            stream.write_all(&reply("200 OK", "", &body))
        }
    }
}

fn answer(sent: &Sent, status: Option<&str>, number: usize) -> Value {
    match sent.action.as_str() {
        "auth.login" => json!({ "token": "t0ken-of-the-session" }),
        "projects.get_all" => json!({ "projects": [] }),
        "projects.create" => json!({ "id": "p1" }),
        "tasks.create" => json!({ "id": format!("t{number}") }),
        "tasks.get_all" => {
            let asked: Value = serde_json::from_str(&sent.body).expect("JSON");
            let status = status.unwrap_or("in_progress");
            json!({ "tasks": [{ "id": asked["id"][0], "status": status }] })
        }
        "events.add_batch" => json!({ "added": sent.body.lines().count(), "errors": 0 }),
        _ => json!({}),
    }
}

fn receive(stream: &TcpStream) -> std::io::Result<Sent> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut authorization, mut action) = (0, String::new(), String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap_or(0);
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                authorization = value.to_owned();
            }
            None => {
                let path = line.split(' ').nth(1).unwrap_or_default();
                action = path.rsplit('/').next().unwrap_or_default().to_owned();
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Sent { action, authorization, body })
}
