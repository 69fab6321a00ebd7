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
    diagnostics: &mut Diagnostics,
) -> Option<Traceparent> {
    let otlp = exporters.chosen.iter().any(|exporter| exporter.name == OTLP);
    let asked = otlp || args.live_export.traceparent;
    let share = if otlp { sampled(inputs, diagnostics) } else { None };
    asked.then_some(Traceparent { key: inputs.trace_key, ratio: share.unwrap_or(1.0) })
}

/// The share that the environment asks for.
fn sampled(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<f64> {
    let variable = |name: &str| {
        let found = inputs.telemetry.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    match Options::default().sampled_by(&variable) {
        Ok(options) => options.sampling_ratio,
        Err(text) => {
            diagnostics.error("exporter", format!("`{OTLP}`: {text}"));
            None
        }
    }
}

/// Gives each point the share of its traces that options of `otlp` ask for.
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
            (Ok(Some(ratio)), Some(traceparent)) => traceparent.ratio = ratio,
            (Ok(_), _) => {}
            (Err(text), _) => return refused(text),
        }
    }
}
