//! Sends requests of OTLP: tries again where that helps, until there is no time left; or writes them
//! into files.

use super::environment::Link;
use super::payload::{Payload, Rejected};
use super::signal::Signal;
use super::transport::{Transport, Trouble};
use crate::clock;
use crate::deadline::Deadline;
use crate::http::{Network, Pace};
use crate::usage::Usage;
use loadwright_core::ports::{ExporterServices, Fault};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// The most tries of one request.
const MOST_TRIES: u32 = 5;

/// Bytes of files, by their names.
pub(super) type Sizes = BTreeMap<String, u64>;

/// Where requests go.
pub(super) enum Sender {
    Receiver(Receiver),
    /// `mode=offline`.
    Files,
    /// `OTEL_SDK_DISABLED`.
    Nowhere,
}

/// The connections to the receivers of the signals that are sent.
pub(super) struct Receiver {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    transports: Vec<(Signal, Transport)>,
    deadline: Deadline,
    pace: Pace,
    usage: Usage,
}

/// How often a request is tried.
#[derive(Clone, Copy)]
struct Tries {
    most: u32,
    /// None begins later than this after the first.
    within: Duration,
}

impl Receiver {
    pub(super) fn new(
        links: Vec<(Signal, Link)>,
        network: &Network,
        deadline: Deadline,
        usage: Usage,
    ) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(4).build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let inside = runtime.enter();
        let open =
            |(signal, link)| Transport::open(link, network, &usage).map(|opened| (signal, opened));
        let transports = links.into_iter().map(open).collect::<Result<_, _>>()?;
        drop(inside);
        Ok(Self { runtime: Some(runtime), transports, deadline, pace: network.pace, usage })
    }

    /// Whether the receiver of `signal` takes an empty request. One that is busy now is asked a second
    /// time; one that hangs, once.
    fn check(&self, signal: Signal, transport: &Transport) -> Result<(), Fault> {
        let tries = Tries { most: 2, within: transport.timeout() };
        self.send_by(transport, &Payload::empty(signal), tries).map(drop)
    }

    fn send(&self, payload: &Payload) -> Result<Rejected, Fault> {
        let own = self.transports.iter().find(|(signal, _)| *signal == payload.signal());
        let tries = Tries { most: self.pace.tries.min(MOST_TRIES), within: Duration::MAX };
        own.map_or(Ok(Rejected::default()), |(_, transport)| {
            self.send_by(transport, payload, tries)
        })
    }

    fn send_by(
        &self,
        transport: &Transport,
        payload: &Payload,
        tries: Tries,
    ) -> Result<Rejected, Fault> {
        let Some(runtime) = &self.runtime else { return Ok(Rejected::default()) };
        self.usage.add_request();
        let told = runtime.block_on(self.tried(transport, payload, tries));
        told.map_err(|fault| at(&transport.place(), payload.signal(), fault))
    }

    async fn tried(
        &self,
        transport: &Transport,
        payload: &Payload,
        tries: Tries,
    ) -> Result<Rejected, Fault> {
        let first = clock::instant();
        let (mut tried, mut met) = (0, None);
        loop {
            tried += 1;
            let sent = tokio::select! {
                biased;
                over = self.deadline.over() => return Err(Fault::Transient(over.told(met))),
                sent = transport.send(payload) => sent,
            };
            let (why, after) = match sent {
                Ok(rejected) => return Ok(rejected),
                Err(Trouble::Final(why)) => return Err(Fault::Fatal(why)),
                Err(Trouble::Again { why, after }) => (why, after),
            };
            let is_late = clock::instant().duration_since(first) >= tries.within;
            let pause = self.pace.pause(tried, after).filter(|_| tried < tries.most && !is_late);
            let Some(pause) = pause else { return Err(Fault::Transient(why)) };
            tokio::select! {
                over = self.deadline.over() => return Err(Fault::Transient(over.told(Some(why)))),
                () = tokio::time::sleep(pause) => self.usage.add_retry(),
            }
            met = Some(why);
        }
    }
}

impl Drop for Receiver {
    /// A name that is still looked up is not waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn at(place: &str, signal: Signal, fault: Fault) -> Fault {
    let text = |why: String| format!("{place} ({}): {why}", signal.name());
    match fault {
        Fault::Transient(why) => Fault::Transient(text(why)),
        Fault::Fatal(why) => Fault::Fatal(text(why)),
        other => other,
    }
}

impl Sender {
    /// Checks that each signal is taken, with an empty request; a receiver that is busy now is there.
    /// Files have as many bytes as were `kept`: what was written since then is sent again.
    pub(super) fn check(
        &self,
        files: &mut dyn ExporterServices,
        kept: &Sizes,
    ) -> Result<(), Fault> {
        match self {
            Self::Receiver(receiver) => {
                let mut all = receiver.transports.iter();
                all.try_for_each(|(signal, transport)| receiver.check(*signal, transport))
            }
            Self::Files => Signal::ALL.iter().map(|signal| file(*signal)).try_for_each(|name| {
                match kept.get(&name) {
                    Some(size) => files.cut(&name, *size),
                    None => files.put(&name, b""),
                }
            }),
            Self::Nowhere => Ok(()),
        }
    }

    /// Sends `payload`.
    pub(super) fn send(
        &self,
        payload: &Payload,
        files: &mut dyn ExporterServices,
        sizes: &mut Sizes,
    ) -> Result<Rejected, Fault> {
        match self {
            Self::Receiver(receiver) => receiver.send(payload),
            Self::Files => {
                let mut line = payload.json().map_err(Fault::Fatal)?;
                line.push(b'\n');
                let name = file(payload.signal());
                let size = files.append(&name, &line)?;
                sizes.insert(name, size);
                Ok(Rejected::default())
            }
            Self::Nowhere => Ok(Rejected::default()),
        }
    }
}

fn file(signal: Signal) -> String {
    format!("{}.jsonl", signal.name())
}
