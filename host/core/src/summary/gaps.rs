//! Gaps between output frames and the lag of the reads that brought them: the part that runs once a
//! frame.

use crate::metrics::{Metric, Metrics};
use crate::percentile::Values;
use crate::record::Record;
use crate::totals::Frames;

/// Metrics over frames.
#[derive(Debug, Clone, Default)]
pub(super) struct FrameMetrics {
    itl: Values,
    per_token: Values,
    read_lag: Values,
    pub(super) frames: Frames,
}

impl FrameMetrics {
    /// Adds the frames of a successful request, which requested a `single` choice or for several:
    /// a gap between frames of different choices says nothing.
    pub(super) fn count(&mut self, record: &Record, single: bool) {
        let frames = &record.frames;
        let mut read = None;
        for frame in frames {
            // Frames of one read have one read lag.
            if !(frame.shared && read == Some(frame.at)) {
                self.read_lag.record(frame.user.saturating_sub(frame.at));
            }
            read = Some(frame.at);
        }
        if !record.streamed {
            return;
        }
        self.frames.output += frames.len() as u64;
        if !single {
            return;
        }
        for pair in frames.windows(2) {
            self.itl.record(pair[1].at.saturating_sub(pair[0].at));
            self.frames.gaps += 1;
            // One read may also have brought a frame without output and then this one.
            self.frames.shared += u64::from(pair[1].shared && pair[1].at == pair[0].at);
        }
        self.count_per_token(record);
    }

    /// Adds the distributions to `metrics`; user timestamps have no read lag, only `kernel` ones do.
    pub(super) fn finish(self, metrics: &mut Metrics, kernel: bool) {
        metrics.insert(Metric::Itl, self.itl.finish());
        metrics.insert(Metric::ItlPerToken, self.per_token.finish());
        metrics.insert(Metric::ReadLag, self.read_lag.finish().filter(|_| kernel));
    }

    /// The values of `metric` so far; none where it is not one over frames.
    pub(super) fn values(&self, metric: Metric) -> Option<&Values> {
        match metric {
            Metric::Itl => Some(&self.itl),
            Metric::ItlPerToken => Some(&self.per_token),
            Metric::ReadLag => Some(&self.read_lag),
            _ => None,
        }
    }

    /// A gap that ends with a frame of k tokens counts as its k-th part, k times. A frame of no
    /// token passes its gap on to the next. Replies in which some frame does not
    /// give its tokens are left out.
    fn count_per_token(&mut self, record: &Record) {
        let Some((first, later)) = record.frames.split_first() else { return };
        if later.iter().any(|frame| frame.tokens.is_none()) {
            return;
        }
        let mut from = first.at;
        for frame in later {
            let tokens = frame.tokens.unwrap_or(0);
            if tokens > 0 {
                let gap = frame.at.saturating_sub(from);
                let part = (gap + u64::from(tokens) / 2) / u64::from(tokens);
                self.per_token.record_n(part, tokens);
                from = frame.at;
            }
        }
    }
}
