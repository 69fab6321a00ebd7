//! What a request gets: its route, its faults, its reply. Knows no socket.

use crate::answer::{Reply, error_body};
use crate::ask::{Ask, Endpoint};
use crate::batch::{Batch, Capacity, Sequence};
use crate::config::{Config, Model};
use crate::fault::{self, Body};
use crate::gate::Gate;
use crate::head::Request;
use crate::pace::{Pace, Start};
use crate::schedule::Schedule;
use crate::stream::Sending;
use crate::timer::Timer;
use crate::treatment::{Close, Instead, Treatment};
use crate::truth::{Account, Log, Served};
use crate::wire::{ReplyHead, Wire};
use crate::words::{Vocabulary, mix};
use loadwright_stamps::clock;
use serde_json::json;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

/// All that a server's connections share.
pub(crate) struct Service {
    pub(crate) config: Config,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) timer: Timer,
    pub(crate) schedule: Option<Arc<Schedule>>,
    pub(crate) log: Arc<Log>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) gate: Arc<Gate>,
}

/// What becomes of a connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// It waits for the next request.
    Keep,
    /// The same, but not for longer than this.
    KeepFor(Duration),
    /// It is closed behind a whole reply.
    Close,
    /// It is closed inside a reply.
    Cut,
    /// It is reset inside a reply.
    Reset,
}

impl After {
    /// Whether the reply is whole.
    pub(crate) fn is_whole(self) -> bool {
        !matches!(self, Self::Cut | Self::Reset)
    }
}

impl Service {
    pub(crate) fn new(
        config: Config,
        log: Arc<Log>,
        gate: Arc<Gate>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let capacity = capacity(&config.model);
        let schedule =
            capacity.map(|capacity| Arc::new(Schedule::new(Batch::new(capacity, config.seed))));
        let vocabulary = Vocabulary::new(&config.replies.vocabulary);
        Self { config, vocabulary, timer: Timer::default(), schedule, log, tls, gate }
    }

    pub(crate) fn tokens_per_frame(&self) -> u32 {
        self.config.replies.tokens_per_frame.max(1)
    }

    /// Answers one request.
    ///
    /// # Errors
    /// The client has left.
    pub(crate) async fn answer(&self, request: Request, wire: &mut Wire<'_>) -> io::Result<After> {
        let endpoint = match request.head.path.as_str() {
            "/v1/chat/completions" => Endpoint::Chat,
            "/v1/completions" => Endpoint::Completions,
            _ => return self.other(&request, wire).await,
        };
        if request.head.method != "POST" {
            return refuse_method(&request, "POST", wire).await;
        }
        self.complete(endpoint, request, wire).await
    }

    /// Everything but completions.
    async fn other(&self, request: &Request, wire: &mut Wire<'_>) -> io::Result<After> {
        let path = request.head.path.as_str();
        let model =
            || json!({"id": self.config.model_name, "object": "model", "owned_by": "loadwright"});
        let body = match path {
            "/v1/models" => json!({"object": "list", "data": [model()]}),
            "/health" | "/" => json!({"status": "ok"}),
            _ => {
                let body = error_body(404, &format!("there is nothing at {path}"));
                return reply(wire, request.head.keep_alive, (404, vec![]), &body).await;
            }
        };
        if request.head.method != "GET" {
            return refuse_method(request, "GET", wire).await;
        }
        let body = body.to_string().into_bytes();
        reply(wire, request.head.keep_alive, (200, vec![]), &body).await
    }

    async fn complete(
        &self,
        endpoint: Endpoint,
        mut request: Request,
        wire: &mut Wire<'_>,
    ) -> io::Result<After> {
        let mut account = self.log.open(Served {
            request_id: std::mem::take(&mut request.head.request_id),
            connection: request.connection,
            received: request.received,
            received_user: request.received_user,
            ..Served::default()
        });
        let mut faults = self.config.script.faults(account.served.index, self.config.seed);
        let asked = request.head.fault.as_deref().map(fault::from_header).transpose();
        let ask = asked.and_then(|asked| {
            faults.extend(asked.unwrap_or_default());
            Ask::read(endpoint, &request.body)
        });
        let treatment = Treatment::new(&faults);
        account.served.faults = faults;
        let keep_alive = request.head.keep_alive;
        if self.config.keep_bodies {
            account.served.body = Some(request.body);
        } else {
            drop(request.body);
        }
        let after = match (&treatment.instead, ask) {
            (Some(instead), _) => {
                self.instead(instead, &treatment, keep_alive, (&mut account, wire)).await?
            }
            (None, Err(message)) => {
                account.served.status = 400;
                reply(wire, keep_alive, (400, vec![]), &error_body(400, &message)).await?
            }
            (None, Ok(ask)) => {
                self.send(&ask, &treatment, keep_alive, (&mut account, wire)).await?
            }
        };
        account.served.complete = true;
        Ok(match (after, treatment.close, treatment.idle_close) {
            (After::Keep, Some(_), _) => After::Close,
            (After::Keep, None, Some(span)) => After::KeepFor(span),
            (after, _, _) => after,
        })
    }

