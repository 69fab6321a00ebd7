//! What is found wrong, or worth saying, while settings are read: every mistake is kept, so that
//! the user sees all of them at once.

use crate::args::values::Typed;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The flag, without dashes; a name of one letter is a short one.
    pub flag: String,
    /// Where it was set, when not on the command line: a file, or a variable.
    pub origin: Option<String>,
    /// What is wrong and what to do: a lower-case fragment.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            None if self.flag.chars().count() == 1 => write!(out, "-{}: {}", self.flag, self.text),
            None => write!(out, "--{}: {}", self.flag, self.text),
            Some(origin) => write!(out, "{} ({origin}): {}", self.flag, self.text),
        }
    }
}

/// All mistakes of a command line, its environment and its file.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(out, "one setting cannot be used:")?,
            count => write!(out, "{count} settings cannot be used:")?,
        }
        self.0.iter().try_for_each(|mistake| write!(out, "\n  {mistake}"))
    }
}

/// Where settings came from that were not on the command line: flag to file or variable.
pub type Origins = BTreeMap<String, String>;

/// Mistakes and notices, gathered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Where settings came from.
    pub origins: Origins,
    /// What cannot be used.
    pub mistakes: Mistakes,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl Findings {
    /// Notes that `flag` cannot be used as it is.
    pub fn mistake(&mut self, flag: &str, text: impl fmt::Display) {
        let origin = self.origins.get(flag).cloned();
        self.mistakes.0.push(Mistake { flag: flag.into(), origin, text: text.to_string() });
    }

    /// Notes that what `origin` says of `flag` cannot be used, whether or not it would count.
    pub fn mistake_at(&mut self, flag: &str, origin: &str, text: impl fmt::Display) {
        let origin = Some(origin.to_owned());
        self.mistakes.0.push(Mistake { flag: flag.into(), origin, text: text.to_string() });
    }

    /// Notes something the user should know.
    pub fn notice(&mut self, text: impl Into<String>) {
        self.notices.push(text.into());
    }

    /// The value, or a mistake and nothing.
    pub fn read<T: Copy>(&mut self, flag: &str, typed: &Typed<T>) -> Option<T> {
        match typed {
            Ok(value) => Some(*value),
            Err(misread) => {
                self.mistake(flag, misread);
                None
            }
        }
    }

    /// A whole number within `range`; the low end where it cannot be read.
    pub fn whole(&mut self, flag: &str, typed: &Typed<i64>, range: &RangeInclusive<i64>) -> u64 {
        let value = self.read(flag, typed).unwrap_or(*range.start());
        if value < *range.start() {
            self.mistake(flag, format!("{value} is too small; give {} or more", range.start()));
        } else if value > *range.end() {
            self.mistake(flag, format!("{value} is too large; give {} or less", range.end()));
        }
        u64::try_from(value).unwrap_or_default()
    }

    /// As [`whole`](Self::whole), for values that fit 32 bits.
    pub fn small(&mut self, flag: &str, typed: &Typed<i64>, least: i64) -> u32 {
        let value = self.whole(flag, typed, &(least..=i64::from(u32::MAX)));
        u32::try_from(value).unwrap_or(u32::MAX)
    }

    /// A number of at least 0; above 0 where `zero` is not allowed.
    pub fn span(&mut self, flag: &str, typed: &Typed<f64>, zero: bool) -> f64 {
        let Some(value) = self.read(flag, typed) else { return 1.0 };
        if value > 0.0 || (zero && value == 0.0) {
            return value;
        }
        let remedy = if zero { "give 0 or more" } else { "give a number above 0" };
        self.mistake(flag, format!("{value} is too small; {remedy}"));
        1.0
    }

    /// Which of `choices` the text is; the first where it is none.
    pub fn choice<T: Copy>(&mut self, flag: &str, text: &str, choices: &[(&str, T)]) -> T {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return *value;
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.mistake(flag, format!("`{text}` is not known; choose from {}", names.join(", ")));
        choices[0].1
    }
}
