//! The groups of each label in the `loadwright` section.

use super::distribution::distribution;
use super::{number, object};
use loadwright_core::summary::{GROUP_METRICS, Group, Grouped, LabelGroups};
use serde_json::Value;

/// Labels by name; null where a label has too many texts to be grouped.
pub(super) fn labels(grouped: &Grouped) -> Value {
    let label = |label: &LabelGroups| {
        let groups = label.groups.as_ref().map_or(Value::Null, |groups| {
            groups.iter().map(|one| (one.text.clone(), group(one))).collect()
        });
        (label.label.clone(), groups)
    };
    grouped.labels.iter().map(label).collect()
}

fn group(group: &Group) -> Value {
    let counts = &group.counts;
    let metrics = GROUP_METRICS.into_iter().map(|metric| {
        let divisor = metric.definition().unit.divisor();
        (metric.key_with_unit(), distribution(group.metrics.get(metric), divisor))
    });
    object([
        ("total", counts.total.into()),
        ("succeeded", counts.succeeded.into()),
        ("failed", counts.failed.into()),
        ("dropped", counts.dropped.into()),
        ("cancelled", counts.cancelled.into()),
        ("success_share", number(counts.failed_share().map(|failed| 1.0 - failed))),
        ("good_share", number(counts.good_share())),
        ("output_tok_per_s", number(group.output)),
        ("metrics", metrics.collect()),
    ])
}
