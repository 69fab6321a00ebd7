//! Sends one reply, streamed or whole, at its pace and with its faults.

use super::Service;
use crate::fault::plan::{FaultPlan, MidBodyFaultKind};
use crate::http::after_reply::AfterReply;
use crate::http::error_response::ErrorResponse;
use crate::http::response_writer::ResponseWriter;
use crate::pacing::pace::Pace;
use crate::prompt::counter::PromptCount;
use crate::reply::Reply;
use crate::reply::frames::{FrameComposer, FrameFormat};
use crate::truth::RequestLog;
use loadwright_timing::clock;
use std::io;
use std::ops::Range;
use std::time::Duration;

/// A reply being sent.
pub(super) struct ReplySender<'a, 'w> {
    pub(super) service: &'a Service,
    pub(super) reply: &'a Reply,
    pub(super) faults: &'a FaultPlan,
    pub(super) pace: Pace,
    pub(super) log: &'a mut RequestLog,
    pub(super) writer: &'a mut ResponseWriter<'w>,
    /// The count of the prompt's tokens; none: nothing needs it.
    pub(super) count: Option<PromptCount>,
    pub(super) usage: bool,
}

/// The progress of a stream.
#[derive(Debug, Default)]
struct StreamState {
    /// Frames with output so far.
    frames: u32,
    unsent: Unsent,
    /// Whether the mid-body fault has happened.
    fault_done: bool,
    /// Reused for every frame.
    payload: Vec<u8>,
}

/// Frames with output that are not written yet.
#[derive(Debug, Default)]
struct Unsent {
    frames: u32,
    tokens: u32,
}

impl ReplySender<'_, '_> {
    /// Sends the reply as an event stream.
    pub(super) async fn stream(&mut self) -> io::Result<AfterReply> {
        let FaultPlan { line_end, multi_line, .. } = *self.faults;
        let format = FrameFormat { line_end, multi_line };
        let frames = FrameComposer::new(self.reply, &self.service.vocabulary, format);
        let mut state = StreamState::default();
        if self.faults.role_first {
            for choice in 0..self.reply.choices() {
                self.push(&mut state, |to| frames.role(choice, to));
            }
        }
        let mut sent = 0;
        while sent < self.reply.longest() {
            let next = self.frame_end(sent);
            if let Some(after) = self.mid_body_fault(&mut state, &frames).await? {
                return Ok(after);
            }
            if self.writer.pending() && state.unsent.frames == 0 && !self.pace.has(next) {
                self.writer.flush().await?;
            }
            self.pace.wait_for(next, &self.service.timer).await;
            for choice in 0..self.reply.choices() {
                let end = next.min(self.reply.output_tokens(choice));
                if sent < end {
                    self.output(&mut state, &frames, choice, sent..end).await?;
                }
            }
            sent = next;
        }
        if self.reply.longest() == 0 {
            self.pace.wait_for(1, &self.service.timer).await;
        }
        if let Some(after) = self.mid_body_fault(&mut state, &frames).await? {
            return Ok(after);
        }
        self.end_stream(&mut state, &frames).await
    }

    /// Where the frame that starts at token `start` ends; no frame mixes reasoning and answer.
    fn frame_end(&self, start: u32) -> u32 {
        let end = start.saturating_add(self.service.tokens_per_frame()).min(self.reply.longest());
        let reasoning = self.reply.reasoning;
        if start < reasoning { end.min(reasoning) } else { end }
    }

    fn push(&mut self, state: &mut StreamState, compose: impl FnOnce(&mut Vec<u8>)) {
        state.payload.clear();
        compose(&mut state.payload);
        self.writer.push(&state.payload);
    }

    async fn output(
        &mut self,
        state: &mut StreamState,
        frames: &FrameComposer<'_>,
        choice: u32,
        tokens: Range<u32>,
    ) -> io::Result<()> {
        if self.faults.comments {
            self.push(state, |to| frames.comment(to));
        }
        state.frames += 1;
        state.unsent.frames += 1;
        state.unsent.tokens += tokens.end - tokens.start;
        self.push(state, |to| frames.output(choice, tokens, to));
        if state.unsent.frames >= self.faults.merge {
            self.flush(state).await?;
        }
        Ok(())
    }

    /// Writes what is buffered, recording the time of its frames just before.
    async fn flush(&mut self, state: &mut StreamState) -> io::Result<()> {
        let unsent = std::mem::take(&mut state.unsent);
        self.record(unsent);
        self.writer.flush().await
    }

    /// Records frames that are about to be written.
    fn record(&mut self, Unsent { frames, tokens }: Unsent) {
        let due = self.pace.frame_at().filter(|_| frames > 0 && self.faults.keeps_pace());
        self.log.frames(frames, tokens, due);
    }

