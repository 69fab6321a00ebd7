//! A server that answers by a script, and remembers what it was sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
pub(crate) enum Answer {
    /// Writes this and goes on.
    Write(Vec<u8>),
    /// Writes this and closes the connection.
    Close(Vec<u8>),
    /// Writes this, and then nothing until the client goes.
    Hang(Vec<u8>),
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Receiver<Seen>,
}

impl Server {
    /// Answers requests, one after the other, with these.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        Self::start_at(|_| answers)
    }

    /// As [`start`](Self::start), for answers that name the server's own address.
    pub(crate) fn start_at(answers: impl FnOnce(SocketAddr) -> Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, seen) = sync_channel(64);
        let mut answers = answers(address).into_iter();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let mut reader = BufReader::new(stream);
                while let Some(request) = read(&mut reader) {
                    let _ = tell.send(request);
                    let Some(answer) = answers.next() else { return };
                    if !write(reader.get_mut(), answer) {
                        break;
                    }
                }
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same port, under a name.
    pub(crate) fn named(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// The next request that arrived.
    pub(crate) fn next(&self) -> Seen {
        self.seen.recv_timeout(std::time::Duration::from_secs(30)).expect("a request arrives")
    }

    /// That nothing more arrived.
    pub(crate) fn is_quiet(&self) -> bool {
        self.seen.try_recv().is_err()
    }
}

/// False: the connection has ended.
fn write(stream: &mut TcpStream, answer: Answer) -> bool {
    let (Answer::Write(bytes) | Answer::Close(bytes) | Answer::Hang(bytes)) = &answer;
    let written = stream.write_all(bytes).and_then(|()| stream.flush());
    if matches!(answer, Answer::Hang(_)) {
        let _ = stream.read(&mut [0]);
    }
    written.is_ok() && matches!(answer, Answer::Write(_))
}

pub(crate) fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut seen = Seen { line: line(reader)?, ..Seen::default() };
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if let Some(length) = seen.header("content-length") {
        seen.body = vec![0; length.parse().expect("a length")];
        reader.read_exact(&mut seen.body).ok()?;
    } else if seen.header("transfer-encoding") == Some("chunked") {
        loop {
            let size = usize::from_str_radix(&line(reader)?, 16).expect("a size");
            let start = seen.body.len();
            seen.body.resize(start + size, 0);
            reader.read_exact(&mut seen.body[start..]).ok()?;
            line(reader)?;
            if size == 0 {
                break;
            }
        }
    }
    Some(seen)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    Some(line.trim_end().to_owned())
}

/// A response with these headers, a line each, and this body.
pub(crate) fn response(status: u16, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{lines}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) fn ok(body: &str) -> Answer {
    Answer::Write(response(200, &[], body.as_bytes()))
}

pub(crate) fn status(status: u16, headers: &[&str]) -> Answer {
    Answer::Write(response(status, headers, b""))
}

pub(crate) fn redirect(status: u16, to: &str) -> Answer {
    Answer::Write(response(status, &[&format!("location: {to}")], b""))
}
