//! HTTP for one exporter: each request is checked, filled in, sent within the time that is left, and
//! sent again where that helps. Redirects are followed here, each checked as a request of its own.

mod body;
mod client;
mod failure;
mod gate;
mod keep;
mod policy;
mod prepare;
mod proxies;
mod redirect;
mod reply;
mod retry;

pub use client::Network;
pub(crate) use failure::{cause, innermost, why};
pub use gate::{Lookup, SystemLookup};
pub(crate) use prepare::OpenFile;
pub use proxies::Proxies;
pub(crate) use proxies::Via;
pub use retry::Pace;
pub(crate) use retry::asked;

use crate::clock;
use crate::deadline::{Deadline, Over};
use crate::grants::Grants;
use crate::secrets::{To, Vault, pieces};
use crate::usage::Usage;
use body::Upload;
use failure::Failure;
use gate::Gate;
use http::header::CONTENT_ENCODING;
use http::{HeaderName, HeaderValue, Method};
use loadwright_core::export::http::{Request, Response};
use loadwright_core::ports::Fault;
use policy::{Permit, Policy};
use prepare::{Prepared, Target};
use reply::Reply;
use reqwest::Client;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// In which connections that servers closed meanwhile are noticed: nobody looks at them between calls.
const NOTICE: Duration = Duration::from_millis(1);

/// The client of one exporter.
pub(crate) struct Http {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    link: Link,
}

struct Link {
    client: Client,
    gate: Gate,
    policy: Policy,
    pace: Pace,
    deadline: Deadline,
    usage: Usage,
}

/// A request, or one of its redirects.
struct Hop {
    method: Method,
    target: Target,
    /// Whether the body goes along.
    body: bool,
    /// Whether secrets do.
    secrets: bool,
}

impl Http {
    pub(crate) fn new(
        name: &str,
        grants: Grants,
        network: &Network,
        deadline: Deadline,
        usage: Usage,
    ) -> Result<Self, String> {
        let proxies = network.proxies.hosts();
        let gate = Gate::new(Arc::clone(&network.lookup), proxies.clone());
        let policy = Policy { name: name.to_owned(), grants, proxies };
        let client = client::new(network, gate.clone())?;
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().max_blocking_threads(4).build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let link = Link { client, gate, policy, pace: network.pace, deadline, usage };
        Ok(Self { runtime: Some(runtime), link })
    }

    /// Sends one request.
    pub(crate) fn send(
        &self,
        request: &Request,
        vault: &mut Vault,
        open: OpenFile<'_>,
    ) -> Result<Response, Fault> {
        let Some(runtime) = &self.runtime else {
            return Err(Fault::Fatal("client has ended".into()));
        };
        runtime.block_on(self.link.send(request, vault, open))
    }
}

impl Drop for Http {
    /// A name that is still looked up is not waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Link {
    async fn send(
        &self,
        request: &Request,
        vault: &mut Vault,
        open: OpenFile<'_>,
    ) -> Result<Response, Fault> {
        self.usage.add_request();
        let prepared = Prepared::of(request)?;
        tokio::time::sleep(NOTICE).await;
        let (mut tried, mut met) = (0, None);
        loop {
            tried += 1;
            let outcome = tokio::select! {
                biased;
                over = self.deadline.over() => return Err(no_time(over, met)),
                outcome = self.try_once(&prepared, vault, open) => outcome,
            };
            let now = clock::time_of_day();
            let pause = retry::pause(request.retry, self.pace, tried, &outcome, now);
            let Some(pause) = pause.filter(|pause| self.has_time(*pause)) else {
                return keep::response(
                    outcome.map_err(|failure| failure.fault)?,
                    &request.keep,
                    vault,
                );
            };
            met = Some(match outcome {
                Ok(reply) => format!("HTTP {}", reply.status),
                Err(failure) => failure.fault.to_string(),
            });
            tokio::select! {
                over = self.deadline.over() => return Err(no_time(over, met)),
                () = tokio::time::sleep(pause) => self.usage.add_retry(),
            }
        }
    }

