//! Conditions of `--fail-if` that points meet, as text.

use crate::number::grid;
use crate::run_info::RunInfo;
use crate::style::Style;
use loadwright_core::condition::{MetBy, Unit, check};
use loadwright_core::summary::Summary;

/// One line for each condition that a point meets; empty where there are no conditions.
pub(crate) fn text(summaries: &[Summary], info: &RunInfo, style: &Style) -> String {
    if info.conditions.is_empty() {
        return String::new();
    }
    let met = check(&info.conditions, summaries, &info.points);
    let mut text = format!("\n{}\n", style.bold("Conditions met (--fail-if):"));
    if met.is_empty() {
        text += "  none\n";
    }
    for at in met {
        let line = format!("{}: {} ({})", at.point, at.met.condition, reason(at.met.by));
        text += &(style.wrap("  - ", &line) + "\n");
    }
    text
}

fn reason(by: MetBy) -> String {
    match by {
        MetBy::Verdict => "the verdict is not valid".into(),
        MetBy::Absent => "not measured".into(),
        MetBy::Value(value, unit) => {
            let unit = match unit {
                Unit::Seconds => " s",
                Unit::Milliseconds => " ms",
                Unit::Percent => " %",
                Unit::Plain => "",
            };
            format!("measured {}{unit}", grid(value))
        }
    }
}

#[cfg(test)]
mod tests;
