//! Answers completion requests: their faults, their replies, and their records. How a reply's frames
//! are sent is the reply sender's part.

use super::Service;
use super::reply_sender::ReplySender;
use crate::fault::Body;
use crate::fault::from_header;
use crate::fault::plan::{Close, FaultPlan, Replacement};
use crate::http::after_reply::AfterReply;
use crate::http::error_response::ErrorResponse;
use crate::http::json_response::JsonResponse;
use crate::http::request::Request;
use crate::http::response_head::{ResponseHead, reason};
use crate::http::response_writer::ResponseWriter;
use crate::pacing::batch::Sequence;
use crate::pacing::pace::{Pace, PaceInput};
use crate::prompt::counter::PromptCount;
use crate::reply::request::{CompletionRequest, Endpoint};
use crate::reply::{Reply, ReplyIdentity};
use crate::seed::mix;
use crate::truth::{RequestLog, Served};
use loadwright_timing::clock;
use std::io;

/// One completion request being answered.
struct Exchange<'a, 'w> {
    service: &'a Service,
    log: &'a mut RequestLog,
    writer: &'a mut ResponseWriter<'w>,
    faults: FaultPlan,
    keep_alive: bool,
}

/// Answers a completion request.
///
/// # Errors
/// The client has disconnected.
pub(super) async fn complete(
    service: &Service,
    endpoint: Endpoint,
    mut request: Request,
    writer: &mut ResponseWriter<'_>,
) -> io::Result<AfterReply> {
    let served = Served {
        request_id: std::mem::take(&mut request.head.request_id),
        traceparent: std::mem::take(&mut request.head.traceparent),
        connection: request.connection,
        received: request.received.kernel,
        received_user: request.received.user,
        ..Served::default()
    };
    let mut log = service.truth.open(served, request.memory);
    let config = &service.config;
    let mut faults = config.script.faults(log.served.index, config.seed);
    let requested = request.head.fault.as_deref().map(from_header).transpose();
    let completion = requested.map_err(ErrorResponse::bad_request).and_then(|requested| {
        faults.extend(requested.unwrap_or_default());
        CompletionRequest::parse(endpoint, &request.body)
    });
    let plan = FaultPlan::new(&faults);
    log.served.faults = faults;
    if config.keep_bodies {
        log.served.body = Some(request.body);
    } else {
        drop(request.body);
    }
    let keep_alive = request.head.keep_alive;
    let mut exchange = Exchange { service, log: &mut log, writer, faults: plan, keep_alive };
    let after = exchange.respond(completion).await?;
    log.served.complete = true;
    Ok(after)
}

impl Exchange<'_, '_> {
    async fn respond(
        &mut self,
        completion: Result<CompletionRequest, ErrorResponse>,
    ) -> io::Result<AfterReply> {
        let after = match (self.faults.replacement.take(), completion) {
            (Some(replacement), _) => self.replace(replacement).await?,
            (None, Err(error)) => self.reject(&error).await?,
            (None, Ok(request)) => self.reply(request).await?,
        };
        Ok(match (after, self.faults.close, self.faults.idle_close) {
            (AfterReply::KeepAlive, Some(_), _) => AfterReply::Close,
            (AfterReply::KeepAlive, None, Some(timeout)) => AfterReply::KeepAliveFor(timeout),
            (after, _, _) => after,
        })
    }

    /// Sends what replaces a reply.
    async fn replace(&mut self, replacement: Replacement) -> io::Result<AfterReply> {
        match replacement {
            Replacement::Disconnect { reset, refuse } => {
                if let Some(span) = refuse {
                    let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
                    self.service.listener.close_for(span).await;
                }
                Ok(if reset { AfterReply::Reset } else { AfterReply::Truncate })
            }
            Replacement::Garbage => {
                self.writer.raw(b"\x16\x03\x01\x00\xff this is not HTTP\r\n\r\n");
                self.writer.flush().await?;
                Ok(AfterReply::Close)
            }
            Replacement::Status { code, retry_after, body } => {
                self.log.served.status = code;
                let error = ErrorResponse { status: code, message: "simulated failure".to_owned() };
                let close = !self.keep_alive || self.faults.close == Some(Close::Announced);
                let mut response = JsonResponse::error(&error, !close);
                response.headers = retry_after
                    .map(|seconds| ("retry-after", seconds.to_string()))
                    .into_iter()
                    .collect();
                if let Some(body) = body {
                    response.body = body.into_bytes();
                }
                response.send(self.writer).await
            }
        }
    }

