use super::*;

#[test]
fn mean_and_nearest_rank() {
    // 1 to 200 ms: mean 100.5; the 99th percentile is the 198th value.
    let mut nanos: Vec<u64> = (1..=200).rev().map(|ms| ms * 1_000_000).collect();
    assert_eq!(Spread::of(&mut nanos), Some(Spread { mean: 100.5, p99: 198.0 }));
    assert_eq!(Spread::of::<u64>(&mut []), None);
    assert_eq!(Spread::of(&mut [3_000_000u32]), Some(Spread { mean: 3.0, p99: 3.0 }));
}

#[test]
fn medians() {
    assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_eq!(median(vec![]), None);
}
