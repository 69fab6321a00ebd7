//! One attempt that was sent, in 80 bytes, and what the formulas of the table are made of.

use crate::Nanos;
use crate::reading::Channel;
use crate::record::Record;

/// What is kept of an attempt once its frames are folded in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) scheduled: Nanos,
    pub(crate) sent: Nanos,
    pub(crate) end: Nanos,
    /// First output, where `frames` is not 0.
    first: Nanos,
    /// First output that is not reasoning, where `answered`.
    answer: Nanos,
    /// Last output, where `frames` is not 0.
    last: Nanos,
    input: Option<u32>,
    output: Option<u32>,
    frames: u32,
    /// Read lag of the first output.
    pub(crate) first_lag: u32,
    /// Whether it counts: the last attempt, and successful.
    pub(crate) ok: bool,
    pub(crate) streamed: bool,
    /// Whether its frames are those of a single choice, so that they follow one another.
    pub(crate) single: bool,
    answered: bool,
    /// Whether it is the first attempt at its request.
    pub(crate) fresh: bool,
    /// Whether it is a slot of the arrival plan: a first attempt at a first turn.
    pub(crate) slot: bool,
    /// Whether it opened its connection.
    pub(crate) connected: bool,
}

impl Row {
    /// The row of a record, whose request was for a `single` choice or for several; none where
    /// nothing was sent.
    pub(crate) fn of(record: &Record, single: bool) -> Option<Self> {
        let sent = record.timeline.sent?;
        let frames = &record.frames;
        let first = frames.first();
        let answer = frames.iter().find(|frame| frame.channel != Channel::Reasoning);
        let first_lag = first.map_or(0, |frame| frame.user.saturating_sub(frame.at));
        Some(Self {
            scheduled: record.timeline.scheduled,
            sent,
            end: record.timeline.end,
            first: first.map_or(0, |frame| frame.at),
            answer: answer.map_or(0, |frame| frame.at),
            last: frames.last().map_or(0, |frame| frame.at),
            input: record.usage.input_tokens,
            output: record.usage.output_tokens,
            frames: frames.len() as u32,
            first_lag: u32::try_from(first_lag).unwrap_or(u32::MAX),
            ok: record.last_attempt && record.outcome.is_ok(),
            streamed: record.streamed,
            single,
            answered: answer.is_some(),
            fresh: record.attempt == 0,
            slot: record.attempt == 0 && record.turn == 0,
            connected: record.timeline.connect.is_some(),
        })
    }

    /// The first output of a stream.
    pub(crate) fn first_output(&self) -> Option<Nanos> {
        (self.streamed && self.frames > 0).then_some(self.first)
    }

    /// Whether there is output that a reader sees.
    pub(crate) fn has_output(&self) -> bool {
        self.frames > 0
    }

    /// The last output; the end where there is none.
    pub(crate) fn last_output(&self) -> Nanos {
        if self.frames > 0 { self.last } else { self.end }
    }

    pub(crate) fn ttft(&self) -> Option<Nanos> {
        Some(self.first_output()?.saturating_sub(self.sent))
    }

    pub(crate) fn ttft_from_schedule(&self) -> Option<Nanos> {
        Some(self.first_output()?.saturating_sub(self.scheduled))
    }

    /// The first output of a stream that is not reasoning.
    pub(crate) fn answer(&self) -> Option<Nanos> {
        (self.streamed && self.answered).then_some(self.answer)
    }

    pub(crate) fn latency(&self) -> Nanos {
        self.last_output().saturating_sub(self.sent)
    }

    pub(crate) fn latency_from_schedule(&self) -> Nanos {
        self.last_output().saturating_sub(self.scheduled)
    }

    pub(crate) fn dispatch_delay(&self) -> Nanos {
        self.sent.saturating_sub(self.scheduled)
    }

    /// Time and tokens after the first token. A reply in one frame shows no decoding, whatever its
    /// tokens; nor do several choices, whose tokens share one time and are counted in one sum.
    fn decoding(&self) -> Option<(Nanos, u32)> {
        let later = self.output?.checked_sub(1).filter(|&later| later > 0)?;
        let shown = self.streamed && self.single && self.frames > 1;
        shown.then(|| (self.last.saturating_sub(self.first), later))
    }

    /// Rounded to the nanosecond.
    pub(crate) fn tpot(&self) -> Option<Nanos> {
        let (time, tokens) = self.decoding()?;
        Some(rounded(u128::from(time), u128::from(tokens)))
    }

    /// TPOT as an objective judges it: a reply of one token has none to miss.
    pub(crate) fn tpot_to_judge(&self) -> Option<Nanos> {
        if self.output == Some(1) { Some(0) } else { self.tpot() }
    }

    /// Millionths of a token a second.
    pub(crate) fn decode_rate(&self) -> Option<u64> {
        let (time, tokens) = self.decoding()?;
        rate(u64::from(tokens), time)
    }

    pub(crate) fn input(&self) -> Option<u64> {
        self.input.map(u64::from)
    }

    pub(crate) fn output(&self) -> Option<u64> {
        self.output.map(u64::from)
    }

    /// `tokens` over the latency, in millionths of a token a second.
    pub(crate) fn per_second(&self, tokens: u64) -> Option<u64> {
        rate(tokens, self.latency())
    }

    /// Number and sum of the gaps between output frames; none where choices are interleaved.
    pub(crate) fn gaps(&self) -> (u64, Nanos) {
        match self.first_output() {
            Some(first) if self.single => {
                (u64::from(self.frames - 1), self.last.saturating_sub(first))
            }
            _ => (0, 0),
        }
    }

    /// The span over which output came: from the first to the last output where both were seen,
    /// else the time in flight.
    pub(crate) fn output_span(&self) -> (Nanos, Nanos) {
        match self.first_output() {
            Some(first) if self.last > first => (first, self.last),
            _ => (self.sent, self.end),
        }
    }
}

/// `tokens` in `time`, in millionths of a token a second; none where no time passed.
fn rate(tokens: u64, time: Nanos) -> Option<u64> {
    (time > 0).then(|| rounded(u128::from(tokens) * 1_000_000_000_000_000, u128::from(time)))
}

/// The quotient, rounded half up.
fn rounded(dividend: u128, divisor: u128) -> u64 {
    u64::try_from((dividend + divisor / 2) / divisor).unwrap_or(u64::MAX)
}
