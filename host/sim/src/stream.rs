//! One reply on its way out, streamed or whole, at its pace and with its faults.

use crate::answer::Reply;
use crate::counting::Count;
use crate::frame::{Frames, Shape};
use crate::pace::Pace;
use crate::service::{After, Service};
use crate::treatment::{Midway, Treatment};
use crate::truth::Account;
use crate::wire::Wire;
use loadwright_timing::clock;
use std::io;
use std::time::Duration;

/// A reply being sent.
pub(crate) struct Sending<'a, 'w> {
    pub(crate) service: &'a Service,
    pub(crate) reply: &'a Reply,
    pub(crate) treatment: &'a Treatment,
    pub(crate) pace: Pace,
    pub(crate) account: &'a mut Account,
    pub(crate) wire: &'a mut Wire<'w>,
    /// The count of the prompt's tokens; none: nobody wants to know.
    pub(crate) count: Option<Count>,
    pub(crate) usage: bool,
}

/// Where a stream stands.
#[derive(Debug, Default)]
struct Standing {
    /// Frames with output so far.
    frames: u32,
    /// Those not yet written, and their tokens.
    unsent: (u32, u32),
    /// Whether the fault in the middle is over.
    passed: bool,
    /// Reused for every frame.
    payload: Vec<u8>,
}

impl Sending<'_, '_> {
    /// Sends the reply as an event stream.
    pub(crate) async fn stream(&mut self) -> io::Result<After> {
        let shape =
            Shape { line_end: self.treatment.line_end, multi_line: self.treatment.multi_line };
        let frames = Frames::new(self.reply, &self.service.vocabulary, shape);
        let mut standing = Standing::default();
        if self.treatment.role_first {
            for choice in 0..self.reply.choices() {
                self.add(&mut standing, |to| frames.role(choice, to));
            }
        }
        let mut said = 0;
        while said < self.reply.longest() {
            let next = self.next(said);
            if let Some(end) = self.midway(&mut standing, &frames).await? {
                return Ok(end);
            }
            if self.wire.pending() && standing.unsent.0 == 0 && !self.pace.has(next) {
                self.wire.flush().await?;
            }
            self.pace.tokens(next, &self.service.timer).await;
            for choice in 0..self.reply.choices() {
                let last = next.min(self.reply.outputs(choice));
                if said < last {
                    self.output(&mut standing, &frames, (choice, said, last)).await?;
                }
            }
            said = next;
        }
        if self.reply.longest() == 0 {
            self.pace.tokens(1, &self.service.timer).await;
        }
        if let Some(end) = self.midway(&mut standing, &frames).await? {
            return Ok(end);
        }
        self.close(&mut standing, &frames).await
    }

    /// Where the frame that begins at token `said` ends: never across the end of the reasoning.
    fn next(&self, said: u32) -> u32 {
        let next = said.saturating_add(self.service.tokens_per_frame()).min(self.reply.longest());
        let reasoning = self.reply.reasoning;
        if said < reasoning { next.min(reasoning) } else { next }
    }

    fn add(&mut self, standing: &mut Standing, compose: impl FnOnce(&mut Vec<u8>)) {
        standing.payload.clear();
        compose(&mut standing.payload);
        self.wire.push(&standing.payload);
    }

    async fn output(
        &mut self,
        standing: &mut Standing,
        frames: &Frames<'_>,
        (choice, from, to): (u32, u32, u32),
    ) -> io::Result<()> {
        if self.treatment.comments {
            self.add(standing, |to| frames.comment(to));
        }
        self.add(standing, |payload| frames.output(choice, from..to, payload));
        standing.frames += 1;
        standing.unsent.0 += 1;
        standing.unsent.1 += to - from;
        if standing.unsent.0 >= self.treatment.merge {
            self.flush(standing).await?;
        }
        Ok(())
    }

    /// Writes what has gathered, dating the frames in it just before.
    async fn flush(&mut self, standing: &mut Standing) -> io::Result<()> {
        let (frames, tokens) = std::mem::take(&mut standing.unsent);
        self.date(frames, tokens);
        self.wire.flush().await
    }

    /// Dates frames that are about to be written.
    fn date(&mut self, frames: u32, tokens: u32) {
        let due = self.pace.due().filter(|_| frames > 0 && self.treatment.keeps_pace());
        self.account.frames(frames, tokens, due);
    }

