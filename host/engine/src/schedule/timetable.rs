//! When slots are scheduled: by an arrival process, by a trace, or whenever a worker is free. Times
//! count from the beginning of a phase; the queue knows when that was.

use crate::messages::PreparedRequest;
use loadwright_core::Nanos;
use loadwright_core::arrival::Offsets;
use loadwright_core::ports::{Cause, PluginFailure};
use std::iter::Peekable;

/// When slots are scheduled.
pub(crate) enum Timetable {
    /// Whenever a worker is free.
    WhenFree,
    /// By an arrival process.
    Arrivals(Box<Peekable<Offsets>>),
    /// By the times that the dataset gives.
    Trace(Trace),
}

/// The times of a dataset's conversations, in nanoseconds after its beginning.
#[derive(Debug)]
pub(crate) struct Trace {
    /// The dataset's name.
    dataset: String,
    /// The item that slot 0 carries.
    first_item: u64,
    /// The time of the last slot that was put into the queue.
    latest: Nanos,
    /// The time that the phase begins with, once its first slot is handed out.
    begins: Option<Nanos>,
}

impl Timetable {
    /// Slots scheduled by `arrivals`, if there are any.
    pub(crate) fn of(arrivals: Option<Offsets>) -> Self {
        arrivals.map_or(Self::WhenFree, |arrivals| Self::Arrivals(Box::new(arrivals.peekable())))
    }

    /// Begins a phase: with `arrivals` of its own, or where the trace has come to.
    pub(crate) fn restart(&mut self, arrivals: Option<Offsets>) {
        match self {
            Self::Trace(trace) => trace.begins = None,
            Self::WhenFree | Self::Arrivals(_) => *self = Self::of(arrivals),
        }
    }

    /// Takes note of the next slot before it is put into the queue. One that a trace schedules before
    /// the slot ahead of it fails.
    pub(crate) fn check(&mut self, prepared: &mut PreparedRequest) {
        if let Self::Trace(trace) = self {
            trace.check(prepared);
        }
    }

    /// When the next slot, which is `prepared`, is scheduled, counted from the phase's beginning.
    pub(crate) fn next(&mut self, prepared: &PreparedRequest) -> Option<Nanos> {
        match self {
            Self::WhenFree => None,
            Self::Arrivals(arrivals) => arrivals.next(),
            Self::Trace(trace) => Some(trace.next(prepared)),
        }
    }

    /// When the next slot is scheduled by an arrival process, if that is before `until`.
    pub(crate) fn next_arrival_before(&mut self, until: Nanos) -> Option<Nanos> {
        match self {
            Self::Arrivals(arrivals) => arrivals.next_if(|offset| *offset <= until),
            Self::WhenFree | Self::Trace(_) => None,
        }
    }
}

impl Trace {
    /// The trace of `dataset` from item `first_item` on.
    pub(crate) fn new(dataset: &str, first_item: u64) -> Self {
        Self { dataset: dataset.to_owned(), first_item, latest: 0, begins: None }
    }

    /// An item that could not be made has the time of the one before.
    fn check(&mut self, prepared: &mut PreparedRequest) {
        let before = self.latest;
        match prepared.scheduled {
            Some(scheduled) if scheduled < before => {
                prepared.request = Err(self.fall(prepared.seq, scheduled));
                prepared.scheduled = Some(before);
            }
            Some(scheduled) => self.latest = scheduled,
            None => prepared.scheduled = Some(before),
        }
    }

    fn fall(&self, seq: u64, scheduled: Nanos) -> PluginFailure {
        let seconds = |nanos: Nanos| nanos as f64 / 1e9;
        let text = format!(
            "item {} is scheduled at {} s, before an earlier item at {} s; sort the dataset by its \
             scheduled times",
            self.first_item + seq,
            seconds(scheduled),
            seconds(self.latest)
        );
        PluginFailure {
            plugin: self.dataset.clone(),
            call: "generate".into(),
            cause: Cause::Contract(text),
        }
    }

    /// A phase that begins with a later item than the dataset's first begins at that item's time.
    fn next(&mut self, prepared: &PreparedRequest) -> Nanos {
        let scheduled = prepared.scheduled.unwrap_or(self.latest);
        let is_first = self.first_item + prepared.seq == 0;
        let begins = *self.begins.get_or_insert(if is_first { 0 } else { scheduled });
        scheduled.saturating_sub(begins)
    }
}

#[cfg(test)]
mod tests;
