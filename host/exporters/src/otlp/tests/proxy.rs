//! Proxies: gRPC goes through them by CONNECT.

use super::collector::{Collector, in_a_thread, listening};
use super::{Files, made, network};
use crate::http::{Network, Proxies};
use crate::usage::Usage;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::TcpStream;

/// A proxy that connects to wherever it is asked, or refuses; and what it was asked.
fn proxy(takes: bool) -> (SocketAddr, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = sync_channel(8);
    in_a_thread(async move {
        let listener = listening(listener);
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tunnel(stream, takes, tell.clone()));
        }
    });
    (address, told)
}

async fn tunnel(stream: TcpStream, takes: bool, tell: SyncSender<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let place = head[0].split(' ').nth(1).unwrap().to_owned();
    tell.send(head).unwrap();
    if !takes {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(refusal).await;
        return;
    }
    let mut server = TcpStream::connect(place).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut server).await;
}

/// What opening and `begin` say with these variables of proxies.
fn begin(collector: &Collector, proxies: &[(&str, &str)]) -> Result<(), String> {
    let url = collector.url();
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let proxies = Proxies::read(|name| {
        let found = proxies.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    let network = Network { proxies: proxies.unwrap(), ..network() };
    let mut otlp = made(&variables, &[], Files::default(), network, &Usage::default())?;
    otlp.begin(&super::run()).map(drop).map_err(|error| error.to_string())
}

#[test]
fn calls_go_through_the_proxy_of_the_environment() {
    let collector = Collector::start(Vec::new());
    let (address, told) = proxy(true);
    let url = format!("http://user:word@{address}");
    assert_eq!(begin(&collector, &[("HTTP_PROXY", &url)]), Ok(()));
    let head = told.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(head[0], format!("CONNECT {} HTTP/1.1", collector.address));
    let credentials = "proxy-authorization: Basic dXNlcjp3b3Jk";
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case(credentials)), "{head:?}");
    let other = [("HTTPS_PROXY", &*url)];
    assert_eq!(begin(&collector, &other), Ok(()), "it is for https:// alone");
    let excepted = [("ALL_PROXY", &*url), ("NO_PROXY", "127.0.0.1")];
    assert_eq!(begin(&collector, &excepted), Ok(()));
    // Of the first run alone: a connection for each of the signals.
    assert_eq!(told.try_iter().count(), 2);
}

#[test]
fn a_proxy_that_refuses_or_cannot_be_used_is_told() {
    let collector = Collector::start(Vec::new());
    let (address, _told) = proxy(false);
    let url = format!("http://{address}");
    let error = begin(&collector, &[("ALL_PROXY", &url)]).unwrap_err();
    assert!(error.contains("proxy authorization required"), "{error}");
    let error = begin(&collector, &[("ALL_PROXY", "https://proxy.example")]).unwrap_err();
    assert!(error.contains("gRPC goes through a proxy of http:// alone"), "{error}");
}
