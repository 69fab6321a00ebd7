//! Bodies of requests: compressed, and streamed from files.

use super::server::{Server, ok};
use super::{Client, get, post};
use flate2::read::GzDecoder;
use loadwright_core::export::http::Segment;
use loadwright_core::ports::Fault;
use std::fs::File;
use std::io::{Read, Write};

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut out).expect("gzip");
    out
}

#[test]
fn bodies_are_compressed_on_wish() {
    let server = Server::start(vec![ok(""), ok("")]);
    let mut client = Client::to(&server.url(""));
    let text = "text ".repeat(1000);
    let mut request = post(&server.url("/"), &text);
    request.gzip = true;
    client.send(&request).expect("a response");
    let seen = server.next();
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string().as_str()));
    assert_eq!(unpacked(&seen.body), text.as_bytes());
    assert!(seen.body.len() < 200 && client.usage.read().bytes_sent == seen.body.len() as u64);
    request = get(&server.url("/"));
    request.gzip = true;
    client.send(&request).expect("a response");
    assert_eq!(server.next().header("content-encoding"), None, "there is no body");
}

#[test]
fn artifacts_are_streamed_with_a_length_between_other_parts() {
    let server = Server::start(vec![ok(""), ok("")]);
    let mut client = Client::to(&server.url(""));
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&content).expect("written");
    let path = file.path().to_owned();
    let open = |name: &str| match name {
        "data.bin" => Ok((File::open(&path).expect("a file"), content.len() as u64)),
        name => Err(Fault::Fatal(format!("no artifact `{name}`"))),
    };
    let mut request = post(&server.url("/"), "before ");
    request.body.push(Segment::Artifact("data.bin".into()));
    request.body.push(Segment::Bytes(b" behind".to_vec()));
    let whole = [b"before ".as_slice(), &content, b" behind"].concat();
    client.http.send(&request, &mut client.vault, &open).expect("a response");
    let seen = server.next();
    assert_eq!(seen.header("content-length"), Some(whole.len().to_string().as_str()));
    assert!(seen.body == whole);
    request.gzip = true;
    client.http.send(&request, &mut client.vault, &open).expect("a response");
    let seen = server.next();
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert!(unpacked(&seen.body) == whole);
    request.body.push(Segment::Artifact("../x".into()));
    assert!(client.fault(&request).contains("no artifact"));
}

#[test]
fn a_file_that_became_shorter_is_a_fault_and_one_that_grew_is_cut() {
    let server = Server::start(vec![ok("")]);
    let mut client = Client::to(&server.url(""));
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"0123456789").expect("written");
    let path = file.path().to_owned();
    let mut request = post(&server.url("/"), "");
    request.body = vec![Segment::Artifact("x".into())];
    for (length, sent) in [(4, Some(b"0123".as_slice())), (20, None)] {
        let open = |_: &str| Ok((File::open(&path).expect("a file"), length));
        let outcome = client.http.send(&request, &mut client.vault, &open);
        match sent {
            Some(sent) => assert_eq!(outcome.map(|_| server.next().body).as_deref(), Ok(sent)),
            None => assert!(outcome.expect_err("a fault").to_string().contains("became shorter")),
        }
    }
}