    /// The prompt tokens to report as usage, if any; waits for the count where it is not ready.
    async fn prompt_tokens(&mut self) -> io::Result<Option<u32>> {
        let Some(count) = &mut self.count else { return Ok(None) };
        let since = (!count.is_ready()).then(clock::now);
        let tokens = count.tokens().await?;
        let delay = since.map_or(0, |since| clock::now() - since);
        self.service.truth.count_delay.record(delay);
        self.log.served.prompt_tokens = tokens;
        Ok(Some(tokens).filter(|_| self.usage))
    }

    /// Carries out the mid-body fault once its time has come; some: the reply ends with it.
    async fn mid_body_fault(
        &mut self,
        state: &mut StreamState,
        frames: &FrameComposer<'_>,
    ) -> io::Result<Option<AfterReply>> {
        let Some(fault) = self.faults.mid_body else { return Ok(None) };
        if state.fault_done || state.frames < fault.after {
            return Ok(None);
        }
        state.fault_done = true;
        match fault.kind {
            MidBodyFaultKind::Cut { reset } => {
                self.writer.send_incomplete();
                self.flush(state).await?;
                Ok(Some(if reset { AfterReply::Reset } else { AfterReply::Truncate }))
            }
            MidBodyFaultKind::Stall(span) => {
                self.writer.send_incomplete();
                self.flush(state).await?;
                self.stall(span).await?;
                Ok(None)
            }
            MidBodyFaultKind::GarbageFrame => {
                self.push(state, |to| frames.data(r#"{"choices":[{"#, to));
                Ok(None)
            }
            MidBodyFaultKind::ErrorEvent => {
                let error = r#"{"error":{"message":"simulated failure","type":"server_error","param":null,"code":500}}"#;
                self.push(state, |to| frames.data(error, to));
                self.writer.end();
                self.flush(state).await?;
                Ok(Some(AfterReply::KeepAlive))
            }
        }
    }

    async fn stall(&mut self, span: Option<Duration>) -> io::Result<()> {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let deadline = span.map(|span| clock::now().saturating_add(nanos(span)));
        self.writer.wait_for_disconnect(deadline).await
    }

    /// Sends everything after the last token in one write.
    async fn end_stream(
        &mut self,
        state: &mut StreamState,
        frames: &FrameComposer<'_>,
    ) -> io::Result<AfterReply> {
        let faults = self.faults;
        if state.unsent.frames > 0 {
            self.flush(state).await?;
        }
        let usage = self.prompt_tokens().await?;
        let mut events: Vec<Vec<u8>> = Vec::new();
        let mut event = |compose: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = Vec::new();
            compose(&mut bytes);
            events.push(bytes);
        };
        if !faults.no_finish {
            for choice in 0..self.reply.choices() {
                event(&|to| frames.finish(choice, to));
            }
        }
        if let Some(prompt) = usage {
            event(&|to| frames.usage(prompt, to));
        }
        if !faults.no_done {
            event(&|to| frames.data("[DONE]", to));
        }
        if faults.no_final_blank
            && let Some(last) = events.last_mut()
        {
            frames.remove_blank_line(last);
        }
        events.iter().for_each(|event| self.writer.push(event));
        self.writer.end();
        self.writer.flush().await?;
        Ok(AfterReply::KeepAlive)
    }

    /// Sends the reply as one body, once its last token has been produced.
    pub(super) async fn whole(&mut self) -> io::Result<AfterReply> {
        self.pace.wait_for(self.reply.longest().max(1), &self.service.timer).await;
        let usage = self.prompt_tokens().await?;
        let mut body = self.reply.body(&self.service.vocabulary, usage);
        let half = body.len() / 2;
        match self.faults.mid_body.map(|fault| fault.kind) {
            None => {}
            Some(MidBodyFaultKind::GarbageFrame) => body.truncate(half),
            Some(MidBodyFaultKind::ErrorEvent) => {
                let error = ErrorResponse { status: 500, message: "simulated failure".to_owned() };
                body = error.body();
            }
            Some(MidBodyFaultKind::Cut { reset }) => {
                self.writer.push(&body[..half]);
                self.writer.send_incomplete();
                self.writer.flush().await?;
                return Ok(if reset { AfterReply::Reset } else { AfterReply::Truncate });
            }
            Some(MidBodyFaultKind::Stall(span)) => {
                self.writer.push(&body[..half]);
                self.writer.send_with_length(body.len());
                self.writer.flush().await?;
                self.stall(span).await?;
                body.drain(..half);
            }
        }
        self.record(Unsent { frames: 1, tokens: self.reply.completion_tokens() });
        self.writer.push(&body);
        self.writer.end();
        self.writer.flush().await?;
        Ok(AfterReply::KeepAlive)
    }
}
