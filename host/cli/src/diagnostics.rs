//! Errors and notices found while settings are read. Every error is kept, so that the user sees all
//! of them at once.

use crate::args::values::{Decimal, Parsed, Whole};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The flag, without dashes; a name of one letter is a short one.
    pub flag: String,
    /// The file or variable that set it; none: the command line.
    pub origin: Option<String>,
    /// What is wrong and what to do: a lower-case fragment.
    pub text: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            None if self.flag.chars().count() == 1 => write!(out, "-{}: {}", self.flag, self.text),
            None => write!(out, "--{}: {}", self.flag, self.text),
            Some(origin) => write!(out, "{} ({origin}): {}", self.flag, self.text),
        }
    }
}

/// All setting errors of a command line, its environment and its settings file.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
pub struct SettingErrors(pub Vec<SettingError>);

impl fmt::Display for SettingErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(out, "one setting cannot be used:")?,
            count => write!(out, "{count} settings cannot be used:")?,
        }
        self.0.iter().try_for_each(|error| write!(out, "\n  {error}"))
    }
}

/// The file or variable that set each flag.
pub type Origins = BTreeMap<String, String>;

/// Seconds that a `Duration` and the run's clock can hold.
const MAX_SECONDS: f64 = 1e9;

/// Errors and notices, collected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    /// Where settings came from that were not on the command line.
    pub origins: Origins,
    /// Settings that cannot be used.
    pub errors: SettingErrors,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl Diagnostics {
    /// Adds an error of `flag`.
    pub fn error(&mut self, flag: &str, text: impl fmt::Display) {
        let origin = self.origins.get(flag).cloned();
        self.errors.0.push(SettingError { flag: flag.into(), origin, text: text.to_string() });
    }

    /// Adds an error of `flag` as `origin` sets it, even if another origin takes precedence.
    pub fn error_at(&mut self, flag: &str, origin: &str, text: impl fmt::Display) {
        let origin = Some(origin.to_owned());
        self.errors.0.push(SettingError { flag: flag.into(), origin, text: text.to_string() });
    }

    /// Adds an error of `flag` unless it has one: every point of a sweep would report it.
    pub fn error_once(&mut self, flag: &str, text: impl fmt::Display) {
        if !self.errors.0.iter().any(|error| error.flag == flag) {
            self.error(flag, text);
        }
    }

    /// Adds something that the user should know.
    pub fn notice(&mut self, text: impl Into<String>) {
        self.notices.push(text.into());
    }

    /// `value`, unless there are errors.
    ///
    /// # Errors
    /// All of them.
    pub fn into_result<T>(self, value: T) -> Result<T, SettingErrors> {
        if self.errors.0.is_empty() { Ok(value) } else { Err(self.errors) }
    }

    /// The number; none if it cannot be read.
    pub fn number<T: Copy>(&mut self, flag: &str, given: &Parsed<T>) -> Option<T> {
        match given {
            Ok(value) => Some(*value),
            Err(invalid) => {
                self.error(flag, invalid);
                None
            }
        }
    }

    /// A whole number within `range`; the low end if it cannot be read.
    pub fn whole(&mut self, flag: &str, given: &Whole, range: &RangeInclusive<i64>) -> u64 {
        let value = self.number(flag, &given.0).unwrap_or(*range.start());
        if value < *range.start() {
            self.error(flag, format!("{value} is too small; give {} or more", range.start()));
        } else if value > *range.end() {
            self.error(flag, format!("{value} is too large; give {} or less", range.end()));
        }
        u64::try_from(value).unwrap_or_default()
    }

    /// A whole number of at least `min` that fits 32 bits.
    pub fn whole_u32(&mut self, flag: &str, given: &Whole, min: i64) -> u32 {
        let value = self.whole(flag, given, &(min..=i64::from(u32::MAX)));
        u32::try_from(value).unwrap_or(u32::MAX)
    }

    /// The numbers of a list, each as [`whole_u32`](Self::whole_u32) reads it.
    pub fn list_u32(&mut self, flag: &str, given: &[Whole], min: i64) -> Vec<u32> {
        given.iter().map(|number| self.whole_u32(flag, &number.clone().in_list(), min)).collect()
    }

    /// A number above 0.
    pub fn positive(&mut self, flag: &str, given: &Decimal) -> f64 {
        let Some(value) = self.number(flag, &given.0) else { return 1.0 };
        if value > 0.0 {
            return value;
        }
        self.error(flag, format!("{value} is too small; give a number above 0"));
        1.0
    }

    /// A number of at least 0.
    pub fn non_negative(&mut self, flag: &str, given: &Decimal) -> f64 {
        let Some(value) = self.number(flag, &given.0) else { return 1.0 };
        if value >= 0.0 {
            return value;
        }
        self.error(flag, format!("{value} is too small; give 0 or more"));
        1.0
    }

    /// A time above 0.
    pub fn seconds(&mut self, flag: &str, given: &Decimal) -> Duration {
        let seconds = self.positive(flag, given);
        self.duration(flag, seconds)
    }

    /// A time of at least 0.
    pub fn seconds_or_zero(&mut self, flag: &str, given: &Decimal) -> Duration {
        let seconds = self.non_negative(flag, given);
        self.duration(flag, seconds)
    }

    fn duration(&mut self, flag: &str, seconds: f64) -> Duration {
        if seconds > MAX_SECONDS {
            self.error(flag, format!("{seconds} is too large; give {MAX_SECONDS} or less"));
            return Duration::ZERO;
        }
        Duration::from_secs_f64(seconds)
    }

    /// The value of `choices` that `text` names; the first if there is none.
    pub fn choice<T: Copy>(&mut self, flag: &str, text: &str, choices: &[(&str, T)]) -> T {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return *value;
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.error(flag, format!("unknown value `{text}`; choose from {}", names.join(", ")));
        choices[0].1
    }
}
