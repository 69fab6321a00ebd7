//! What a request gets: its route, its faults, its reply. Knows no socket.

use crate::answer::Reply;
use crate::ask::{Ask, Endpoint};
use crate::batch::Sequence;
use crate::config::Config;
use crate::counting::{Count, Counting};
use crate::fault::{self, Body};
use crate::gate::Gate;
use crate::head::Request;
use crate::memory::Memory;
use crate::pace::{Pace, Start};
use crate::refusal::{Refusal, error_body, refuse_method, reply};
use crate::schedule::Schedule;
use crate::stream::Sending;
use crate::timer::Timer;
use crate::treatment::{Close, Instead, Treatment};
use crate::truth::{Account, Log, Served};
use crate::wire::{ReplyHead, Wire};
use crate::words::{Vocabulary, mix};
use loadwright_timing::clock;
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
    pub(crate) memory: Memory,
    counting: Counting,
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
    /// What answers requests as `config` says.
    ///
    /// # Errors
    /// The system gives no threads to count prompts.
    pub(crate) fn new(
        config: Config,
        log: Arc<Log>,
        gate: Arc<Gate>,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let schedule = Schedule::of(&config.model, config.seed).map(Arc::new);
        let vocabulary = Vocabulary::new(&config.replies.vocabulary);
        let memory = Memory::new(config.memory);
        let counting = Counting::new(config.count_prompt.clone())?;
        let timer = Timer::default();
        Ok(Self { config, vocabulary, timer, schedule, log, tls, gate, memory, counting })
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
        let served = Served {
            request_id: std::mem::take(&mut request.head.request_id),
            connection: request.connection,
            received: request.received,
            received_user: request.received_user,
            ..Served::default()
        };
        let mut account = self.log.open(served, request.held);
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
            (None, Ok(ask)) => self.send(ask, &treatment, keep_alive, (&mut account, wire)).await?,
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
        ask: Ask,
        treatment: &Treatment,
        keep_alive: bool,
        (account, wire): (&mut Account, &mut Wire<'_>),
    ) -> io::Result<After> {
        let made = match self.decide(&ask, treatment, account) {
            Ok(made) => made,
            Err(Refusal { status, text }) => {
                account.served.status = status;
                return reply(wire, keep_alive, (status, vec![]), &error_body(status, &text)).await;
            }
        };
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
        let usage = (ask.include_usage || !ask.stream) && !treatment.no_usage;
        let wanted = usage || self.schedule.is_some() || self.log.keeps();
        let mut count = wanted.then(|| self.counting.begin(ask.prompt));
        let pace = self.pace(account, &made, count.as_mut()).await?;
        let (service, reply) = (self, &made);
        let mut sending = Sending { service, reply, treatment, pace, account, wire, count, usage };
        let after = if ask.stream { sending.stream().await? } else { sending.whole().await? };
        Ok(if after == After::Keep && close { After::Close } else { after })
    }

    /// What the reply says.
    ///
    /// # Errors
    /// It would take too much memory.
    fn decide(
        &self,
        ask: &Ask,
        treatment: &Treatment,
        account: &mut Account,
    ) -> Result<Reply, Refusal> {
        let now = (account.served.index, clock::wall() / 1_000_000_000);
        let made = Reply::new(&self.config, &self.vocabulary, now, ask, treatment)?;
        self.memory.add(&mut account.held, made.room())?;
        Ok(made)
    }

    /// The request's pace. A batch has to know how long the prompt is; others do not wait for that.
    async fn pace(
        &self,
        account: &mut Account,
        reply: &Reply,
        count: Option<&mut Count>,
    ) -> io::Result<Pace> {
        let prompt = match count.filter(|count| self.schedule.is_some() || count.is_made()) {
            Some(count) => count.tokens().await?,
            None => 0,
        };
        account.served.prompt_tokens = prompt;
        let start = Start {
            received: account.served.received,
            seed: mix(self.config.seed, account.served.index),
            tokens_per_frame: self.tokens_per_frame(),
            sequence: Sequence {
                id: 0,
                prompt: prompt.saturating_sub(reply.cached(prompt)),
                output: reply.longest(),
                width: reply.choices(),
            },
        };
        Ok(Pace::new(&self.config.model, self.schedule.as_ref(), start))
    }
}
