//! The run's log, `benchmark.log`, read while it grows: entries that begin with a date, each with the
//! lines up to the next one.

use super::logs::Line;
use loadwright_core::ports::ExporterServices;
use opentelemetry::logs::Severity;
use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

#[cfg(test)]
mod tests;

/// Its name, as exporters read the run's files.
const NAME: &str = "results/benchmark.log";

/// Bytes that are read at once; a longer entry loses its end.
const CHUNK: u32 = 256 << 10;

/// Bytes of a date: `2026-11-27 22:02:27,664`.
const DATE: usize = 23;

/// What the first entry says of the dates of all.
const ZONE: &str = "local time is UTC";

/// The log, as far as it was read.
#[derive(Debug, Clone)]
pub(super) struct RunLog {
    zone: UtcOffset,
}

impl Default for RunLog {
    fn default() -> Self {
        Self { zone: UtcOffset::UTC }
    }
}

impl RunLog {
    /// Reads in which zone its dates are; it is in the first entry.
    pub(super) fn open(&mut self, files: &mut dyn ExporterServices) {
        let head = files.read(NAME, 0, 1024).unwrap_or_default();
        let head = String::from_utf8_lossy(&head);
        let zone = head.lines().next().and_then(|line| line.split_once(ZONE));
        self.zone = zone.and_then(|(_, zone)| offset(zone.trim())).unwrap_or(UtcOffset::UTC);
    }

    /// The entries behind `read`, which is moved behind them. The last one may still grow: it is among
    /// them only at the end.
    pub(super) fn next(
        &self,
        files: &mut dyn ExporterServices,
        read: &mut u64,
        end: bool,
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        loop {
            // A run in memory has no log.
            let bytes = files.read(NAME, *read, CHUNK).unwrap_or_default();
            let is_full = bytes.len() >= CHUNK as usize;
            let whole = whole(&bytes, is_full, end);
            if whole == 0 {
                return lines;
            }
            *read += whole as u64;
            let text = String::from_utf8_lossy(&bytes[..whole]);
            lines.extend(entries(&text).filter_map(|entry| self.line(entry)));
        }
    }

    fn line(&self, entry: &str) -> Option<Line> {
        let (date, rest) = entry.split_at_checked(DATE)?;
        let mut parts = rest.strip_prefix(" - ")?.splitn(3, " - ");
        let (source, level, text) = (parts.next()?, parts.next()?, parts.next()?);
        let severity = match level {
            "DEBUG" => Severity::Debug,
            "WARNING" => Severity::Warn,
            "ERROR" => Severity::Error,
            _ => Severity::Info,
        };
        let at = local(date)?.assume_offset(self.zone).unix_timestamp_nanos() as f64 / 1e9;
        let source = if source == "loadwright" { String::new() } else { source.into() };
        Some(Line { at, severity, text: text.trim_end().into(), source, point: String::new() })
    }
}

/// Bytes of `bytes` that hold whole entries.
fn whole(bytes: &[u8], is_full: bool, end: bool) -> usize {
    let last = starts(bytes).last().unwrap_or_default();
    match (last, end || is_full) {
        (_, true) if !is_full => bytes.len(),
        // One entry is longer than all that is read at once.
        (0, true) => bytes.len(),
        (last, _) => last,
    }
}

/// Where entries begin.
fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let after = |at: usize| at == 0 || bytes[at - 1] == b'\n';
    let is_date = |at: usize| {
        let date = bytes.get(at..at + DATE).and_then(|date| std::str::from_utf8(date).ok());
        date.and_then(local).is_some()
    };
    (0..bytes.len()).filter(move |&at| after(at) && is_date(at))
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    let starts: Vec<usize> = starts(text.as_bytes()).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &text[start..end])
}

/// The date of an entry.
fn local(date: &str) -> Option<PrimitiveDateTime> {
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<u16>().ok();
    let separators: String =
        [4, 7, 10, 13, 16, 19].iter().filter_map(|&at| date.get(at..=at)).collect();
    if separators != "-- ::," {
        return None;
    }
    let small = |from, to| number(from, to).and_then(|number| u8::try_from(number).ok());
    let month = Month::try_from(small(5, 7)?).ok()?;
    let day = Date::from_calendar_date(number(0, 4)?.into(), month, small(8, 10)?).ok()?;
    let time =
        Time::from_hms_milli(small(11, 13)?, small(14, 16)?, small(17, 19)?, number(20, 23)?);
    Some(PrimitiveDateTime::new(day, time.ok()?))
}

/// `+01:00`.
fn offset(text: &str) -> Option<UtcOffset> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}
