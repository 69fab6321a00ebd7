//! A client that shares no code with the server: plain blocking sockets and byte searches.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A parsed reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    ahead: Vec<u8>,
}

impl Client {
    pub(crate) fn new(server: &loadwright_sim::Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream, ahead: Vec::new() }
    }

    /// Sends a POST with a JSON body and additional headers.
    pub(crate) fn post(&mut self, path: &str, headers: &str, body: &Value) {
        self.send("POST", path, headers, body.to_string().as_bytes());
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: sim\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    }

    /// Reads once more; false if the server has closed.
    pub(crate) fn more(&mut self) -> std::io::Result<bool> {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer)?;
        self.ahead.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    /// All bytes up to the end of the connection.
    pub(crate) fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        while self.more()? {}
        Ok(std::mem::take(&mut self.ahead))
    }

    /// Reads until `text` was received, and returns everything received so far.
    pub(crate) fn until(&mut self, text: &str) -> Vec<u8> {
        while find(&self.ahead, text.as_bytes()).is_none() {
            assert!(self.more().unwrap(), "closed before {text:?}");
        }
        self.ahead.clone()
    }

    /// A reply's head, including its blank line.
    pub(crate) fn reply_head(&mut self) -> String {
        self.until("\r\n\r\n");
        let end = find(&self.ahead, b"\r\n\r\n").unwrap() + 4;
        String::from_utf8(self.ahead.drain(..end).collect()).unwrap()
    }

    /// One whole reply.
    pub(crate) fn reply(&mut self) -> Reply {
        let head = self.reply_head();
        let status = head[9..12].parse().unwrap();
        let body = if let Some(length) = header(&head, "content-length") {
            let length: usize = length.parse().unwrap();
            while self.ahead.len() < length {
                assert!(self.more().unwrap(), "closed inside the body");
            }
            self.ahead.drain(..length).collect()
        } else if header(&head, "transfer-encoding").is_some() {
            self.chunks()
        } else {
            self.rest().unwrap()
        };
        Reply { status, head, body }
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                match find(&self.ahead, b"\r\n") {
                    Some(line) => break line,
                    None => assert!(self.more().unwrap(), "closed between chunks"),
                }
            };
            let size = std::str::from_utf8(&self.ahead[..line]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            while self.ahead.len() < line + 2 + size + 2 {
                assert!(self.more().unwrap(), "closed inside a chunk");
            }
            body.extend_from_slice(&self.ahead[line + 2..line + 2 + size]);
            assert_eq!(&self.ahead[line + 2 + size..line + 4 + size], b"\r\n");
            self.ahead.drain(..line + 4 + size);
            if size == 0 {
                return body;
            }
        }
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The data of each event, for streams with plain line ends.
    pub(crate) fn events(&self) -> Vec<String> {
        events(std::str::from_utf8(&self.body).unwrap())
    }

    /// The events that are JSON.
    pub(crate) fn chunks(&self) -> Vec<Value> {
        let events = self.events();
        events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect()
    }
}

pub(crate) fn events(text: &str) -> Vec<String> {
    let events = text.split("\n\n").filter(|event| !event.is_empty());
    let data = events.map(|event| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.collect::<Vec<_>>().join("\n")
    });
    data.filter(|data| !data.is_empty()).collect()
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The texts under a pointer of each chunk, joined.
pub(crate) fn joined(chunks: &[Value], pointer: &str) -> String {
    chunks.iter().filter_map(|chunk| chunk.pointer(pointer)?.as_str()).collect()
}
