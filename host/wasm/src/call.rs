//! One call of a guest's export, as limits, randomness and errors know it.

use std::fmt;

/// A call of an export.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) export: &'static str,
    /// The first item that it is for.
    pub(crate) first: u32,
    /// Whether it is for that item alone, and errors should say so.
    pub(crate) alone: bool,
    /// Whether it is made once a run, and may take [`PATIENCE`] times as long as others.
    pub(crate) once: bool,
}

/// How much longer a call may take that is made once a run.
const PATIENCE: u32 = 60;

impl Call {
    /// How many times the usual time it may take.
    pub(crate) fn patience(self) -> u32 {
        if self.once { PATIENCE } else { 1 }
    }

    /// Whether it ends when the run stops; replies that were received are still decoded.
    pub(crate) fn stops(self) -> bool {
        self.export != "decode"
    }

    /// A call that is for no item.
    pub(crate) const fn of(export: &'static str) -> Self {
        Self { export, first: 0, alone: false, once: false }
    }

    /// The same call, made once a run.
    pub(crate) const fn patient(self) -> Self {
        Self { once: true, ..self }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.export)?;
        if self.alone { write!(f, " of item {}", self.first) } else { Ok(()) }
    }
}