    fn has_time(&self, pause: Duration) -> bool {
        self.deadline.left().is_ok_and(|left| left.is_none_or(|left| left > pause))
    }

    async fn try_once(
        &self,
        prepared: &Prepared<'_>,
        vault: &mut Vault,
        open: OpenFile<'_>,
    ) -> Result<Reply, Failure> {
        let refused = |fault| {
            self.usage.add_refused();
            Failure::from(fault)
        };
        let target = prepared.target(vault, &self.policy).map_err(refused)?;
        let host = target.url.host_str().unwrap_or_default().to_owned();
        let sent =
            tokio::time::timeout(prepared.timeout, self.follow(target, prepared, vault, open));
        sent.await.unwrap_or_else(|_| {
            let seconds = prepared.timeout.as_secs_f64();
            Err(Failure::lost(format!("no response from {host} within {seconds} s")))
        })
    }

    async fn follow(
        &self,
        target: Target,
        prepared: &Prepared<'_>,
        vault: &mut Vault,
        open: OpenFile<'_>,
    ) -> Result<Reply, Failure> {
        let method = prepared.method.clone();
        let mut hop = Hop { method, target, body: true, secrets: true };
        for _ in 0..=redirect::MOST {
            let response = self.hop(&hop, prepared, vault, open).await?;
            let (url, headers) = (&hop.target.url, response.headers());
            let next = redirect::next(&hop.method, url, response.status(), headers);
            let Some(next) = next.map_err(Failure::refused)? else {
                let reach = self.gate.seen(url.host_str().unwrap_or_default());
                return Reply::read(response, prepared.most_bytes, reach, &self.usage).await;
            };
            hop = Hop {
                method: next.method,
                body: hop.body && next.body,
                secrets: hop.secrets && !next.elsewhere,
                target: Target { url: next.url, kept: hop.target.kept.filter(|_| !next.elsewhere) },
            };
        }
        Err(Failure::refused(format!("more than {} redirects", redirect::MOST)))
    }

    async fn hop(
        &self,
        hop: &Hop,
        prepared: &Prepared<'_>,
        vault: &mut Vault,
        open: OpenFile<'_>,
    ) -> Result<reqwest::Response, Failure> {
        let url = &hop.target.url;
        let host = url.host_str().unwrap_or_default();
        let permit = self.permit(hop, host).inspect_err(|_| self.usage.add_refused())?;
        let to = To { url, granted: permit.granted && hop.secrets };
        let stays = |name: &HeaderName, value: &str| {
            (!hop.body && redirect::is_of_body(name.as_str()))
                || (!hop.secrets && (redirect::is_for_origin(name.as_str()) || is_filled(value)))
        };
        let mut headers = prepared.headers_at(vault, to, stays)?;
        let parts = match hop.body {
            true => prepared.parts(vault, to, open)?,
            false => Vec::new(),
        };
        let mut request = self.client.request(hop.method.clone(), url.clone());
        if !parts.is_empty() {
            let gzip = prepared.request.gzip;
            if gzip {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            let upload = Upload::new(parts, gzip, self.usage.clone())
                .map_err(|error| Failure::refused(format!("body: {error}")))?;
            request = request.body(reqwest::Body::wrap(upload));
        }
        let sent = request.headers(headers).send().await;
        sent.map_err(|error| Failure::of(&error, host))
    }

    fn permit(&self, hop: &Hop, host: &str) -> Result<Permit, Failure> {
        let permit = self.policy.check(&hop.target.url, hop.target.kept)?;
        self.gate.permit(host, permit.most).map_err(|denied| Failure::refused(denied.0))?;
        Ok(permit)
    }
}

fn is_filled(template: &str) -> bool {
    pieces(template).is_ok_and(|pieces| {
        pieces.iter().any(|piece| !matches!(piece, crate::secrets::Piece::Text(_)))
    })
}

/// The request is ended; with what the try before met.
fn no_time(over: Over, met: Option<String>) -> Fault {
    match over {
        Over::Passed => Fault::Transient(over.told(met)),
        Over::Cancelled => Fault::Fatal(over.told(met)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
