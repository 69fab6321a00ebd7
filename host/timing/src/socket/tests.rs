//! Timestamps against what a pair of sockets on loopback knows.

use super::*;
use std::io::Write as _;

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let writer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (reader, _) = listener.accept().unwrap();
    (reader, writer)
}

#[test]
fn the_kernel_timestamps_a_read_between_write_and_read() {
    assert!(timestamps_available(), "this machine's kernel does not timestamp loopback");
    let (reader, mut writer) = pair();
    enable_timestamps(reader.as_fd()).unwrap();
    let before = clock::now();
    writer.write_all(b"token").unwrap();
    let written = clock::now();
    // However late the reader is, the kernel's timestamp is that of the arrival.
    while clock::now() < written + 5_000_000 {}
    let read = recv(reader.as_fd(), &mut [0; 64]).unwrap();
    let kernel = read.kernel.expect("a kernel timestamp");
    assert_eq!(read.len, 5);
    // The two clocks are read one after the other, so allow them a tenth of a millisecond.
    assert!(kernel + 100_000 >= before, "received at {kernel}, before it was written at {before}");
    assert!(kernel <= read.user);
    assert!(read.user - kernel >= 4_000_000, "the timestamp is the reader's, not the kernel's");
}

#[test]
fn a_unix_socket_gives_the_user_timestamp_alone() {
    let (reader, mut writer) = std::os::unix::net::UnixStream::pair().unwrap();
    let _ = enable_timestamps(reader.as_fd());
    writer.write_all(b"x").unwrap();
    let read = recv(reader.as_fd(), &mut [0; 8]).unwrap();
    assert_eq!((read.len, read.kernel), (1, None));
    assert!(read.user <= clock::now());
}

#[test]
fn an_empty_socket_would_block_and_a_closed_one_reads_nothing() {
    let (reader, writer) = pair();
    reader.set_nonblocking(true).unwrap();
    let error = recv(reader.as_fd(), &mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    drop(writer);
    reader.set_nonblocking(false).unwrap();
    assert_eq!(recv(reader.as_fd(), &mut [0; 8]).unwrap().len, 0);
}
