//! Servers without HTTP, for what the simulated server does not send: fixed bytes, silence.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
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
            // The client may have finished, or given up, before it has everything.
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

/// Serves each connection by `serve` on a thread of its own, with connections numbered from 0.
/// Returns the URL.
pub(crate) fn scripted(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> String {
    let (listener, url) = silent();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || {
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                serve(stream, number);
            });
        }
    });
    url
}

/// Reads one request and returns its slot; `None`: the client has disconnected.
pub(crate) fn next_request(stream: &mut TcpStream) -> Option<u64> {
    // Peeks, so that the whole request is left to be read.
    if !matches!(stream.peek(&mut [0]), Ok(1)) {
        return None;
    }
    let head = read_request(stream);
    let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    Some(id.split('-').nth(2).unwrap().parse().unwrap())
}

/// The events of a chat reply that reports `tokens`, including its end mark.
pub(crate) fn events(tokens: u64) -> String {
    format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"hi\"}},\"finish_reason\":\"stop\"}}],\
        \"usage\":{{\"prompt_tokens\":1,\"completion_tokens\":{tokens}}}}}\n\ndata: [DONE]\n\n"
    )
}

/// A complete reply of one frame that reports `tokens`.
pub(crate) fn reply(tokens: u64) -> String {
    let body = events(tokens);
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A listener that accepts connections and never sends anything.
pub(crate) fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Reads one request with a `content-length` and returns its head.
pub(crate) fn read_request(stream: &mut TcpStream) -> String {
    let head = read_head(stream);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).unwrap();
    head
}

/// Reads a head, and not a byte more.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A relay before a server: accepts connections, and forwards them only once it is opened.
pub(crate) struct Gate {
    pub(crate) url: String,
    opened: Arc<OnceLock<()>>,
}

impl Gate {
    /// A gate before `server`, for `https`.
    pub(crate) fn before(server: SocketAddr) -> Self {
        let (listener, url) = silent();
        let opened = Arc::<OnceLock<()>>::default();
        let waited = Arc::clone(&opened);
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let waited = Arc::clone(&waited);
                std::thread::spawn(move || {
                    waited.wait();
                    carry(client, TcpStream::connect(server).unwrap(), carry_all);
                });
            }
        });
        Self { url: url.replace("http:", "https:"), opened }
    }

    pub(crate) fn open(&self) {
        self.opened.get_or_init(|| ());
    }
}

/// The `https` URL of a relay before a server that reads more slowly than clients send, in small
/// segments, so that the kernel accepts little at a time.
pub(crate) fn narrow(server: SocketAddr) -> String {
    let (listener, url) = silent();
    let socket = socket2::SockRef::from(&listener);
    socket.set_recv_buffer_size(4096).unwrap();
    socket.set_tcp_mss(536).unwrap();
    std::thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            std::thread::spawn(move || {
                carry(client, TcpStream::connect(server).unwrap(), carry_slowly);
            });
        }
    });
    url.replace("http:", "https:")
}

/// Carries bytes both ways until both sides have closed.
fn carry(client: TcpStream, server: TcpStream, up: impl FnOnce(TcpStream, TcpStream)) {
    let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let down = std::thread::spawn(move || carry_all(from, to));
    up(client, server);
    down.join().unwrap();
}

fn carry_all(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn carry_slowly(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 4 * 1024];
    while let Ok(length) = from.read(&mut piece) {
        if length == 0 || to.write_all(&piece[..length]).is_err() {
            break;
        }
        // A link of limited bandwidth, not a wait: without it the sender's socket is never full.
        std::thread::sleep(std::time::Duration::from_micros(100));
    }
    let _ = to.shutdown(Shutdown::Write);
}
