//! `benchmark.log`: the messages of a run, dated. Those from before the run's folder exists are kept
//! until it does.

use loadwright_core::foreign::{escaped, escaped_lines};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// Severity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// How settings were resolved.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth checking.
    Warning,
    /// Something went wrong.
    Error,
}

impl Level {
    fn label(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// The run's log.
#[derive(Debug)]
pub(crate) struct RunLog {
    offset: UtcOffset,
    destination: Mutex<Destination>,
}

#[derive(Debug)]
enum Destination {
    /// Lines kept until there is a file.
    Pending(Vec<String>),
    /// The file; none if it cannot be written.
    File(Option<File>),
}

impl RunLog {
    /// A log without a file yet. Reads the offset of local time, which is not possible once there
    /// are threads.
    pub(crate) fn new() -> Self {
        let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
        let run_log = Self { offset, destination: Mutex::new(Destination::Pending(Vec::new())) };
        // Who reads the log elsewhere or later has no other way to know.
        let (hours, minutes, _) = offset.as_hms();
        let sign = if offset.is_negative() { '-' } else { '+' };
        let (hours, minutes) = (hours.unsigned_abs(), minutes.unsigned_abs());
        let zone = format!("local time is UTC{sign}{hours:02}:{minutes:02}");
        run_log.add("loadwright", Level::Info, &zone);
        run_log
    }

    /// Writes to the file `path` from now on, pending lines first.
    ///
    /// # Errors
    /// The file cannot be created.
    pub(crate) fn attach(&self, path: &Path) -> std::io::Result<()> {
        let mut file = File::create(path)?;
        let mut destination = self.lock();
        if let Destination::Pending(lines) = &*destination {
            lines.iter().try_for_each(|line| file.write_all(line.as_bytes()))?;
        }
        *destination = Destination::File(Some(file));
        Ok(())
    }

    /// Adds `text`, which may have several lines and quote foreign text, under the name of its
    /// `source`. It is escaped, so that every line that begins with a date is ours.
    pub(crate) fn write(&self, source: &str, level: Level, text: &str) {
        self.add(&escaped(source), level, &escaped_lines(text.trim_end()));
    }

    /// Adds a report as it is: foreign text in it is escaped already.
    pub(crate) fn write_report(&self, source: &str, text: &str) {
        self.add(source, Level::Info, text.trim_end());
    }

    fn add(&self, source: &str, level: Level, text: &str) {
        let line = format!("{} - {source} - {} - {text}\n", self.now(), level.label());
        match &mut *self.lock() {
            Destination::Pending(lines) => lines.push(line),
            Destination::File(file) => {
                // A full disk ends the run through its records; the log just stops.
                if file.as_mut().is_some_and(|file| file.write_all(line.as_bytes()).is_err()) {
                    *file = None;
                }
            }
        }
    }

    fn now(&self) -> String {
        let wall = i128::from(loadwright_timing::clock::wall());
        let utc = OffsetDateTime::from_unix_timestamp_nanos(wall)
            .expect("584 years after 1970 are within time's range");
        let format = format_description!(
            "[year]-[month]-[day] [hour]:[minute]:[second],[subsecond digits:3]"
        );
        utc.to_offset(self.offset).format(format).expect("every component is there")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Destination> {
        self.destination.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Default for RunLog {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
