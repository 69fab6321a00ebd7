//! What servers send without end, packed small, or damaged.

use super::server::{Answer, Server, ok, response};
use super::{Client, get};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

#[test]
fn responses_are_cut_at_what_is_wanted() {
    let server = Server::start(vec![ok("0123456789"), ok("0123456789"), ok("0123456789")]);
    let mut client = Client::to(&server.url(""));
    for (most, body, truncated) in
        [(10, "0123456789", false), (9, "012345678", true), (0, "", true)]
    {
        let mut request = get(&server.url("/"));
        request.max_bytes = most;
        let response = client.send(&request).expect("a response");
        assert_eq!((response.body.as_slice(), response.truncated), (body.as_bytes(), truncated));
    }
}

#[test]
fn a_small_packet_that_unpacks_to_much_is_cut_after_unpacking() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let server =
        Server::start(vec![Answer::Write(response(200, &["content-encoding: gzip"], &bomb))]);
    let mut client = Client::to(&server.url(""));
    let mut request = get(&server.url("/"));
    request.max_bytes = u32::MAX;
    let response = client.send(&request).expect("a response");
    assert_eq!((response.body.len(), response.truncated), (4 << 20, true));
    assert!(client.usage.read().bytes_received < 5 << 20, "the rest was never unpacked");
}

#[test]
fn compressed_responses_are_unpacked_and_damaged_ones_are_faults() {
    let packed = gzip(b"text");
    let header = ["content-encoding: gzip"];
    let answers = vec![
        Answer::Write(response(200, &header, &packed)),
        Answer::Write(response(200, &header, b"no gzip at all")),
        Answer::Write(response(200, &header, &packed[..packed.len() / 2])),
    ];
    let server = Server::start(answers);
    let mut client = Client::to(&server.url(""));
    let response = client.send(&get(&server.url("/"))).expect("a response");
    assert_eq!(response.body, b"text");
    assert!(!response.headers.iter().any(|(name, _)| name == "content-encoding"));
    assert!(client.fault(&get(&server.url("/"))).contains("no response from"));
    assert!(client.fault(&get(&server.url("/"))).contains("no response from"));
}

#[test]
fn headers_without_end_are_faults() {
    let long = format!("x-long: {}", "y".repeat(70_000));
    let many: Vec<String> = (0..500).map(|number| format!("x-{number}: y")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let answers = vec![
        Answer::Close(response(200, &[&long], b"")),
        Answer::Close(response(200, &many, b"")),
        Answer::Close([b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'y'; 2 << 20]].concat()),
    ];
    let server = Server::start(answers);
    let mut client = Client::to(&server.url(""));
    assert!(client.fault(&get(&server.url("/"))).contains("more than 65536 bytes of headers"));
    assert!(client.fault(&get(&server.url("/"))).contains("no response from"));
    assert!(client.fault(&get(&server.url("/"))).contains("no response from"));
}

#[test]
fn what_is_no_http_and_what_breaks_off_are_faults() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec();
    let answers = vec![
        Answer::Close(b"SSH-2.0-OpenSSH\r\n".to_vec()),
        Answer::Close(Vec::new()),
        Answer::Close(cut),
        Answer::Close(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec()),
    ];
    let server = Server::start(answers);
    let mut client = Client::to(&server.url(""));
    for _ in 0..4 {
        let fault = client.fault(&get(&server.url("/")));
        assert!(fault.contains("no response from 127.0.0.1"), "{fault}");
    }
}

#[test]
fn requests_are_bounded() {
    let mut client = Client::to("http://127.0.0.1:9");
    let mut request = get("http://127.0.0.1:9/");
    for timeout in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        request.timeout = timeout;
        assert!(client.fault(&request).contains("timeout of a request"), "{timeout}");
    }
    let long = format!("http://127.0.0.1:9/{}", "x".repeat(20_000));
    assert!(client.fault(&get(&long)).contains("URL is longer"));
    request.timeout = 1.0;
    request.headers = vec![("x-a".into(), "b".into()); 65];
    assert!(client.fault(&request).contains("more than 64 headers"));
}