    async fn reject(&mut self, error: &ErrorResponse) -> io::Result<AfterReply> {
        self.log.served.status = error.status;
        JsonResponse::error(error, self.keep_alive).send(self.writer).await
    }

    async fn reply(&mut self, request: CompletionRequest) -> io::Result<AfterReply> {
        let reply = match self.compose(&request) {
            Ok(reply) => reply,
            Err(error) => return self.reject(&error).await,
        };
        self.log.served.status = 200;
        let close = self.send_head(request.stream).await?;
        self.writer.split(self.faults.split);
        let service = self.service;
        let usage = (request.include_usage || !request.stream) && !self.faults.no_usage;
        let count_wanted = usage || service.scheduler.is_some() || service.truth.keeps_records();
        let mut count = count_wanted.then(|| service.prompt_counter.start(request.prompt));
        let pace = self.pace(&reply, count.as_mut()).await?;
        let mut sender = ReplySender {
            service,
            reply: &reply,
            faults: &self.faults,
            pace,
            log: self.log,
            writer: self.writer,
            count,
            usage,
        };
        let after = if request.stream { sender.stream().await? } else { sender.whole().await? };
        Ok(if after == AfterReply::KeepAlive && close { AfterReply::Close } else { after })
    }

    /// Decides what the reply says.
    ///
    /// # Errors
    /// It would need too much memory.
    fn compose(&mut self, request: &CompletionRequest) -> Result<Reply, ErrorResponse> {
        let Service { config, vocabulary, memory, .. } = self.service;
        let created = clock::wall() / 1_000_000_000;
        let identity = ReplyIdentity { index: self.log.served.index, created };
        let reply = Reply::new(config, vocabulary, identity, request, &self.faults)?;
        memory.reserve_more(&mut self.log.memory, reply.memory())?;
        Ok(reply)
    }

    /// Sends what comes before the body; returns whether the connection is closed after it.
    async fn send_head(&mut self, stream: bool) -> io::Result<bool> {
        let default_body = if stream { Body::Chunked } else { Body::Length };
        let body = self.faults.body.unwrap_or(default_body);
        let close = !self.keep_alive
            || self.faults.close == Some(Close::Announced)
            || body == Body::UntilClose;
        if let Some(code) = self.faults.informational {
            self.writer.raw(format!("HTTP/1.1 {code} {}\r\n\r\n", reason(code)).as_bytes());
            self.writer.flush().await?;
        }
        let request_id = &self.log.served.request_id;
        let mut headers = Vec::new();
        if !request_id.is_empty() {
            headers.push(("x-request-id", request_id.clone()));
        }
        if self.faults.gzip_claim {
            headers.push(("content-encoding", "gzip".into()));
        }
        let content_type =
            if stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        self.writer.head(ResponseHead { status: 200, content_type, headers, body, close });
        if let Some(span) = self.faults.slow_head {
            self.writer.flush_over(span).await?;
        }
        Ok(close)
    }

    /// The pace of the reply. Only a batch needs the length of the prompt first.
    async fn pace(&mut self, reply: &Reply, count: Option<&mut PromptCount>) -> io::Result<Pace> {
        let service = self.service;
        let batched = service.scheduler.is_some();
        let prompt = match count.filter(|count| batched || count.is_ready()) {
            Some(count) => count.tokens().await?,
            None => 0,
        };
        let served = &mut self.log.served;
        served.prompt_tokens = prompt;
        let input = PaceInput {
            received: served.received,
            seed: mix(service.config.seed, served.index),
            tokens_per_frame: service.tokens_per_frame(),
            sequence: Sequence {
                id: 0,
                prompt: prompt.saturating_sub(reply.cached_tokens(prompt)),
                output: reply.longest(),
                width: reply.choices(),
            },
        };
        Ok(Pace::new(&service.config.model, service.scheduler.as_ref(), input))
    }
}
