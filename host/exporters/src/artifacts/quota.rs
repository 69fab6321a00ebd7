//! How much an exporter may write.

use loadwright_core::export::http::Artifact;
use loadwright_core::ports::Fault;

/// The most that one exporter writes: all that is in its folder of the run, whatever session wrote it;
/// in a folder that was granted, which holds what others wrote too, in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of all files.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self { bytes: 4 << 30, files: 10_000 }
    }
}

/// What was written so far.
#[derive(Debug, Default)]
pub(super) struct Written {
    bytes: u64,
    files: u64,
}

impl Written {
    /// What an earlier session wrote.
    pub(super) fn of(files: &[Artifact]) -> Self {
        let bytes = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        Self { bytes, files: files.len() as u64 }
    }

    /// Bytes that may be written still.
    pub(super) fn left(&self, quota: Quota) -> u64 {
        quota.bytes.saturating_sub(self.bytes)
    }

    /// Whether a file may grow by `bytes`, and be a new one.
    pub(super) fn check(&self, quota: Quota, bytes: u64, new: bool) -> Result<(), Fault> {
        if bytes > self.left(quota) {
            let most = quota.bytes;
            return Err(Fault::Fatal(format!("artifacts would exceed {most} bytes")));
        }
        if new && self.files >= quota.files {
            return Err(Fault::Fatal(format!("artifacts would exceed {} files", quota.files)));
        }
        Ok(())
    }

    /// A file had `before` bytes, or was not there, and has `after`.
    pub(super) fn add(&mut self, before: Option<u64>, after: u64) {
        let grown = self.bytes.saturating_add(after);
        self.bytes = grown.saturating_sub(before.unwrap_or(0));
        self.files += u64::from(before.is_none());
    }
}
