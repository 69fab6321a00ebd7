//! Points as exporters are told of them.

use super::*;
use crate::testkit;

#[test]
fn a_points_clock_begins_with_it() {
    let mut plan = testkit::plan();
    plan.index = 3;
    plan.settings.insert("parallel".into(), 2.into());
    let stored = StoredPoint {
        plan: Arc::new(plan),
        wall_at_origin: 1_790_000_000_000_000_000,
        begun: 2_500_000_000,
        first_id: 1,
        end: None,
    };
    let point = stored.export();
    assert_eq!((point.index, &*point.name), (3, "parallel_2_number_4"));
    assert_eq!(point.settings, r#"{"parallel":2}"#);
    assert!((point.origin - 1_790_000_002.5).abs() < 1e-6);
    assert_eq!(point.seconds(3_750_000_000), 1.25);
    assert_eq!(point.seconds(2_500_000_000), 0.0);
    assert_eq!(point.seconds(2_000_000_000), -0.5);
}
