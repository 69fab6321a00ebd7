//! What the threads of one point share.

use crate::context::Ports;
use crate::context::budget::Budget;
use crate::context::control::Control;
use crate::context::gauges::Gauges;
use crate::context::reachability::Contact;
use crate::context::timers::Timers;
use crate::error::EngineError;
use crate::exchange::deadlines::nanos;
use crate::exchange::net::connect::Connector;
use crate::messages::capture::Captures;
use crate::schedule::ready_queue::{Dispenser, Room};
use loadwright_core::Nanos;
use loadwright_core::arrival::Offsets;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::record::Record;
use loadwright_core::sample::EndReason;
use loadwright_core::secret::Secrets;
use loadwright_timing::clock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

/// What the threads of one point share.
pub(crate) struct Point {
    pub(crate) plan: Arc<Plan>,
    pub(crate) ports: Ports,
    pub(crate) control: Control,
    pub(crate) connector: Arc<Connector>,
    pub(crate) timers: Arc<Timers>,
    pub(crate) dispenser: Dispenser,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) captures: Arc<Captures>,
    /// What no record keeps of what the service says.
    pub(crate) secrets: Secrets,
    pub(crate) budget: Arc<Budget>,
    /// Slots of an open loop that were dispatched and are not over.
    pub(crate) aloft: AtomicU64,
    /// Event streams came whose content type does not say so.
    untyped: AtomicBool,
    end_reason: Mutex<EndReason>,
    /// Since when nothing was heard of the service but failures; 0: it was heard of last.
    failing_since: AtomicU64,
    /// When the measured phase began; 0: not yet.
    measured_from: AtomicU64,
    /// After this no request starts; 0: not yet known.
    latest: AtomicU64,
}

/// Bytes of bodies that may wait for their slot.
const READY_BYTES: usize = 64 * 1024 * 1024;

impl Point {
    /// What the threads of `plan` share.
    ///
    /// # Errors
    /// The target cannot be called, or the system gives no more threads.
    pub(crate) fn new(
        plan: &Arc<Plan>,
        ports: &Ports,
        control: &Control,
    ) -> Result<Self, EngineError> {
        let gauges = Arc::new(Gauges::new(usize::from(plan.engine.threads.max(1))));
        let offsets = offsets(plan, true);
        let slots = plan.slots().unwrap_or(u64::MAX);
        let room = Room { requests: ready_requests(plan), bytes: READY_BYTES };
        let connector = Arc::new(Connector::new(plan)?);
        Ok(Self {
            plan: Arc::clone(plan),
            ports: ports.clone(),
            control: control.clone(),
            secrets: connector.endpoint.secrets(&plan.target),
            connector,
            timers: Arc::new(Timers::start()?),
            dispenser: Dispenser::new(slots, offsets, room, Arc::clone(&gauges)),
            gauges,
            captures: Arc::default(),
            budget: Budget::new(plan.engine.replies),
            aloft: AtomicU64::new(0),
            untyped: AtomicBool::new(false),
            end_reason: Mutex::new(EndReason::Completed),
            failing_since: AtomicU64::new(0),
            measured_from: AtomicU64::new(0),
            latest: AtomicU64::new(0),
        })
    }

    /// The measured phase begins now: arrivals, the duration and samples count from here.
    pub(crate) fn begin_measuring(&self) {
        let now = clock::now();
        // What the engine was like in the warm-up speaks against no figure.
        let _ = self.gauges.sample(now, 0);
        self.measured_from.store(now, Relaxed);
        self.dispenser.restart(offsets(&self.plan, false), now);
        if let Some(duration) = self.plan.limits.duration {
            self.latest.store(now.saturating_add(nanos(duration)), Relaxed);
        }
    }

    /// When the measured phase began.
    pub(crate) fn measured_from(&self) -> Option<Nanos> {
        Some(self.measured_from.load(Relaxed)).filter(|&from| from > 0)
    }

    /// After this no request starts.
    pub(crate) fn latest(&self) -> Option<Nanos> {
        match self.latest.load(Relaxed) {
            0 => None,
            latest => Some(latest),
        }
    }

