//! Requests against scripted servers.

mod bodies;
mod connections;
mod keeping;
mod limits;
mod policy;
mod proxies;
mod redirects;
mod retries;
pub(crate) mod server;

use super::{Http, Lookup, Network, Pace};
use crate::deadline::Deadline;
use crate::grants::Grants;
use crate::secrets::{Secret, Vault};
use crate::usage::Usage;
use loadwright_core::export::http::{Request, Response, Retry, Segment};
use loadwright_core::ports::Fault;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The value of the secret `api-key`.
const KEY: &str = "key-0123456789";

/// Names that lead to this machine, or where a test says.
#[derive(Debug, Default)]
struct Names(Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>, AtomicUsize);

impl Names {
    /// Each look-up of `host` gives the next of these; the last one stays.
    fn set(&self, host: &str, answers: &[&[&str]]) {
        let parse = |address: &&str| address.parse().expect("an address");
        let answers = answers.iter().map(|answer| answer.iter().map(parse).collect()).collect();
        self.0.lock().expect("a lock").insert(host.to_owned(), answers);
    }

    /// How often a name was looked up.
    fn asked(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

impl Lookup for Names {
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut names = self.0.lock().expect("a lock");
        let answers = names.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

/// A client, and what it works with.
struct Client {
    http: Http,
    vault: Vault,
    usage: Usage,
    deadline: Deadline,
    names: Arc<Names>,
}

const PACE: Pace = Pace {
    tries: 3,
    first: Duration::from_millis(1),
    longest: Duration::from_millis(2),
    longest_asked: Duration::from_secs(300),
};

impl Client {
    /// With `grants`, and the secret `api-key` bound to `bound`.
    fn new(grants: &[String], bound: &[String]) -> Self {
        Self::with(Network { pace: PACE, ..Network::default() }, grants, bound)
    }

    fn with(mut network: Network, grants: &[String], bound: &[String]) -> Self {
        let names = Arc::new(Names::default());
        network.lookup = Arc::clone(&names) as Arc<dyn Lookup>;
        let grants = Grants::parse(grants).expect("grants");
        let hosts = Grants::parse(bound).expect("grants");
        let secret = Secret { value: KEY.into(), hosts };
        let vault = Vault::new(BTreeMap::from([("api-key".to_owned(), secret)]), &[]);
        let (usage, deadline) = (Usage::default(), Deadline::new());
        let http = Http::new("museum", grants, &network, deadline.clone(), usage.clone());
        Self { http: http.expect("a client"), vault, usage, deadline, names }
    }

    /// A client that may go where `url` does.
    fn to(url: &str) -> Self {
        let origin = origin(url);
        Self::new(std::slice::from_ref(&origin), std::slice::from_ref(&origin))
    }

    fn send(&mut self, request: &Request) -> Result<Response, Fault> {
        let none = |name: &str| Err(Fault::Fatal(format!("no artifact `{name}`")));
        self.http.send(request, &mut self.vault, &none)
    }

    /// The text of the fault that `request` ends in.
    fn fault(&mut self, request: &Request) -> String {
        self.send(request).expect_err("a fault").to_string()
    }
}

fn origin(url: &str) -> String {
    url::Url::parse(url).expect("a URL").origin().ascii_serialization()
}

fn get(url: &str) -> Request {
    Request {
        method: "GET".into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        gzip: false,
        timeout: 60.0,
        retry: Retry::Never,
        keep: Vec::new(),
        max_bytes: 4 << 20,
    }
}

fn post(url: &str, body: &str) -> Request {
    let body = vec![Segment::Bytes(body.as_bytes().to_vec())];
    Request { method: "POST".into(), body, ..get(url) }
}

fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.push((name.into(), value.into()));
    request
}
