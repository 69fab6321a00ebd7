//! What a dataset plugin implements.

use crate::{Conversation, Fault};

/// A dataset, configured. Item n depends on settings, seed and n alone.
pub trait Dataset: 'static {
    /// Takes the settings, a JSON object (see [`crate::settings::Dataset`]).
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// How many conversations there are; none where there is no end, or it is not known.
    ///
    /// # Errors
    /// It cannot be read.
    fn size(&self) -> Result<Option<u32>, Fault>;

    /// Conversations `first .. first + count`; fewer: the end.
    ///
    /// # Errors
    /// An item cannot be made or read.
    fn generate(&self, first: u32, count: u32) -> Result<Vec<Conversation>, Fault>;
}
