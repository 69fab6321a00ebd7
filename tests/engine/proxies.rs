//! Proxies from the environment: a tunnel for https, the absolute form for http, none for loopback.
//! The environment belongs to the process, so each case runs in a child.

use crate::child;
use crate::raw_server::{read_head, silent};
use crate::rig::{fast, plan_of, run, start};
use loadwright_core::outcome::Outcome;
use loadwright_sim::{Config, Server};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

/// A name that only the proxy can resolve.
const NAME: &str = "service.invalid";

/// A proxy that connects every client to one address, and keeps the head of each request.
struct Proxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy to `to`; `None`: it refuses every client.
    fn start(to: Option<SocketAddr>) -> Self {
        let (listener, url) = silent();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream.unwrap(), to, &kept));
            }
        });
        Self { address: url.replace("http://", ""), heads }
    }
}

fn serve(mut client: TcpStream, to: Option<SocketAddr>, heads: &Mutex<Vec<String>>) {
    let head = read_head(&mut client);
    heads.lock().unwrap().push(head.clone());
    let Some(to) = to else {
        client.write_all(b"HTTP/1.1 407 Who Are You\r\n\r\n").unwrap();
        return;
    };
    let mut server = TcpStream::connect(to).unwrap();
    if head.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
    } else {
        let origin = head.replacen(&format!("http://{NAME}"), "", 1);
        server.write_all(origin.as_bytes()).unwrap();
    }
    let (from, back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let answers = std::thread::spawn(move || pump(from, back));
    pump(client, server);
    answers.join().unwrap();
}

/// Carries bytes until either end has closed.
fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

fn in_child(name: &str, server: &Server, proxy: &Proxy) {
    let scheme = if server.certificate().is_some() { "https" } else { "http" };
    let through = format!("http://user:secret@{}", proxy.address);
    let variables = [
        ("TEST_URL", &format!("{scheme}://{NAME}")),
        ("TEST_DIRECT", &server.url()),
        ("TEST_PROXY", &proxy.address),
        ("http_proxy", &through),
        ("https_proxy", &through),
    ];
    child::run(name, &variables.map(|(name, value)| (name, value.as_str())));
}

fn variable(name: &str) -> String {
    std::env::var(name).expect("the parent sets it")
}

/// `user:secret` in base64.
const AUTHORIZATION: &str = "proxy-authorization: Basic dXNlcjpzZWNyZXQ=";

#[test]
fn plain_requests_go_in_the_absolute_form() {
    let server = start(fast());
    let proxy = Proxy::start(Some(server.address()));
    in_child("proxies::in_a_child_plain", &server, &proxy);
    let heads = proxy.heads.lock().unwrap();
    let line = format!("POST http://{NAME}/v1/chat/completions HTTP/1.1\r\nhost: {NAME}\r\n");
    assert!(heads[0].starts_with(&line), "{}", heads[0]);
    assert!(heads.iter().all(|head| head.contains(AUTHORIZATION)));
    // One request through the proxy, and one that bypassed it.
    assert_eq!((heads.len(), server.counts().received), (1, 2));
}

#[test]
#[ignore = "needs an environment of its own: run in a child process by the test above"]
fn in_a_child_plain() {
    let through = run(plan_of(&variable("TEST_URL"), 1, 1));
    through.assert_all_ok(1);
    assert_eq!(through.point_end.proxy, Some(variable("TEST_PROXY")));
    let direct = run(plan_of(&variable("TEST_DIRECT"), 1, 1));
    direct.assert_all_ok(1);
    assert_eq!(direct.point_end.proxy, None);
}

#[test]
fn secure_requests_go_through_a_tunnel() {
    let server = start(Config { tls: true, ..fast() });
    let proxy = Proxy::start(Some(server.address()));
    in_child("proxies::in_a_child_secure", &server, &proxy);
    let heads = proxy.heads.lock().unwrap();
    assert_eq!(heads.len(), 2);
    for head in heads.iter() {
        assert!(head.starts_with(&format!("CONNECT {NAME}:443 HTTP/1.1\r\n")), "{head}");
        assert!(head.contains(AUTHORIZATION));
    }
    assert_eq!(server.counts().received, 10);
}

#[test]
#[ignore = "needs an environment of its own: run in a child process by the test above"]
fn in_a_child_secure() {
    let mut plan = plan_of(&variable("TEST_URL"), 2, 10);
    plan.target.insecure = true;
    let run = run(plan);
    run.assert_all_ok(10);
    let opened = run.records.iter().filter_map(|record| record.timeline.connect);
    assert!(opened.into_iter().all(|connect| connect.tls.is_some()));
    // The proxy does not see the requests within the tunnel.
    assert_eq!(run.point_end.proxy, Some(variable("TEST_PROXY")));
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let server = start(Config { tls: true, ..fast() });
    let proxy = Proxy::start(None);
    in_child("proxies::in_a_child_refused", &server, &proxy);
    assert_eq!(server.counts().received, 0);
}

#[test]
#[ignore = "needs an environment of its own: run in a child process by the test above"]
fn in_a_child_refused() {
    let run = run(plan_of(&variable("TEST_URL"), 1, 1));
    assert_eq!(run.only().outcome, Outcome::Connect);
    let text = format!("the proxy refused a tunnel to {NAME}:443: HTTP/1.1 407 Who Are You");
    assert_eq!(run.only().error, text);
}
