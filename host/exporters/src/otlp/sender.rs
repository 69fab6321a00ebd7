//! Sends requests of OTLP: tries again where that helps, until there is no time left; or writes them
//! into files.

use super::environment::Link;
use super::payload::{Payload, Rejected};
use super::signal::Signal;
use super::transport::{Transport, Trouble};
use crate::deadline::Deadline;
use crate::http::{Network, Pace};
use loadwright_core::ports::{ExporterServices, Fault};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// The most tries of one request.
const MOST_TRIES: u32 = 5;

/// Where requests go.
pub(super) enum Sender {
    Receiver(Receiver),
    Files(Box<dyn ExporterServices>),
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
}

impl Receiver {
    pub(super) fn new(
        links: Vec<(Signal, Link)>,
        network: &Network,
        deadline: Deadline,
    ) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(4).build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let inside = runtime.enter();
        let open = |(signal, link)| Transport::open(link, network).map(|opened| (signal, opened));
        let transports = links.into_iter().map(open).collect::<Result<_, _>>()?;
        drop(inside);
        Ok(Self { runtime: Some(runtime), transports, deadline, pace: network.pace })
    }

    /// Sends `payload`, at most `tries` times.
    fn send(&self, payload: &Payload, tries: u32) -> Result<Rejected, Fault> {
        let own = self.transports.iter().find(|(signal, _)| *signal == payload.signal());
        let (Some((_, transport)), Some(runtime)) = (own, &self.runtime) else {
            return Ok(Rejected::default());
        };
        let sent = async {
            let mut tried = 0;
            loop {
                tried += 1;
                match transport.send(payload).await {
                    Ok(rejected) => return Ok(rejected),
                    Err(Trouble::Again { after, .. })
                        if tried < tries && self.pause(tried, after).is_some() =>
                    {
                        tokio::time::sleep(self.pause(tried, after).unwrap_or_default()).await;
                    }
                    Err(Trouble::Again { why, .. }) => return Err(Fault::Transient(why)),
                    Err(Trouble::Final(why)) => return Err(Fault::Fatal(why)),
                }
            }
        };
        let told = runtime.block_on(async {
            tokio::select! {
                biased;
                over = self.deadline.over() => Err(Fault::Transient(over.to_string())),
                sent = sent => sent,
            }
        });
        told.map_err(|fault| at(&transport.place(), payload.signal(), fault))
    }

    /// Before the next try; none: the receiver asks for too long a time.
    fn pause(&self, tried: u32, asked: Option<Duration>) -> Option<Duration> {
        let doubled = self.pace.first.saturating_mul(1 << (tried - 1).min(16));
        let asked = asked.unwrap_or_default();
        (asked <= self.pace.longest_asked).then_some(doubled.min(self.pace.longest).max(asked))
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
    pub(super) fn check(&mut self, fresh: bool) -> Result<(), Fault> {
        match self {
            Self::Receiver(receiver) => {
                for (signal, _) in &receiver.transports {
                    receiver.send(&Payload::empty(*signal), 2)?;
                }
                Ok(())
            }
            Self::Files(files) if fresh => {
                Signal::ALL.iter().try_for_each(|signal| files.put(&file(*signal), b""))
            }
            Self::Files(_) | Self::Nowhere => Ok(()),
        }
    }

    /// Sends `payload`.
    pub(super) fn send(&mut self, payload: &Payload) -> Result<Rejected, Fault> {
        match self {
            Self::Receiver(receiver) => receiver.send(payload, receiver.pace.tries.min(MOST_TRIES)),
            Self::Files(files) => {
                let mut line = payload.json().map_err(Fault::Fatal)?;
                line.push(b'\n');
                files.append(&file(payload.signal()), &line)?;
                Ok(Rejected::default())
            }
            Self::Nowhere => Ok(Rejected::default()),
        }
    }
}

fn file(signal: Signal) -> String {
    format!("{}.jsonl", signal.name())
}
