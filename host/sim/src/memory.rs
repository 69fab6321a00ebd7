//! What the requests and replies of a server hold together: a budget, so that no number of clients
//! takes the machine's memory. What one connection needs in any case is not counted.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted, in bytes; less than one is free.
const BLOCK: usize = 4096;

/// The budget of a server.
#[derive(Debug, Clone)]
pub(crate) struct Memory(Arc<Semaphore>);

/// What one request and its reply hold of it; given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<OwnedSemaphorePermit>);

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Memory {
    /// A budget of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / BLOCK).min(Semaphore::MAX_PERMITS))))
    }

    /// Makes sure that `held` covers `bytes` in all.
    ///
    /// # Errors
    /// There is less left.
    pub(crate) fn cover(&self, held: &mut Held, bytes: usize) -> Result<(), Full> {
        let missing = (bytes / BLOCK).saturating_sub(held.blocks());
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).map_err(|_| Full)?;
        let more = Arc::clone(&self.0).try_acquire_many_owned(missing).map_err(|_| Full)?;
        match &mut held.0 {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// Adds `bytes` to what `held` covers.
    ///
    /// # Errors
    /// There is less left.
    pub(crate) fn add(&self, held: &mut Held, bytes: usize) -> Result<(), Full> {
        let all = (held.blocks() * BLOCK).saturating_add(bytes);
        self.cover(held, all)
    }
}

impl Held {
    fn blocks(&self) -> usize {
        self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

#[cfg(test)]
mod tests;
