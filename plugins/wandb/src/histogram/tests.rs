use super::{BINS, histogram};
use crate::fixture::distribution;
use loadwright_plugin::exporter::{Bucket, Distribution};
use serde_json::json;

fn numbers(histogram: &serde_json::Value, key: &str) -> Vec<f64> {
    histogram[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// The value below which `q` of all values are, as someone would read it off the drawing: the upper
/// end of the bin.
fn quantile(histogram: &serde_json::Value, q: f64) -> f64 {
    let (bins, counts) = (numbers(histogram, "bins"), numbers(histogram, "values"));
    let wanted = (q * counts.iter().sum::<f64>()).ceil();
    let mut seen = 0.0;
    let at = counts.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    bins[at.unwrap() + 1]
}

/// 10,000 values from 1 ms up, each a ten-thousandth larger, in buckets of 2 significant digits.
fn wide() -> (Vec<f64>, Distribution) {
    let values: Vec<f64> = (0..10_000).map(|n| 0.001 * 1.001_f64.powi(n)).collect();
    let mut buckets: Vec<Bucket> = Vec::new();
    for value in &values {
        let width = 2_f64.powf(value.log2().floor()) / 128.0;
        let upper_bound = (value / width).ceil() * width;
        match buckets.last_mut() {
            Some(last) if last.upper_bound == upper_bound => last.count += 1.0,
            _ => buckets.push(Bucket { upper_bound, count: 1.0 }),
        }
    }
    let distribution = Distribution { min: values[0], buckets, ..distribution("latency") };
    (values, distribution)
}

#[test]
fn its_quantiles_are_those_of_the_values() {
    let (values, distribution) = wide();
    assert!(distribution.buckets.len() > BINS, "bins must have been merged");
    let drawn = histogram(&distribution).unwrap();
    assert!(numbers(&drawn, "values").len() <= BINS);
    for q in [0.01, 0.5, 0.9, 0.99, 0.999] {
        let (exact, drawn) = (values[(q * 10_000.0) as usize - 1], quantile(&drawn, q));
        assert!((exact..exact * 1.08).contains(&drawn), "p{}: {drawn} for {exact}", q * 100.0);
    }
}

#[test]
fn no_value_is_lost_and_bins_ascend() {
    let (values, distribution) = wide();
    let drawn = histogram(&distribution).unwrap();
    let (bins, counts) = (numbers(&drawn, "bins"), numbers(&drawn, "values"));
    assert_eq!(counts.iter().sum::<f64>(), values.len() as f64);
    assert_eq!(bins.len(), counts.len() + 1);
    assert!(bins.is_sorted_by(|a, b| a < b));
    assert_eq!(bins.first(), Some(&distribution.min));
    assert_eq!(bins.last(), distribution.buckets.last().map(|bucket| &bucket.upper_bound));
}

#[test]
fn a_gap_between_buckets_is_a_bin_without_values() {
    let buckets =
        vec![Bucket { upper_bound: 1.0, count: 3.0 }, Bucket { upper_bound: 100.0, count: 1.0 }];
    let given = Distribution { min: 0.995, buckets, ..distribution("latency") };
    assert_eq!(
        histogram(&given).unwrap(),
        json!({"_type": "histogram", "bins": [0.995, 1.0, 99.0, 100.0], "values": [3.0, 0.0, 1.0]})
    );
}

#[test]
fn equal_values_and_none_at_all() {
    let same = Distribution {
        min: 2.0,
        buckets: vec![Bucket { upper_bound: 2.0, count: 7.0 }],
        ..distribution("latency")
    };
    let drawn = histogram(&same).unwrap();
    assert_eq!(numbers(&drawn, "values").iter().sum::<f64>(), 7.0);
    assert!(numbers(&drawn, "bins").is_sorted_by(|a, b| a < b));
    let none = Distribution { buckets: Vec::new(), ..distribution("latency") };
    assert_eq!(histogram(&none), None);
}
