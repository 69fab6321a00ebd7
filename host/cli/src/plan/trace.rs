//! The points of a timed dataset: an open loop by its trace. The dataset says when each conversation
//! is sent, so flags that say so too are refused.

use super::settings;
use super::sweep::{point_name, unique, warmup};
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use loadwright_core::plan::{Limits, Load, Plan};
use std::collections::HashSet;

/// The points, in order: one for each `--number`; `shared` is what they have in common.
pub(super) fn points(args: &PerfArgs, shared: &Plan, diagnostics: &mut Diagnostics) -> Vec<Plan> {
    let load = &args.load;
    check(args, &shared.request.dataset, diagnostics);
    let limit = load.max_in_flight.as_ref();
    let max_in_flight = limit.map(|limit| diagnostics.whole_u32("max-in-flight", limit, 1));
    let duration = load.duration.as_ref().map(|given| diagnostics.seconds("duration", given));
    let given = load.number.as_deref().unwrap_or_default();
    let numbers = diagnostics.list_u32("number", given, 1);
    let mut names = HashSet::new();
    let mut points = Vec::new();
    for index in 0..numbers.len().max(1) {
        let number = numbers.get(index).map(|number| u64::from(*number));
        let limits = match (number, duration) {
            (None, None) => String::new(),
            _ => format!("_{}", point_name(None, None, number, duration)),
        };
        let warmup = warmup(&load.warmup_num, number, diagnostics);
        let mut point = Plan {
            index: index as u32,
            name: unique(&mut names, &format!("trace{limits}")),
            load: Load::Trace { max_in_flight },
            limits: Limits { number, duration, warmup },
            ..shared.clone()
        };
        settings::store_load(&mut point);
        points.push(point);
    }
    points
}

/// Reports flags that say when requests are sent.
fn check(args: &PerfArgs, dataset: &str, diagnostics: &mut Diagnostics) {
    let load = &args.load;
    let is_paced = load.rate.iter().flatten().any(|rate| rate.0 != Ok(-1.0));
    let ramps_up = load.ramp_up.0 != Ok(0.0);
    // Beside --open-loop, --parallel says nothing.
    let has_workers = load.parallel.is_some() && !load.open_loop;
    for (flag, is_given) in [
        ("rate", is_paced),
        ("arrival", load.arrival.is_some()),
        ("burstiness", load.burstiness.is_some()),
        ("parallel", has_workers),
        ("ramp-up", ramps_up),
    ] {
        if is_given {
            let text = format!(
                "contradicts the dataset {dataset}, which is timed: it says itself when each \
                 conversation is sent; remove it"
            );
            diagnostics.error(flag, text);
        }
    }
}
