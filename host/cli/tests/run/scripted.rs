//! A server that answers every request with the same bytes and closes: what the simulated server
//! does not say. Asserts nothing itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request.
pub(crate) struct Received {
    /// Request line and header lines, without their ends.
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The values of the header `name`.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        let named = pairs.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim()).collect()
    }
}

/// Starts it for the rest of the test's process.
pub(crate) fn answering(reply: Vec<u8>) -> SocketAddr {
    recording(reply).0
}

/// The same with a reply for each connection, by its number from 0.
pub(crate) fn answering_each(reply: impl Fn(usize) -> Vec<u8> + Send + 'static) -> SocketAddr {
    recording_each(reply).0
}

/// Starts it, and gives what it receives.
pub(crate) fn recording(reply: Vec<u8>) -> (SocketAddr, Arc<Mutex<Vec<Received>>>) {
    recording_each(move |_| reply.clone())
}

/// Both: a reply for each connection, and what it receives.
pub(crate) fn recording_each(
    reply: impl Fn(usize) -> Vec<u8> + Send + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<Received>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let received = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&received);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            // A client that goes away early has what it wanted.
            let _ = answer(stream, &reply(number), &into);
        }
    });
    (address, received)
}

/// A reply with this status line, these further header lines and this body.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

fn answer(
    mut stream: TcpStream,
    reply: &[u8],
    received: &Mutex<Vec<Received>>,
) -> std::io::Result<()> {
    let request = receive(&stream)?;
    received.lock().expect("nothing panics with it").push(request);
    stream.write_all(reply)
}

/// Reads one request.
pub(crate) fn receive(stream: impl Read) -> std::io::Result<Received> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push(line.trim_end().to_owned());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Received { head, body })
}
