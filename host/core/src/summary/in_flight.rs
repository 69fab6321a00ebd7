//! Requests in flight over time: mean, peak, plateau and the steady window.

use crate::Nanos;
use crate::metrics::Row;
use crate::totals::Concurrency;

/// What was in flight, by the attempts' intervals from `sent` to `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InFlight {
    /// Sum of all intervals, in nanoseconds.
    pub(super) total: u128,
    /// The most at one moment.
    pub(super) peak: u32,
    /// Median over the time in which there were any; none where no interval has a length.
    pub(super) steady: Option<Window>,
}

/// From the first to the last moment at which in-flight was at least 95 % of its plateau.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub(super) start: Nanos,
    pub(super) end: Nanos,
    pub(super) plateau: u32,
    /// Mean in flight over the window.
    pub(super) mean: f64,
}

impl InFlight {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut starts: Vec<Nanos> = rows.iter().map(|row| row.sent).collect();
        let mut ends: Vec<Nanos> = rows.iter().map(|row| row.end.max(row.sent)).collect();
        starts.sort_unstable();
        ends.sort_unstable();
        let spans = || Spans { starts: &starts, ends: &ends, level: 0, at: 0 };
        let peak = spans().map(|span| span.level).max().unwrap_or(0);
        let total = spans().map(Span::area).sum();
        let steady = plateau(spans(), peak).map(|plateau| window(spans(), plateau));
        Self { total, peak, steady }
    }

    /// Target, mean and peak over a point that took `duration`.
    pub(super) fn concurrency(&self, target: Option<u32>, duration: Option<Nanos>) -> Concurrency {
        let mean = duration.filter(|&span| span > 0).map(|span| self.total as f64 / span as f64);
        Concurrency { target, mean, peak: self.peak }
    }
}

/// The highest level that in-flight reached for half of the time in which it was not 0.
fn plateau(spans: Spans<'_>, peak: u32) -> Option<u32> {
    let mut time_at = vec![0_u128; peak as usize + 1];
    for span in spans {
        time_at[span.level as usize] += u128::from(span.to - span.from);
    }
    let busy: u128 = time_at.iter().skip(1).sum();
    let mut at_or_above = 0;
    (1..=peak).rev().find(|&level| {
        at_or_above += time_at[level as usize];
        at_or_above * 2 >= busy
    })
}

fn window(spans: Spans<'_>, plateau: u32) -> Window {
    let (mut start, mut end) = (None, 0);
    // Area from the start of the window to the end of the last span, and to the end of the window.
    let (mut area, mut area_at_end) = (0_u128, 0_u128);
    for span in spans {
        let high = u64::from(span.level) * 100 >= u64::from(plateau) * 95;
        if start.is_none() && high {
            start = Some(span.from);
        }
        if start.is_some() {
            area += span.area();
        }
        if high {
            (end, area_at_end) = (span.to, area);
        }
    }
    let start = start.expect("the plateau is one of the levels");
    Window { start, end, plateau, mean: area_at_end as f64 / (end - start) as f64 }
}

/// A stretch of time with the same number in flight.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Nanos,
    to: Nanos,
    level: u32,
}

impl Span {
    fn area(self) -> u128 {
        u128::from(self.level) * u128::from(self.to - self.from)
    }
}

/// The stretches between sorted starts and ends; none has length 0.
struct Spans<'a> {
    starts: &'a [Nanos],
    ends: &'a [Nanos],
    level: u32,
    at: Nanos,
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            // Every interval ends, so there is an end as long as anything is left.
            let end = *self.ends.first()?;
            let to = self.starts.first().map_or(end, |&start| start.min(end));
            let span = Span { from: self.at, to, level: self.level };
            self.at = to;
            let begun = self.starts.iter().take_while(|&&start| start == to).count();
            let ended = self.ends.iter().take_while(|&&end| end == to).count();
            self.starts = &self.starts[begun..];
            self.ends = &self.ends[ended..];
            self.level = self.level + begun as u32 - ended as u32;
            if span.to > span.from {
                return Some(span);
            }
        }
    }
}
