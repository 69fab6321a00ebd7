//! Servers below HTTP, for what the simulated one does not send: canned bytes, silence.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Answers one request with canned bytes, then closes.
pub(crate) struct Canned {
    pub(crate) url: String,
    thread: Option<JoinHandle<()>>,
}

impl Canned {
    pub(crate) fn start(reply: &str) -> Self {
        let (listener, url) = silent();
        let reply = reply.as_bytes().to_vec();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream);
            // The client may be satisfied, or disgusted, before it has everything.
            let _ = stream.write_all(&reply);
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        Self { url, thread: Some(thread) }
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the canned server does not panic");
        }
    }
}

/// A listener that takes connections and never says anything.
pub(crate) fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Reads one request with a `content-length`; gives its head.
pub(crate) fn read_request(stream: &mut TcpStream) -> String {
    let head = read_head(stream);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).unwrap();
    head
}

/// Reads a head, and not a byte behind it.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
