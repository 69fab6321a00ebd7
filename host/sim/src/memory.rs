//! The memory budget that the requests and replies of a server share, so that no number of clients
//! exhausts the machine. The small fixed cost of a connection is not counted.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit of accounting in bytes; anything smaller is free.
const BLOCK: usize = 4096;

/// The budget of a server.
#[derive(Debug, Clone)]
pub(crate) struct MemoryBudget(Arc<Semaphore>);

/// The part reserved for one request and its reply; released when dropped.
#[derive(Debug, Default)]
pub(crate) struct Reservation(Option<OwnedSemaphorePermit>);

/// The budget is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BudgetExceeded;

impl MemoryBudget {
    /// A budget of `bytes`.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / BLOCK).min(Semaphore::MAX_PERMITS))))
    }

    /// Grows `reservation` to `bytes` in total, where it is smaller.
    ///
    /// # Errors
    /// The budget does not allow it.
    pub(crate) fn reserve_total(
        &self,
        reservation: &mut Reservation,
        bytes: usize,
    ) -> Result<(), BudgetExceeded> {
        let missing = (bytes / BLOCK).saturating_sub(reservation.blocks());
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).map_err(|_| BudgetExceeded)?;
        let more =
            Arc::clone(&self.0).try_acquire_many_owned(missing).map_err(|_| BudgetExceeded)?;
        match &mut reservation.0 {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// Grows `reservation` by `bytes`.
    ///
    /// # Errors
    /// The budget does not allow it.
    pub(crate) fn reserve_more(
        &self,
        reservation: &mut Reservation,
        bytes: usize,
    ) -> Result<(), BudgetExceeded> {
        let all = (reservation.blocks() * BLOCK).saturating_add(bytes);
        self.reserve_total(reservation, all)
    }
}

impl Reservation {
    fn blocks(&self) -> usize {
        self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

#[cfg(test)]
mod tests;