    /// Whether no request may start any more at `now`.
    pub(crate) fn is_over(&self, now: Nanos) -> bool {
        self.control.stop.draining() || self.latest().is_some_and(|latest| now > latest)
    }

    /// Whether another attempt may be made `wait` nanoseconds from now: neither the time nor the
    /// point is over then, nor the user's patience.
    pub(crate) fn has_time_for_another(&self, wait: Nanos) -> bool {
        let begins = clock::now() + wait;
        let in_time = self.latest().is_none_or(|latest| begins <= latest);
        in_time && self.end_reason() == EndReason::Completed && !self.control.stop.draining()
    }

    /// Ends the point before its time; the first reason counts.
    pub(crate) fn end(&self, end_reason: EndReason) {
        let mut now = self.end_reason.lock().expect("nothing panics while it holds the end reason");
        if *now == EndReason::Completed {
            *now = end_reason;
        }
        drop(now);
        self.dispenser.close();
    }

    /// How the point ended.
    pub(crate) fn end_reason(&self) -> EndReason {
        *self.end_reason.lock().expect("nothing panics while it holds the end reason")
    }

    /// Takes note of what an attempt says of the service; with nothing but failures for too long,
    /// the point ends.
    pub(crate) fn contact(&self, contact: Contact) {
        match contact {
            Contact::Service | Contact::Refusal(_) => self.heard(),
            Contact::Nobody => self.missed(),
            Contact::LocalLimit | Contact::Untried => {}
        }
    }

    /// Something came from the service.
    pub(crate) fn heard(&self) {
        // Mostly it is so already, and the engine threads share the line.
        if self.failing_since.load(Relaxed) != 0 {
            self.failing_since.store(0, Relaxed);
        }
    }

    fn missed(&self) {
        let now = clock::now();
        let Err(since) = self.failing_since.compare_exchange(0, now, Relaxed, Relaxed) else {
            return;
        };
        if now.saturating_sub(since) > nanos(self.control.give_up) {
            self.end(EndReason::ServerGone);
        }
    }

    /// Whether interpreters are too far behind for more to be sent.
    pub(crate) fn backlogged(&self) -> bool {
        self.gauges.backlog.load(Relaxed) > self.budget.backlog()
    }

    /// Whether the text of replies is wanted: to count its tokens, or for a next turn.
    pub(crate) fn keeps_text(&self) -> bool {
        self.ports.tokenizer.is_some() || self.ports.dataset.has_turns()
    }

    /// Takes note of an event stream whose content type does not say so; the first one is told.
    pub(crate) fn untyped_stream(&self) {
        if !self.untyped.swap(true, Relaxed) {
            let text = "the server sends event streams as plain text or without a content type; they \
                        are read as `text/event-stream`, because they begin like it";
            (self.control.notice)(text);
        }
    }

    /// Adds a record to the progress.
    pub(crate) fn count(&self, record: &Record) {
        if record.warmup || !record.last_attempt {
            return;
        }
        let progress = &self.control.progress;
        if record.outcome.is_beside() {
            progress.dropped.fetch_add(1, Relaxed);
            return;
        }
        progress.done.fetch_add(1, Relaxed);
        progress.failed.fetch_add(u64::from(!record.outcome.is_ok()), Relaxed);
        let tokens = record.usage.output_tokens.unwrap_or(0);
        progress.output_tokens.fetch_add(u64::from(tokens), Relaxed);
    }
}

/// Requests that may wait for their slot: enough for every worker to begin at once, within reason.
fn ready_requests(plan: &Plan) -> usize {
    match plan.load {
        Load::Closed { workers, .. } => (workers as usize * 2).clamp(512, 8192),
        Load::Open { .. } => 2048,
    }
}

/// The arrivals of a phase; warm-up and measurement draw from streams of their own.
fn offsets(plan: &Plan, warmup: bool) -> Option<Offsets> {
    Some(plan.load.arrival()?.offsets(if warmup { !plan.seed } else { plan.seed }))
}
