//! Replies with metrics that are numbers, and with some that are not.

use super::*;

fn with(metrics: &[(&str, f64)]) -> Result<Reply, Invalid> {
    let own = |&(name, value): &(&str, f64)| api::Quantity { name: name.into(), value };
    reply(api::Reply {
        pieces: Vec::new(),
        counts: Vec::new(),
        metrics: metrics.iter().map(own).collect(),
        finish_reason: None,
        message: None,
        error: None,
        extra: String::new(),
    })
}

#[test]
fn metrics_are_finite_numbers() {
    let reply = with(&[("queue_time", 0.25), ("change", -1e300)]).unwrap();
    assert_eq!(reply.metrics, [("queue_time".into(), 0.25), ("change".into(), -1e300)]);
    for (value, said) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let refused = with(&[("queue_time", value)]).unwrap_err().to_string();
        assert_eq!(refused, format!("its reply has {said} as metric `queue_time`, not a number"));
    }
}
