//! The faults of one request, sorted by where in a reply they act. The service carries them out.

use super::{Body, Fault, LineEnd};
use std::time::Duration;

/// How one reply departs from a normal one; the default does not.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FaultPlan {
    pub(crate) replacement: Option<Replacement>,
    pub(crate) informational: Option<u16>,
    pub(crate) slow_head: Option<Duration>,
    pub(crate) mid_body: Option<MidBodyFault>,
    pub(crate) empty: bool,
    pub(crate) role_first: bool,
    pub(crate) no_usage: bool,
    pub(crate) no_done: bool,
    pub(crate) no_finish: bool,
    pub(crate) no_final_blank: bool,
    pub(crate) comments: bool,
    pub(crate) multi_line: bool,
    pub(crate) split: Option<usize>,
    /// Frames per write; 0 and 1: each is written alone.
    pub(crate) merge: u32,
    pub(crate) line_end: LineEnd,
    pub(crate) close: Option<Close>,
    pub(crate) idle_close: Option<Duration>,
    pub(crate) body: Option<Body>,
    pub(crate) gzip_claim: bool,
    pub(crate) reasoning: Option<u32>,
    pub(crate) tool_call: bool,
}

/// What is sent in place of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Replacement {
    /// Nothing: the connection ends.
    Disconnect {
        reset: bool,
        /// How long the listener is closed too.
        refuse: Option<Duration>,
    },
    Status {
        code: u16,
        retry_after: Option<u32>,
        body: Option<String>,
    },
    /// Bytes that are not HTTP.
    Garbage,
}

/// A fault in the middle of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MidBodyFault {
    /// Frames with output before it.
    pub(crate) after: u32,
    pub(crate) kind: MidBodyFaultKind,
}

/// What a fault in the middle of a body does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MidBodyFaultKind {
    Cut {
        reset: bool,
    },
    /// For this long; none: until the client disconnects.
    Stall(Option<Duration>),
    GarbageFrame,
    ErrorEvent,
}

/// How a connection is closed after a complete reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// The response head says so.
    Announced,
    Silent,
}

impl FaultPlan {
    /// The plan of a request with these faults; of two that exclude each other, the later counts.
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let mut plan = Self::default();
        for fault in faults {
            plan.add(fault);
        }
        plan
    }

    /// Whether frames are held back so that several leave in one write.
    pub(crate) fn merges_frames(&self) -> bool {
        self.merge > 1 || self.body == Some(Body::Length)
    }

    /// Whether frames leave when the model says: no fault delays them.
    pub(crate) fn keeps_pace(&self) -> bool {
        let stalls =
            self.mid_body.is_some_and(|fault| matches!(fault.kind, MidBodyFaultKind::Stall(_)));
        !stalls && self.slow_head.is_none() && self.split.is_none() && !self.merges_frames()
    }

    fn add(&mut self, fault: &Fault) {
        match *fault {
            Fault::Drop => self.disconnect(false, None),
            Fault::Reset => self.disconnect(true, None),
            Fault::Refuse { ms } => self.disconnect(false, Some(ms)),
            Fault::Status { code, retry_after, ref body } => {
                let body = body.clone();
                self.replacement = Some(Replacement::Status { code, retry_after, body });
            }
            Fault::GarbageHead => self.replacement = Some(Replacement::Garbage),
            Fault::Informational { code } => self.informational = Some(code),
            Fault::SlowHead { ms } => self.slow_head = Some(ms),
            Fault::Cut { after, reset } => self.mid_body(after, MidBodyFaultKind::Cut { reset }),
            Fault::Stall { after, ms } => self.mid_body(after, MidBodyFaultKind::Stall(ms)),
            Fault::GarbageFrame { after } => self.mid_body(after, MidBodyFaultKind::GarbageFrame),
            Fault::ErrorEvent { after } => self.mid_body(after, MidBodyFaultKind::ErrorEvent),
            Fault::Empty => self.empty = true,
            Fault::RoleFirst => self.role_first = true,
            Fault::NoUsage => self.no_usage = true,
            Fault::NoDone => self.no_done = true,
            Fault::NoFinish => self.no_finish = true,
            Fault::NoFinalBlank => self.no_final_blank = true,
            Fault::Comments => self.comments = true,
            Fault::MultiLine => self.multi_line = true,
            Fault::Split { bytes } => self.split = Some(bytes),
            Fault::Merge { frames } => self.merge = frames,
            Fault::Lines(line_end) => self.line_end = line_end,
            Fault::Close => self.close = Some(Close::Announced),
            Fault::CloseSilently => self.close = Some(Close::Silent),
            Fault::IdleClose { ms } => self.idle_close = Some(ms),
            Fault::Body(body) => self.body = Some(body),
            Fault::GzipClaim => self.gzip_claim = true,
            Fault::Reasoning { tokens } => self.reasoning = Some(tokens),
            Fault::ToolCall => self.tool_call = true,
        }
    }

    fn disconnect(&mut self, reset: bool, refuse: Option<Duration>) {
        self.replacement = Some(Replacement::Disconnect { reset, refuse });
    }

    fn mid_body(&mut self, after: u32, kind: MidBodyFaultKind) {
        self.mid_body = Some(MidBodyFault { after, kind });
    }
}
