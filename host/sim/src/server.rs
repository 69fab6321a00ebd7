//! A running server: its thread, its accept loop, and the handle to control and query it.

use crate::config::Config;
use crate::connection::negotiate;
use crate::lateness::Lateness;
use crate::listener::{BoundAddress, BoundListener, Listener};
use crate::listener_control::{ListenerControl, ListenerState};
use crate::service::Service;
use crate::tls::{SelfSigned, self_signed};
use crate::truth::{Counts, Served, ServerTruth};
use loadwright_timing::clock;
use loadwright_timing::thread::spawn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Nanoseconds between a failed accept or bind and the next.
const RETRY_DELAY: u64 = 1_000_000;

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    certificate: Option<String>,
    truth: Arc<ServerTruth>,
    listener: Arc<ListenerControl>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds the socket and starts serving on a new thread.
    ///
    /// # Errors
    /// `InvalidInput`: the address is not loopback and `expose` is not set, or the path of the Unix
    /// socket is too long. `AddrInUse`: a server already listens there. `AlreadyExists`: the path
    /// exists and is not a socket. Others: from the system.
    pub fn start(config: Config) -> io::Result<Self> {
        if !config.expose && !config.listen.ip().is_loopback() {
            let text =
                format!("{} is not a loopback address; set `expose` to use it", config.listen);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Self::serve(BoundListener::new(&config)?, config)
    }

    /// Starts serving on a new thread, at an address that was bound before.
    ///
    /// # Errors
    /// From the system.
    pub fn start_on(address: BoundAddress, config: Config) -> io::Result<Self> {
        let config = Config { listen: address.address(), ..config };
        Self::serve(address.bound, config)
    }

    fn serve(bound: BoundListener, config: Config) -> io::Result<Self> {
        let address = bound.address(config.listen);
        let truth = Arc::new(ServerTruth::new(config.truth));
        let listener = Arc::new(ListenerControl::new());
        let stop = watch::Sender::new(false);
        let (tls, certificate) = match config.tls.then(|| self_signed(config.http2)).transpose()? {
            Some(SelfSigned { acceptor, certificate }) => (Some(acceptor), Some(certificate)),
            None => (None, None),
        };
        let service = Arc::new(Service::new(config, truth.clone(), listener.clone())?);
        let acceptor = Acceptor { service, tls, address };
        let stopped = stop.subscribe();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = spawn("simulated server", move || {
            runtime.block_on(acceptor.run(bound, stopped));
        })?;
        Ok(Self { address, certificate, truth, listener, stop, thread: Some(thread) })
    }

    /// The base URL for clients, without a path. On a Unix socket its host is a placeholder.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Its certificate in PEM form; none: it does not use TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// Where it listens; on a Unix socket, the configured address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The records of the requests so far, in the order in which they ended.
    pub fn truth(&self) -> Vec<Served> {
        self.truth.records()
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.truth.counts()
    }

    /// How late frames were sent so far, compared with the model. Frames that a fault delays are not
    /// counted; those that wait for a slow client are.
    pub fn lateness(&self) -> Lateness {
        self.truth.frame_lateness.summary()
    }

    /// How long the ends of replies so far waited for the count of their prompts.
    pub fn count_delay(&self) -> Lateness {
        self.truth.count_delay.summary()
    }

    /// Blocks until `condition` holds for the counts; none: `limit` has passed.
    pub fn wait(&self, limit: Duration, condition: impl Fn(&Counts) -> bool) -> Option<Counts> {
        self.truth.wait(limit, condition)
    }

    /// Blocks until `n` completion requests have been received.
    pub fn wait_for_requests(&self, n: u64, limit: Duration) -> Option<Counts> {
        self.wait(limit, |counts| counts.received >= n)
    }

    /// Blocks until `n` completion requests have ended.
    pub fn wait_for_ended(&self, n: u64, limit: Duration) -> Option<Counts> {
        self.wait(limit, |counts| counts.ended >= n)
    }

    /// Closes the listener and returns once it is closed: new connections are refused, existing ones
    /// continue.
    pub fn pause_accepting(&self) {
        self.listener.close_until(u64::MAX);
        self.listener.wait_for(ListenerState::Closed);
    }

    /// Reopens the listener at the same address and returns once it is open.
    pub fn resume_accepting(&self) {
        self.listener.close_until(0);
        self.listener.wait_for(ListenerState::Open);
    }

    /// Stops at once: the listener and every connection are closed.
    pub fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the server thread has already been printed.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Accepts connections and serves them.
struct Acceptor {
    service: Arc<Service>,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
}

impl Acceptor {
    /// Serves until told to stop; the end of the runtime then closes every connection.
    async fn run(self, bound: BoundListener, mut stopped: watch::Receiver<bool>) {
        let service = &self.service;
        let model = async {
            match &service.scheduler {
                Some(scheduler) => scheduler.run(&service.timer).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => {}
            () = self.accept(bound) => {}
            _ = service.timer.run() => {}
            () = model => {}
        }
        service.listener.set_state(ListenerState::Stopped);
    }

    /// Accepts connections, except while the listener is closed on request.
    async fn accept(&self, bound: BoundListener) {
        let control = &self.service.listener;
        let mut closed_until = control.closed_until();
        let mut bound = Some(bound);
        loop {
            let opened = match bound.take() {
                Some(bound) => Ok(bound),
                None => self.bind_again(),
            };
            let Ok(listener) = opened.and_then(BoundListener::listen) else {
                self.retry_delay().await;
                continue;
            };
            control.set_state(ListenerState::Open);
            tokio::select! {
                () = self.accept_from(&listener) => {}
                changed = closed_until.wait_for(|&until| until > clock::now()) => {
                    if changed.is_err() { return }
                }
            }
            drop(listener);
            control.set_state(ListenerState::Closed);
            self.wait_to_reopen(&mut closed_until).await;
        }
    }

    /// Accepts connections; never returns.
    async fn accept_from(&self, listener: &Listener) {
        loop {
            match listener.accept().await {
                Ok(accepted) => {
                    let (tls, service) = (self.tls.clone(), self.service.clone());
                    tokio::spawn(negotiate::serve(accepted, tls, service));
                }
                // Out of descriptors, or the client has already disconnected: the next may succeed.
                Err(_) => self.retry_delay().await,
            }
        }
    }

    async fn retry_delay(&self) {
        self.service.timer.until(clock::now() + RETRY_DELAY).await;
    }

    fn bind_again(&self) -> io::Result<BoundListener> {
        BoundListener::new(&Config { listen: self.address, ..self.service.config.clone() })
    }

    /// Returns when the listener may be reopened.
    async fn wait_to_reopen(&self, closed_until: &mut watch::Receiver<u64>) {
        loop {
            let until = *closed_until.borrow_and_update();
            if until <= clock::now() {
                return;
            }
            tokio::select! {
                changed = closed_until.changed() => if changed.is_err() { return },
                () = self.service.timer.until(until) => {}
            }
        }
    }
}
