//! Whether requests carry `traceparent`, and which share of them is sampled.

use super::exporters::{Exporters, OTLP};
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use crate::inputs::Inputs;
use loadwright_core::trace::Traceparent;

/// The option of `otlp` that sets the share of sampled traces.
const RATIO: &str = "sampling_ratio";

/// What requests carry; none: nothing.
pub(super) fn traceparent(
    args: &PerfArgs,
    exporters: &Exporters,
    inputs: &Inputs,
    diagnostics: &mut Diagnostics,
) -> Option<Traceparent> {
    let otlp = exporters.chosen.iter().find(|exporter| exporter.name == OTLP);
    if otlp.is_none() && !args.live_export.traceparent {
        return None;
    }
    let given = otlp.and_then(|otlp| otlp.options.get(RATIO));
    let ratio = given.map_or(Ok(1.0), |text| text.trim().parse::<f64>().map_err(|_| text));
    let ratio = match ratio {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => ratio,
        _ => {
            let text = given.map(String::as_str).unwrap_or_default();
            let why = format!("{OTLP}.{RATIO}: `{text}` is not a share; give 0 to 1");
            diagnostics.error("exporter-option", why);
            1.0
        }
    };
    Some(Traceparent { key: inputs.trace_key, ratio })
}
