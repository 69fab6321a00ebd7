//! The faults that befall one request, sorted by where in a reply they act.

use crate::fault::{Body, Fault, LineEnd};
use std::time::Duration;

/// What is done to one reply. The default is the plain reply.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Treatment {
    pub(crate) instead: Option<Instead>,
    pub(crate) informational: Option<u16>,
    pub(crate) slow_head: Option<Duration>,
    /// What happens after so many frames with output.
    pub(crate) midway: Option<(u32, Midway)>,
    pub(crate) empty: bool,
    pub(crate) role_first: bool,
    pub(crate) no_usage: bool,
    pub(crate) no_done: bool,
    pub(crate) no_finish: bool,
    pub(crate) no_final_blank: bool,
    pub(crate) comments: bool,
    pub(crate) multi_line: bool,
    pub(crate) split: Option<usize>,
    pub(crate) merge: u32,
    pub(crate) line_end: LineEnd,
    pub(crate) close: Option<Close>,
    pub(crate) idle_close: Option<Duration>,
    pub(crate) body: Option<Body>,
    pub(crate) gzip_claim: bool,
    pub(crate) reasoning: Option<u32>,
    pub(crate) tool_call: bool,
}

/// What comes in place of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instead {
    Nothing { reset: bool, refuse: Option<Duration> },
    Status { code: u16, retry_after: Option<u32>, body: Option<String> },
    Garbage,
}

/// What happens in the middle of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Midway {
    Cut { reset: bool },
    Stall(Option<Duration>),
    Garbage,
    Error,
}

/// How a connection ends after a whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    Announced,
    Silent,
}

impl Treatment {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let mut treatment = Self { merge: 1, ..Self::default() };
        for fault in faults {
            treatment.add(fault);
        }
        treatment
    }

    /// Whether frames are held back until many have gathered.
    pub(crate) fn gathers(&self) -> bool {
        self.merge > 1 || self.body == Some(Body::Length)
    }

    /// Whether frames are to leave when the model says: no fault holds them up.
    pub(crate) fn keeps_pace(&self) -> bool {
        let stalls = matches!(self.midway, Some((_, Midway::Stall(_))));
        !stalls && self.slow_head.is_none() && self.split.is_none() && !self.gathers()
    }

    fn add(&mut self, fault: &Fault) {
        match fault {
            Fault::Drop => self.instead = Some(Instead::Nothing { reset: false, refuse: None }),
            Fault::Reset => self.instead = Some(Instead::Nothing { reset: true, refuse: None }),
            Fault::Refuse { ms } => {
                self.instead = Some(Instead::Nothing { reset: false, refuse: Some(*ms) });
            }
            Fault::Status { code, retry_after, body } => {
                let (code, retry_after, body) = (*code, *retry_after, body.clone());
                self.instead = Some(Instead::Status { code, retry_after, body });
            }
            Fault::GarbageHead => self.instead = Some(Instead::Garbage),
            Fault::Informational { code } => self.informational = Some(*code),
            Fault::SlowHead { ms } => self.slow_head = Some(*ms),
            Fault::Cut { after, reset } => {
                self.midway = Some((*after, Midway::Cut { reset: *reset }));
            }
            Fault::Stall { after, ms } => self.midway = Some((*after, Midway::Stall(*ms))),
            Fault::GarbageFrame { after } => self.midway = Some((*after, Midway::Garbage)),
            Fault::ErrorEvent { after } => self.midway = Some((*after, Midway::Error)),
            _ => self.shape(fault),
        }
    }

    /// Faults that change a reply's form or content.
    fn shape(&mut self, fault: &Fault) {
        match *fault {
            Fault::Empty => self.empty = true,
            Fault::RoleFirst => self.role_first = true,
            Fault::NoUsage => self.no_usage = true,
            Fault::NoDone => self.no_done = true,
            Fault::NoFinish => self.no_finish = true,
            Fault::NoFinalBlank => self.no_final_blank = true,
            Fault::Comments => self.comments = true,
            Fault::MultiLine => self.multi_line = true,
            Fault::Split { bytes } => self.split = Some(bytes),
            Fault::Merge { frames } => self.merge = frames.max(1),
            Fault::Lines(line_end) => self.line_end = line_end,
            Fault::Close => self.close = Some(Close::Announced),
            Fault::CloseSilently => self.close = Some(Close::Silent),
            Fault::IdleClose { ms } => self.idle_close = Some(ms),
            Fault::Body(body) => self.body = Some(body),
            Fault::GzipClaim => self.gzip_claim = true,
            Fault::Reasoning { tokens } => self.reasoning = Some(tokens),
            Fault::ToolCall => self.tool_call = true,
            _ => unreachable!("`add` handles the others"),
        }
    }
}
