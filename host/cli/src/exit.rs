//! How the process ends: one enum, one table of codes, documented in docs/EXIT-CODES.md.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// At least one request was measured, or the command did what it was asked.
    Measured,
    /// Nothing was measured: every request failed, or the connection test did.
    NothingMeasured,
    /// The command line, the environment or the settings file cannot be used.
    Usage,
    /// A plugin could not be loaded or configured, or failed under `fail-run`.
    Plugin,
    /// Results could not be written or read.
    Output,
    /// A point meets a condition of `--fail-if`.
    ConditionMet,
    /// Results could not be sent, and must be: `--export-failure fail`, or `export`.
    Export,
    /// The user stopped the run; what was measured is written.
    Interrupted,
}

impl Exit {
    /// Every way to end.
    pub const ALL: [Self; 8] = [
        Self::Measured,
        Self::NothingMeasured,
        Self::Usage,
        Self::Plugin,
        Self::Output,
        Self::ConditionMet,
        Self::Export,
        Self::Interrupted,
    ];

    /// The code the shell sees. 130 is 128 + SIGINT, as shells report an interrupted command.
    pub fn code(self) -> u8 {
        match self {
            Self::Measured => 0,
            Self::NothingMeasured => 1,
            Self::Usage => 2,
            Self::Plugin => 3,
            Self::Output => 4,
            Self::ConditionMet => 5,
            Self::Export => 6,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests;
