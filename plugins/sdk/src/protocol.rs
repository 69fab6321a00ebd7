//! What a protocol plugin implements.

use crate::{Ask, Exchange, Fault, ReadingPlan, Reply, Request};

/// One API flavour, configured: how its requests are written and its replies read.
pub trait Protocol: 'static {
    /// Takes the settings, a JSON object (see [`crate::settings::Protocol`]).
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// How the host reads replies without calling [`decode`](Self::decode); none where no plan fits.
    fn plan(&self) -> Option<ReadingPlan>;

    /// The request of one ask.
    ///
    /// # Errors
    /// The ask cannot be said in this API.
    fn format(&self, ask: Ask) -> Result<Request, Fault>;

    /// What one exchange carried: the same that the plan finds, where there is one.
    ///
    /// # Errors
    /// The frames are not of this API.
    fn decode(&self, exchange: Exchange) -> Result<Reply, Fault>;
}
