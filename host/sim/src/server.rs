//! A running server: its thread, its listener, and the handle that asks it what happened.

use crate::bound::{Bound, BoundAddress};
use crate::config::Config;
use crate::gate::{Gate, Listening};
use crate::lateness::Lateness;
use crate::service::Service;
use crate::tls;
use crate::truth::{Counts, Log, Served};
use crate::welcome::welcome;
use loadwright_timing::clock;
use loadwright_timing::thread::spawn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// Nanoseconds between a failed accept or bind and the next.
const AFTER_FAILURE: u64 = 1_000_000;

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    certificate: Option<String>,
    log: Arc<Log>,
    gate: Arc<Gate>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds, and starts to serve on a thread of its own.
    ///
    /// # Errors
    /// `InvalidInput`: the address is not loopback and `expose` is not set, or the path of the Unix
    /// socket is too long for one. `AddrInUse`: somebody listens there. `AlreadyExists`: the path is
    /// that of something other than a socket. Others: the system refuses.
    pub fn start(config: Config) -> io::Result<Self> {
        if !config.expose && !config.listen.ip().is_loopback() {
            let text = format!("{} is not loopback; say so if others may connect", config.listen);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Self::serve(Bound::new(&config)?, config)
    }

    /// Starts to serve on a thread of its own, at an address that was bound before.
    ///
    /// # Errors
    /// The system refuses.
    pub fn start_on(address: BoundAddress, config: Config) -> io::Result<Self> {
        let config = Config { listen: address.address(), ..config };
        Self::serve(address.bound, config)
    }

    fn serve(listener: Bound, config: Config) -> io::Result<Self> {
        let address = listener.address(config.listen);
        let log = Arc::new(Log::new(config.truth));
        let gate = Arc::new(Gate::new());
        let stop = watch::Sender::new(false);
        let (tls, certificate) = match config.tls.then(|| tls::own(config.http2)).transpose()? {
            Some(tls::Own { acceptor, certificate }) => (Some(acceptor), Some(certificate)),
            None => (None, None),
        };
        let service = Service::new(config, log.clone(), gate.clone(), tls)?;
        let stopped = stop.subscribe();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = spawn("simulated server", move || {
            runtime.block_on(run(Arc::new(service), (listener, address), stopped));
        })?;
        let thread = Some(thread);
        Ok(Self { address, certificate, log, gate, stop, thread })
    }

    /// The URL that clients are given, without a path. On a Unix socket its host is a mere name.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The PEM of its certificate; none: it does not speak TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// Where it listens; on a Unix socket the address that was configured.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was served so far, in the order in which requests ended.
    pub fn truth(&self) -> Vec<Served> {
        self.log.served()
    }

    /// Counts so far.
    pub fn counts(&self) -> Counts {
        self.log.counts()
    }

    /// How late frames were sent so far, behind the time that the model planned; frames that a fault
    /// holds up are left out. A client that does not read holds its own frames up.
    pub fn lateness(&self) -> Lateness {
        self.log.frames.so_far()
    }

    /// How long ends of replies have waited for the count of their prompts' tokens.
    pub fn count_delay(&self) -> Lateness {
        self.log.counts.so_far()
    }

    /// Waits until `wish` holds of the counts; gives them, or none where `limit` passes first.
    pub fn wait(&self, limit: Duration, wish: impl Fn(&Counts) -> bool) -> Option<Counts> {
        self.log.wait(limit, wish)
    }

    /// Waits until `n` completion requests have been received.
    pub fn wait_for_requests(&self, n: u64, limit: Duration) -> Option<Counts> {
        self.wait(limit, |counts| counts.received >= n)
    }

    /// Waits until `n` completion requests have ended.
    pub fn wait_for_ended(&self, n: u64, limit: Duration) -> Option<Counts> {
        self.wait(limit, |counts| counts.ended >= n)
    }

    /// Closes the listener and returns once it is closed: new connections are refused, those there
    /// are go on.
    pub fn pause_accepting(&self) {
        self.gate.close_until(u64::MAX);
        self.gate.wait(Listening::Closed);
    }

    /// Listens again at the same address, and returns once it does.
    pub fn resume_accepting(&self) {
        self.gate.close_until(0);
        self.gate.wait(Listening::Open);
    }

    /// Stops at once: the listener and every connection are closed, wherever they are.
    pub fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves until told to stop; the runtime's end then closes every connection.
async fn run(
    service: Arc<Service>,
    (listener, address): (Bound, SocketAddr),
    mut stopped: watch::Receiver<bool>,
) {
    let model = async {
        match &service.schedule {
            Some(schedule) => schedule.run(&service.timer).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = stopped.wait_for(|&stopped| stopped) => {}
        () = accept(&service, (listener, address)) => {}
        _ = service.timer.run() => {}
        () = model => {}
    }
    service.gate.note(Listening::Gone);
}

/// Accepts connections, except while the listener is to be closed.
async fn accept(service: &Arc<Service>, (bound, address): (Bound, SocketAddr)) {
    let mut closed = service.gate.watch();
    let mut bound = Some(bound);
    loop {
        let opened = match bound.take() {
            Some(bound) => Ok(bound),
            None => reopen(service, address),
        };
        let Ok(listener) = opened.and_then(Bound::listen) else {
            service.timer.until(clock::now() + AFTER_FAILURE).await;
            continue;
        };
        service.gate.note(Listening::Open);
        loop {
            tokio::select! {
                changed = closed.wait_for(|&until| until > clock::now()) => {
                    if changed.is_err() { return }
                    break;
                }
                socket = listener.accept() => match socket {
                    Ok(socket) => { tokio::spawn(welcome(socket, service.clone())); }
                    // Out of descriptors, or the client left already: others may fare better.
                    Err(_) => service.timer.until(clock::now() + AFTER_FAILURE).await,
                }
            }
        }
        drop(listener);
        service.gate.note(Listening::Closed);
        reopening(service, &mut closed).await;
    }
}

fn reopen(service: &Service, address: SocketAddr) -> io::Result<Bound> {
    let config = Config { listen: address, ..service.config.clone() };
    Bound::new(&config)
}

/// Returns when the listener may be opened again.
async fn reopening(service: &Service, closed: &mut watch::Receiver<u64>) {
    loop {
        let until = *closed.borrow_and_update();
        if until <= clock::now() {
            return;
        }
        tokio::select! {
            changed = closed.changed() => if changed.is_err() { return },
            () = service.timer.until(until) => {}
        }
    }
}
