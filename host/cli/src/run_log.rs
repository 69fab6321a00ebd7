//! `benchmark.log`: what was said during the run, dated. Lines said before the run's folder is
//! there wait for it.

use loadwright_core::foreign::{escaped, escaped_lines};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// How things were resolved.
    Debug,
    /// Worth knowing.
    Info,
    /// Something to look at.
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
    place: Mutex<Place>,
}

#[derive(Debug)]
enum Place {
    /// Lines that wait for a file.
    Waiting(Vec<String>),
    /// The file; none where it cannot be written.
    File(Option<File>),
}

impl RunLog {
    /// A run_log without a file yet. The local time's offset is taken here, since it cannot be
    /// had once there are threads.
    pub(crate) fn new() -> Self {
        let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
        Self { offset, place: Mutex::new(Place::Waiting(Vec::new())) }
    }

    /// Writes to the file `path` from now on, what was said so far first.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn attach(&self, path: &Path) -> std::io::Result<()> {
        let mut file = File::create(path)?;
        let mut place = self.lock();
        if let Place::Waiting(lines) = &*place {
            lines.iter().try_for_each(|line| file.write_all(line.as_bytes()))?;
        }
        *place = Place::File(Some(file));
        Ok(())
    }

    /// Adds `text`, which may have several lines and hold foreign words, under the name of its
    /// `source`: escaped, so that every line that begins with a date is ours.
    pub(crate) fn write(&self, source: &str, level: Level, text: &str) {
        self.add(&escaped(source), level, &escaped_lines(text.trim_end()));
    }

    /// Adds a report as it is laid out: what is foreign in it is escaped there.
    pub(crate) fn write_report(&self, source: &str, text: &str) {
        self.add(source, Level::Info, text.trim_end());
    }

    fn add(&self, source: &str, level: Level, text: &str) {
        let line = format!("{} - {source} - {} - {text}\n", self.now(), level.label());
        match &mut *self.lock() {
            Place::Waiting(lines) => lines.push(line),
            Place::File(file) => {
                // A full disk ends the run by way of the records; the log gives up in silence.
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Default for RunLog {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