    /// The prompt's tokens where usage is to be told; waits for the count where that is not made.
    async fn prompt(&mut self) -> io::Result<Option<u32>> {
        let Some(count) = &mut self.count else { return Ok(None) };
        let since = (!count.is_made()).then(clock::now);
        let tokens = count.tokens().await?;
        self.service.log.counts.note(since.map_or(0, |since| clock::now() - since));
        self.account.served.prompt_tokens = tokens;
        Ok(Some(tokens).filter(|_| self.usage))
    }

    /// Lets the fault in the middle happen once its time has come; some: the reply ends with it.
    async fn midway(
        &mut self,
        standing: &mut Standing,
        frames: &Frames<'_>,
    ) -> io::Result<Option<After>> {
        let Some((after, midway)) = self.treatment.midway else { return Ok(None) };
        if standing.passed || standing.frames < after {
            return Ok(None);
        }
        standing.passed = true;
        match midway {
            Midway::Cut { reset } => {
                self.wire.release();
                self.flush(standing).await?;
                Ok(Some(if reset { After::Reset } else { After::Cut }))
            }
            Midway::Stall(span) => {
                self.wire.release();
                self.flush(standing).await?;
                self.stall(span).await?;
                Ok(None)
            }
            Midway::Garbage => {
                self.add(standing, |to| frames.data(r#"{"choices":[{"#, to));
                Ok(None)
            }
            Midway::Error => {
                let error = r#"{"error":{"message":"simulated failure","type":"server_error","param":null,"code":500}}"#;
                self.add(standing, |to| frames.data(error, to));
                self.wire.end();
                self.flush(standing).await?;
                Ok(Some(After::Keep))
            }
        }
    }

    async fn stall(&mut self, span: Option<Duration>) -> io::Result<()> {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let due = span.map(|span| clock::now().saturating_add(nanos(span)));
        self.wire.left(due).await
    }

    /// Everything behind the last token, in one write.
    async fn close(&mut self, standing: &mut Standing, frames: &Frames<'_>) -> io::Result<After> {
        let treatment = self.treatment;
        self.flush_unsent(standing).await?;
        let usage = self.prompt().await?;
        let mut tail: Vec<Vec<u8>> = Vec::new();
        let mut event = |compose: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = Vec::new();
            compose(&mut bytes);
            tail.push(bytes);
        };
        if !treatment.no_finish {
            for choice in 0..self.reply.choices() {
                event(&|to| frames.finish(choice, to));
            }
        }
        if let Some(prompt) = usage {
            event(&|to| frames.usage(prompt, to));
        }
        if !treatment.no_done {
            event(&|to| frames.data("[DONE]", to));
        }
        if treatment.no_final_blank
            && let Some(last) = tail.last_mut()
        {
            frames.unblank(last);
        }
        tail.iter().for_each(|event| self.wire.push(event));
        self.wire.end();
        self.wire.flush().await?;
        Ok(After::Keep)
    }

    async fn flush_unsent(&mut self, standing: &mut Standing) -> io::Result<()> {
        if standing.unsent.0 > 0 { self.flush(standing).await } else { Ok(()) }
    }

    /// Sends the reply as one body, once its last token is there.
    pub(crate) async fn whole(&mut self) -> io::Result<After> {
        self.pace.tokens(self.reply.longest().max(1), &self.service.timer).await;
        let usage = self.prompt().await?;
        let mut body = self.reply.body(&self.service.vocabulary, usage);
        let half = body.len() / 2;
        match self.treatment.midway {
            None => {}
            Some((_, Midway::Garbage)) => body.truncate(half),
            Some((_, Midway::Error)) => {
                body = crate::refusal::error_body(500, "simulated failure");
            }
            Some((_, Midway::Cut { reset })) => {
                self.wire.push(&body[..half]);
                self.wire.release();
                self.wire.flush().await?;
                return Ok(if reset { After::Reset } else { After::Cut });
            }
            Some((_, Midway::Stall(span))) => {
                self.wire.push(&body[..half]);
                self.wire.promise(body.len());
                self.wire.flush().await?;
                self.stall(span).await?;
                body.drain(..half);
            }
        }
        self.date(1, self.reply.completion_tokens());
        self.wire.push(&body);
        self.wire.end();
        self.wire.flush().await?;
        Ok(After::Keep)
    }
}
