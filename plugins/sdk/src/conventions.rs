//! What a conventions plugin implements: the names of spans and metrics.

use crate::Fault;

pub use crate::bindings::conventions::exports::loadwright::plugin::conventions::{
    Attribute, Condition, Instrument, MetricShape, Shapes, SpanKind, SpanShape, Test, Value,
};

/// Names for telemetry.
pub trait Conventions: 'static {
    /// Takes the settings, a JSON object, as of [`Exporter::configure`](crate::Exporter::configure).
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// What a request becomes.
    ///
    /// # Errors
    /// The settings ask for what there is no name for.
    fn telemetry(&self) -> Result<Shapes, Fault>;
}
