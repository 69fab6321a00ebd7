//! The best points of a sweep and what to do next, in words. What they are is found by
//! [`loadwright_core::sweep`].

use crate::number::{grid, millis, percent};
use loadwright_core::sweep::{Best, Leader, Observation, Place, Rival, Sweep};

#[cfg(test)]
mod tests;

/// The best points by throughput and by latency.
pub(crate) fn best(sweep: &Sweep) -> Vec<String> {
    if sweep.valid == 0 {
        return vec!["None: no point is valid.".into()];
    }
    let line = |title: &str, leader: &Option<Leader>, shown: fn(f64) -> String| {
        let Leader { point, value } = leader.as_ref()?;
        Some(format!("{title}: {point} with {}.", shown(*value)))
    };
    let Best { requests, output, goodput, latency } = &sweep.best;
    let per_second = |rate| format!("{} req/s", grid(rate));
    let lines = [
        line("Highest request throughput", requests, per_second),
        line("Highest output throughput", output, |rate| format!("{} tok/s", grid(rate))),
        line("Highest goodput", goodput, per_second),
        line("Lowest average latency", latency, millis),
    ];
    lines.into_iter().flatten().collect()
}

/// What to do next, and why.
pub(crate) fn recommendations(sweep: &Sweep) -> Vec<String> {
    let mut lines = Vec::new();
    if sweep.not_valid > 0 {
        let left_out = sweep.not_valid;
        lines.push(format!("Points that are not valid are left out of this advice: {left_out}."));
    }
    if sweep.valid < 2 {
        lines.push("Two valid points are needed to compare loads.".into());
    }
    lines.extend(sweep.observations.iter().map(recommendation));
    lines
}

fn recommendation(observation: &Observation) -> String {
    match observation {
        Observation::Peak { point, place, rival } => {
            peak(point, *place) + &rival.as_ref().map_or(String::new(), close_rival)
        }
        Observation::Saturation { from, to, gain, cost } => format!(
            "From {from} to {to} throughput changes by {} while average latency grows by {}: the \
             service saturates there.",
            percent(*gain),
            percent(*cost)
        ),
        Observation::LowSuccess { point, share } => format!(
            "At the highest load, {point}, only {} of the requests succeeded: check the service's \
             resources and limits, or reduce the load.",
            percent(*share)
        ),
        Observation::Queueing { from, to, growth } => format!(
            "Average latency grows {growth:.1} times from {from} to {to}: requests queue under that \
             load. Choose a load by the latency that you can accept."
        ),
    }
}

fn peak(point: &str, place: Place) -> String {
    match place {
        Place::Highest => format!(
            "The highest load, {point}, has the highest throughput: the service may have more to \
             give. Test higher loads."
        ),
        Place::Lowest { sequential } => {
            let next = if sequential {
                "There is no lower closed-loop load than one request at a time; give --rate to \
                 pace it."
            } else {
                "Test lower loads."
            };
            format!(
                "The lowest load, {point}, has the highest throughput: the service is saturated \
                 from there on. {next}"
            )
        }
        Place::Between => format!(
            "Throughput is highest at {point} and falls above it: that load suits the service \
             best where latency allows."
        ),
    }
}

fn close_rival(Rival { point, behind, noise }: &Rival) -> String {
    format!(
        " But {point} is only {} behind, within the noise of so few requests (about {}): repeat \
         both with more requests before choosing.",
        percent(*behind),
        percent(*noise)
    )
}
