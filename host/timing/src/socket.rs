//! Reads that carry two timestamps: the kernel's receive time, and the time after the call.
//!
//! The kernel timestamps a segment when it arrives (`SO_TIMESTAMPING`, software), however busy the
//! reader is; the difference to the user-space timestamp is the reader's lag. If segments were
//! merged before the read, the kernel reports the latest: an upper bound of the arrival. Unix
//! sockets and other platforms have the user-space timestamp only.
//!
//! Nothing here waits: sockets are non-blocking, and the caller decides when to read.
//!
//! The two socket calls are raw libc: rustix knows neither the option nor the control message, and
//! nix collects control messages in a `Vec`, which would cost each read an allocation or another
//! cold cache line.

use crate::clock;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;

/// The result of one read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimestampedRead {
    /// Bytes read; 0: the peer has closed its side.
    pub len: usize,
    /// The kernel's receive time, converted to the clock of [`clock::now`], if it gave one; never
    /// later than `user`.
    pub kernel: Option<u64>,
    /// [`clock::now`] after the call.
    pub user: u64,
    /// Wall clock minus monotonic clock at the time of the read, in nanoseconds. A jump of it is a
    /// step of the wall clock, across which kernel timestamps cannot be trusted.
    pub offset: u64,
}

/// Asks the kernel to timestamp what arrives on `socket`.
///
/// # Errors
/// The socket or the platform does not support `SO_TIMESTAMPING`.
pub fn enable_timestamps(socket: BorrowedFd<'_>) -> io::Result<()> {
    let flags = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    // SAFETY: the descriptor is borrowed and so open; the option's value is a c_int that lives
    // across the call, and its length is given.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPING,
            (&raw const flags).cast(),
            size_of_val(&flags) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A buffer for one control message: a header and three timespecs.
#[repr(C, align(8))]
struct Control([u8; 128]);

/// Reads once into `buffer`, with both timestamps.
///
/// # Errors
/// Those of `recvmsg`: `WouldBlock` if nothing has arrived.
pub fn recv(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<TimestampedRead> {
    let mut control = Control([0; 128]);
    let mut target = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: msghdr is plain data for which zero is a valid value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut target;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = control.0.len();
    // SAFETY: the message points at one target and one control buffer, both alive and exclusively
    // borrowed across the call, with their lengths beside them.
    let len = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) };
    if len < 0 {
        return Err(io::Error::last_os_error());
    }
    let user = clock::now();
    let offset = clock::wall_offset(user);
    let kernel = receive_time(&message).map(|wall| wall.saturating_sub(offset).min(user));
    Ok(TimestampedRead { len: len.unsigned_abs(), kernel, user, offset })
}

/// The software receive time in nanoseconds since the Unix epoch, if the message carries one.
fn receive_time(message: &libc::msghdr) -> Option<u64> {
    // SAFETY: the kernel filled the control buffer that `message` points at; CMSG_FIRSTHDR checks
    // that a whole header is in it.
    let header = unsafe { libc::CMSG_FIRSTHDR(message).as_ref() }?;
    if header.cmsg_level != libc::SOL_SOCKET || header.cmsg_type != libc::SCM_TIMESTAMPING {
        return None;
    }
    // SAFETY: an SCM_TIMESTAMPING message carries three timespecs, of which the first is the
    // software time; the read is unaligned because the macro promises no alignment.
    let time = unsafe { libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned() };
    let nanos =
        u64::try_from(time.tv_sec).ok()? * 1_000_000_000 + u64::try_from(time.tv_nsec).ok()?;
    (nanos != 0).then_some(nanos)
}

/// Whether this machine's kernel timestamps what arrives on loopback; tested once, before anything
/// is measured.
///
/// The kernel starts to timestamp only after some socket in the system has asked for it, and then
/// with a delay, so the sockets of the test stay open for the life of the process, and the test is
/// repeated until a timestamp is seen or a second has passed.
pub fn timestamps_available() -> bool {
    static PROBE: OnceLock<Option<(TcpStream, TcpStream)>> = OnceLock::new();
    PROBE.get_or_init(|| probe().ok().flatten()).is_some()
}

fn probe() -> io::Result<Option<(TcpStream, TcpStream)>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut writer = TcpStream::connect(listener.local_addr()?)?;
    let (reader, _) = listener.accept()?;
    enable_timestamps(reader.as_fd())?;
    let give_up = clock::now() + 1_000_000_000;
    while clock::now() < give_up {
        io::Write::write_all(&mut writer, b"?")?;
        if recv(reader.as_fd(), &mut [0; 8])?.kernel.is_some() {
            return Ok(Some((reader, writer)));
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
