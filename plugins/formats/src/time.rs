//! Times of day in UTC, from seconds since the Unix epoch.

#[cfg(test)]
mod tests;

use prost::Message;

const DAY: i64 = 86_400;

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Timestamp {
    /// Since the Unix epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Below a second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// To the microsecond.
pub fn timestamp(seconds: f64) -> Timestamp {
    let micros = (seconds.clamp(0.0, 253_402_300_799.0) * 1e6).round() as i64;
    let nanos = (micros.rem_euclid(1_000_000) * 1_000) as i32;
    Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
}

/// `2026-01-02T03:04:05.000006Z`.
pub fn utc(seconds: f64) -> String {
    format!("{}Z", iso(seconds))
}

/// The same with `+00:00` in place of `Z`.
pub fn offset(seconds: f64) -> String {
    format!("{}+00:00", iso(seconds))
}

/// `20260102_030405`.
pub fn stamp(seconds: f64) -> String {
    let at = iso(seconds);
    let digits: String = at.chars().take(19).filter(char::is_ascii_digit).collect();
    let (day, clock) = digits.split_at(8);
    format!("{day}_{clock}")
}

/// Whole seconds of what [`utc`] writes, with or without a part below them; none: another form.
pub fn parse(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    Some(days(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

/// `2026-01-02T03:04:05.000006`.
pub fn iso(seconds: f64) -> String {
    let Timestamp { seconds: whole, nanos } = timestamp(seconds);
    let (year, month, day) = date(whole.div_euclid(DAY));
    let clock = whole.rem_euclid(DAY);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let micros = nanos / 1_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}")
}

/// The Gregorian date of a day since 1970-01-01. Years begin in March, so that a leap day is the last.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since 1970-01-01 of a Gregorian date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
