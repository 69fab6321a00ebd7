//! A server that answers every request with the same bytes and closes: what the simulated server
//! does not say. Asserts nothing itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Starts it for the rest of the test's process.
pub(crate) fn answering(reply: Vec<u8>) -> SocketAddr {
    answering_each(move |_| reply.clone())
}

/// The same with a reply for each connection, by its number from 0.
pub(crate) fn answering_each(reply: impl Fn(usize) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            // A client that goes away early has what it wanted.
            let _ = answer(stream, &reply(number));
        }
    });
    address
}

/// A reply with this status line, these further header lines and this body.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

fn answer(stream: TcpStream, reply: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    reader.get_mut().write_all(reply)
}
