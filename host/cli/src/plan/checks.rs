//! Checks of `--goodput` and `--fail-if`: their limits must be on metrics that the run will have.

use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use loadwright_core::condition::{BadCondition, Condition};
use loadwright_core::plan::Plan;

/// Reports limits on metrics that `plan` will not have.
pub(super) fn check_metrics(args: &PerfArgs, plan: &Plan, diagnostics: &mut Diagnostics) {
    if !plan.request.stream {
        let objectives = [("ttft", plan.objectives.ttft), ("tpot", plan.objectives.tpot)];
        for (name, _) in objectives.into_iter().filter(|(_, limit)| limit.is_some()) {
            let text = format!(
                "{name} exists only for streamed replies, so no request would meet it; limit \
                 latency, or request streams"
            );
            diagnostics.error("goodput", text);
        }
    }
    for given in &args.output.fail_if {
        if let Err(text) = check_condition(given, plan) {
            diagnostics.error("fail-if", text);
        }
    }
}

fn check_condition(given: &str, plan: &Plan) -> Result<(), String> {
    let condition: Condition = given.parse().map_err(|error: BadCondition| error.to_string())?;
    if condition.needs_stream() && !plan.request.stream {
        return Err(format!(
            "the metric of `{condition}` exists only for streamed replies; limit the latency, or \
             request streams"
        ));
    }
    if condition.needs_objectives() && !plan.objectives.any() {
        return Err(format!("`{condition}` needs objectives; give --goodput"));
    }
    check_service_metric(&condition, plan)
}

fn check_service_metric(condition: &Condition, plan: &Plan) -> Result<(), String> {
    let Some(name) = condition.service_metric() else { return Ok(()) };
    let declared: Vec<&str> =
        plan.request.metrics.iter().map(|metric| metric.name.as_str()).collect();
    if declared.contains(&name) {
        return Ok(());
    }
    let api = &plan.request.api;
    Err(match declared.as_slice() {
        [] => format!("`{condition}`: the API plugin `{api}` declares no metrics of its service"),
        some => format!(
            "`{condition}`: the API plugin `{api}` declares no metric `{name}`; it declares {}",
            some.join(", ")
        ),
    })
}
