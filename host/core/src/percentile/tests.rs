//! Percentiles against a definition that needs no rank: the smallest value that at least p of all
//! values do not exceed.

use super::*;
use proptest::prelude::*;

/// The smallest value v with #{x <= v} / n >= p, by counting in exact integers.
fn by_definition(values: &[u64], permille: u32) -> u64 {
    let not_above = |v: u64| values.iter().filter(|&&x| x <= v).count() as u64;
    let enough = |v: u64| not_above(v) * 1000 >= u64::from(permille) * values.len() as u64;
    *values.iter().filter(|&&v| enough(v)).min().unwrap()
}

fn mixed() -> impl Strategy<Value = Vec<u64>> {
    let value = prop_oneof![0_u64..20, 0_u64..10_000_000_000, any::<u64>()];
    prop::collection::vec(value, 1..120)
}

proptest! {
    #[test]
    fn every_row_is_the_value_of_its_definition(values in mixed()) {
        let found = values.iter().copied().collect::<Values>().finish().unwrap();
        prop_assert_eq!(found.count, values.len() as u64);
        prop_assert_eq!(found.method, Method::Exact);
        prop_assert_eq!(found.min(), *values.iter().min().unwrap());
        prop_assert_eq!(found.max(), *values.iter().max().unwrap());
        for permille in PERMILLES {
            prop_assert_eq!(found.at(permille), Some(by_definition(&values, permille)));
        }
        let sum: u128 = values.iter().map(|&v| u128::from(v)).sum();
        prop_assert_eq!(found.mean, sum as f64 / values.len() as f64);
    }

    #[test]
    fn the_order_of_values_does_not_matter(values in mixed()) {
        let forth = values.iter().copied().collect::<Values>().finish();
        let back = values.iter().rev().copied().collect::<Values>().finish();
        prop_assert_eq!(forth, back);
    }

    #[test]
    fn a_value_recorded_n_times_is_n_values(pairs in prop::collection::vec((0_u64..1 << 34, 0_u32..9), 1..40)) {
        let mut at_once = Values::default();
        let mut one_by_one = Values::default();
        for &(value, n) in &pairs {
            at_once.record_n(value, n);
            (0..n).for_each(|_| one_by_one.record(value));
        }
        prop_assert_eq!(at_once.finish(), one_by_one.finish());
    }
}

#[test]
fn nearest_rank_on_a_known_list() {
    // The textbook example of nearest rank: 15, 20, 35, 40, 50.
    let found = [50, 15, 40, 20, 35].into_iter().collect::<Values>().finish().unwrap();
    let rows = [15, 15, 15, 15, 20, 35, 40, 40, 40, 50, 50, 50, 50, 50, 50];
    assert_eq!(found.rows, rows);
    assert_eq!(found.median(), 35);
}

#[test]
fn no_values_have_no_distribution() {
    assert_eq!(Values::default().finish(), None);
    let mut none = Values::default();
    none.record_n(7, 0);
    assert_eq!(none.finish(), None);
}

#[test]
fn rows_and_permilles_name_the_same_points() {
    let named: Vec<f64> = ROWS[1..14]
        .iter()
        .map(|row| row.trim_end_matches('%').parse::<f64>().unwrap() * 10.0)
        .collect();
    assert_eq!(named, PERMILLES.map(f64::from));
    assert_eq!((ROWS[0], ROWS[14]), ("min", "max"));
}

/// A permutation of 0..n that is spread over its range, without a random generator.
fn scattered(n: u64) -> impl Iterator<Item = u64> {
    (0..n).map(move |i| (i * 7_919) % n)
}

#[test]
fn a_million_values_are_exact() {
    let found = scattered(EXACT_LIMIT).collect::<Values>().finish().unwrap();
    assert_eq!(found.method, Method::Exact);
    assert_eq!((found.median(), found.at(999)), (499_999, Some(998_999)));
}

#[test]
fn one_more_is_a_histogram_within_three_digits() {
    let n = EXACT_LIMIT + 1;
    // Offset, so that small values do not hide in the histogram's unit steps.
    let found = scattered(n).map(|v| v + 5_000_000_000).collect::<Values>().finish().unwrap();
    assert_eq!((found.method, found.count), (Method::Histogram, n));
    assert_eq!((found.min(), found.max()), (5_000_000_000, 5_000_000_000 + n - 1));
    assert_eq!(found.mean, 5_000_000_000.0 + (n - 1) as f64 / 2.0);
    for permille in PERMILLES {
        let exact = 5_000_000_000 + (n * u64::from(permille)).div_ceil(1000) - 1;
        let off = found.at(permille).unwrap().abs_diff(exact) as f64 / exact as f64;
        assert!(off <= 0.001, "{permille}: off by {off}");
    }
}

#[test]
fn values_beyond_four_bytes_survive_the_change_to_a_histogram() {
    let mut values = Values::default();
    values.record_n(1_000, 600_000);
    values.record_n(u64::from(u32::MAX) * 3, 600_000);
    let found = values.finish().unwrap();
    assert_eq!(found.method, Method::Histogram);
    assert!(found.at(500).unwrap().abs_diff(1_000) <= 1);
    assert_eq!(found.at(999), Some(u64::from(u32::MAX) * 3));
}

#[test]
fn a_percentile_needs_ten_values_above_it() {
    let of = |n: u64| (0..n).collect::<Values>().finish().unwrap().thin_from();
    assert_eq!(of(10_000), None);
    assert_eq!(of(9_999), Some(999));
    assert_eq!(of(1_000), Some(999));
    assert_eq!(of(999), Some(990));
    assert_eq!(of(20), Some(660));
    assert_eq!(of(19), Some(500));
    assert_eq!(of(1), Some(10));
}
