//! Reading plans with metrics that the manifest declares, and with others.

use super::*;
use loadwright_core::service::ServiceKind;
use loadwright_core::testkit::service_metric;

fn with(kind: &str) -> Result<ReadingPlan, Invalid> {
    let rule =
        api::Rule { kind: kind.into(), at: "/t".into(), when: Vec::new(), modes: Vec::new() };
    let plan = api::ReadingPlan {
        framing: "by-type".into(),
        payload: "json".into(),
        done: Vec::new(),
        rules: vec![rule],
        next: "text".into(),
        extra: String::new(),
    };
    reading_plan(plan, &[service_metric("queue_time", ServiceKind::Time)])
}

#[test]
fn a_metric_that_is_not_declared_is_refused_by_name() {
    let plan = with("metric:queue_time").unwrap();
    assert_eq!(plan.rules[0].kind, RuleKind::Metric("queue_time".into()));
    let refused = with("metric:other").unwrap_err().to_string();
    let said = "its reading plan has the metric `other`, which its manifest does not declare";
    assert_eq!(refused, said);
}
