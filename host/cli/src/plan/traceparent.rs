//! Whether requests carry `traceparent`, and which share of them is sampled.

use super::exporters::{Exporters, OTLP};
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use crate::inputs::Inputs;
use loadwright_core::plan::Plan;
use loadwright_core::trace::Traceparent;
use loadwright_exporters::otlp::Options;

/// What requests carry; none: nothing.
pub(super) fn traceparent(
    args: &PerfArgs,
    exporters: &Exporters,
    inputs: &Inputs,
) -> Option<Traceparent> {
    let otlp = exporters.chosen.iter().any(|exporter| exporter.name == OTLP);
    let asked = otlp || args.live_export.traceparent;
    asked.then_some(Traceparent { key: inputs.trace_key, ratio: 1.0 })
}

/// Gives each point the share of its traces that `otlp` samples.
pub(super) fn settle(points: &mut [Plan], exporters: &Exporters, diagnostics: &mut Diagnostics) {
    let Some(otlp) = exporters.chosen.iter().find(|exporter| exporter.name == OTLP) else {
        return;
    };
    let mut refused = |text| diagnostics.error("exporter-option", format!("{OTLP}.{text}"));
    let options = match Options::read(&otlp.options) {
        Ok(options) => options,
        Err(text) => return refused(text),
    };
    for point in points {
        match (options.ratio(&point.load), &mut point.request.traceparent) {
            (Ok(ratio), Some(traceparent)) => traceparent.ratio = ratio,
            (Ok(_), None) => {}
            (Err(text), _) => return refused(text),
        }
    }
}