    /// What comes in place of a reply.
    async fn instead(
        &self,
        instead: &Instead,
        treatment: &Treatment,
        keep_alive: bool,
        (account, wire): (&mut Account, &mut Wire<'_>),
    ) -> io::Result<After> {
        match instead {
            Instead::Nothing { reset, refuse } => {
                if let Some(span) = refuse {
                    let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
                    self.gate.close_for(span).await;
                }
                Ok(if *reset { After::Reset } else { After::Cut })
            }
            Instead::Garbage => {
                wire.raw(b"\x16\x03\x01\x00\xff this is not HTTP\r\n\r\n");
                wire.flush().await?;
                Ok(After::Close)
            }
            Instead::Status { code, retry_after, body } => {
                account.served.status = *code;
                let headers = retry_after.map(|seconds| ("retry-after", seconds.to_string()));
                let body = body.as_ref().map_or_else(
                    || error_body(*code, "simulated failure"),
                    |body| body.clone().into_bytes(),
                );
                let close = !keep_alive || treatment.close == Some(Close::Announced);
                reply(wire, !close, (*code, headers.into_iter().collect()), &body).await
            }
        }
    }

    /// Sends the reply itself.
    async fn send(
        &self,
        ask: &Ask,
        treatment: &Treatment,
        keep_alive: bool,
        (account, wire): (&mut Account, &mut Wire<'_>),
    ) -> io::Result<After> {
        let index = account.served.index;
        let created = clock::wall() / 1_000_000_000;
        let reply = Reply::new(&self.config, &self.vocabulary, (index, created), ask, treatment);
        account.served.prompt_tokens = reply.prompt_tokens;
        account.served.status = 200;
        let default = if ask.stream { Body::Chunked } else { Body::Length };
        let body = treatment.body.unwrap_or(default);
        let close =
            !keep_alive || treatment.close == Some(Close::Announced) || body == Body::UntilClose;
        if let Some(code) = treatment.informational {
            wire.raw(format!("HTTP/1.1 {code} {}\r\n\r\n", crate::wire::reason(code)).as_bytes());
            wire.flush().await?;
        }
        let request_id = Some(account.served.request_id.clone()).filter(|id| !id.is_empty());
        let mut headers: Vec<_> = request_id.into_iter().map(|id| ("x-request-id", id)).collect();
        if treatment.gzip_claim {
            headers.push(("content-encoding", "gzip".into()));
        }
        let content_type =
            if ask.stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        wire.head(ReplyHead { status: 200, content_type, headers, body, close });
        if let Some(span) = treatment.slow_head {
            wire.flush_over(span).await?;
        }
        wire.split(treatment.split);
        let pace = self.pace(account, &reply);
        let include_usage = ask.include_usage;
        let mut sending =
            Sending { service: self, reply: &reply, treatment, pace, account, wire, include_usage };
        let after = if ask.stream { sending.stream().await? } else { sending.whole().await? };
        Ok(if after == After::Keep && close { After::Close } else { after })
    }

    fn pace(&self, account: &Account, reply: &Reply) -> Pace {
        let start = Start {
            received: account.served.received,
            seed: mix(self.config.seed, account.served.index),
            tokens_per_frame: self.tokens_per_frame(),
            sequence: Sequence {
                id: 0,
                prompt: reply.prompt_tokens.saturating_sub(reply.cached_tokens),
                output: reply.longest(),
                width: reply.choices(),
            },
        };
        Pace::new(&self.config.model, self.schedule.as_ref(), start)
    }
}

async fn refuse_method(
    request: &Request,
    allowed: &'static str,
    wire: &mut Wire<'_>,
) -> io::Result<After> {
    let body = error_body(405, &format!("use {allowed}"));
    let headers = vec![("allow", allowed.to_owned())];
    reply(wire, request.head.keep_alive, (405, headers), &body).await
}

/// Sends a JSON body of known length.
pub(crate) async fn reply(
    wire: &mut Wire<'_>,
    keep_alive: bool,
    (status, headers): (u16, Vec<(&'static str, String)>),
    body: &[u8],
) -> io::Result<After> {
    let close = !keep_alive;
    let content_type = "application/json";
    wire.head(ReplyHead { status, content_type, headers, body: Body::Length, close });
    wire.push(body);
    wire.end();
    wire.flush().await?;
    Ok(if close { After::Close } else { After::Keep })
}

fn capacity(model: &Model) -> Option<Capacity> {
    let Model::Batching {
        slots,
        prefill_tokens_per_s,
        prefill_chunk,
        decode_step_base,
        decode_step_per_sequence,
        noise,
    } = *model
    else {
        return None;
    };
    Some(Capacity {
        slots,
        prefill_token: 1e9 / prefill_tokens_per_s.max(1e-3),
        prefill_chunk,
        step_base: decode_step_base.as_nanos() as f64,
        step_sequence: decode_step_per_sequence.as_nanos() as f64,
        noise,
    })
}
