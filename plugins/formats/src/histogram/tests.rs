use super::Histogram;
use loadwright_plugin::exporter::{Bucket, Distribution};

fn distribution(min: f64, buckets: Vec<Bucket>) -> Distribution {
    Distribution {
        metric: "latency".into(),
        label: "latency".into(),
        unit: "s".into(),
        count: 0.0,
        sum: 0.0,
        min,
        max: 0.0,
        quantiles: Vec::new(),
        buckets,
        extra: String::new(),
    }
}

fn bucket(upper_bound: f64, count: f64) -> Bucket {
    Bucket { upper_bound, count }
}

/// The value below which `q` of all values are, as someone would read it off the drawing: the upper
/// end of the bin.
fn quantile(drawn: &Histogram, q: f64) -> f64 {
    let wanted = (q * drawn.counts.iter().sum::<f64>()).ceil();
    let mut seen = 0.0;
    let at = drawn.counts.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    drawn.bounds[at.unwrap() + 1]
}

/// 10,000 values from 1 ms up, each a thousandth larger, in buckets of 2 significant digits.
fn wide() -> (Vec<f64>, Distribution) {
    let values: Vec<f64> = (0..10_000).map(|n| 0.001 * 1.001_f64.powi(n)).collect();
    let mut buckets: Vec<Bucket> = Vec::new();
    for value in &values {
        let width = 2_f64.powf(value.log2().floor()) / 128.0;
        let upper_bound = (value / width).ceil() * width;
        match buckets.last_mut() {
            Some(last) if last.upper_bound == upper_bound => last.count += 1.0,
            _ => buckets.push(bucket(upper_bound, 1.0)),
        }
    }
    let distribution = distribution(values[0], buckets);
    (values, distribution)
}

#[test]
fn its_quantiles_are_those_of_the_values() {
    let (values, distribution) = wide();
    let whole = Histogram::new(&distribution);
    let merged = whole.clone().within(512);
    assert!(whole.counts.len() > 512 && merged.counts.len() <= 512);
    for (drawn, error) in [(whole, 1.01), (merged, 1.08)] {
        for q in [0.01, 0.5, 0.9, 0.99, 0.999] {
            let (exact, read) = (values[(q * 10_000.0) as usize - 1], quantile(&drawn, q));
            assert!((exact..exact * error).contains(&read), "p{}: {read} for {exact}", q * 100.0);
        }
    }
}

#[test]
fn no_value_is_lost_and_bins_ascend() {
    let (values, distribution) = wide();
    for most in [usize::MAX, 512, 3, 1, 0] {
        let drawn = Histogram::new(&distribution).within(most);
        assert_eq!(drawn.counts.iter().sum::<f64>(), values.len() as f64);
        assert_eq!(drawn.bounds.len(), drawn.counts.len() + 1);
        assert!(drawn.bounds.is_sorted_by(|a, b| a < b));
        assert_eq!(drawn.bounds.first(), Some(&distribution.min));
        assert_eq!(drawn.bounds.last(), distribution.buckets.last().map(|it| &it.upper_bound));
    }
}

#[test]
fn a_gap_between_buckets_is_a_bin_without_values() {
    let drawn = Histogram::new(&distribution(0.995, vec![bucket(1.0, 3.0), bucket(100.0, 1.0)]));
    assert_eq!(drawn.bounds, [0.995, 1.0, 99.0, 100.0]);
    assert_eq!(drawn.counts, [3.0, 0.0, 1.0]);
}

#[test]
fn equal_values_and_none_at_all() {
    let same = Histogram::new(&distribution(2.0, vec![bucket(2.0, 7.0)]));
    assert_eq!(same.counts, [7.0]);
    assert!(same.bounds.is_sorted_by(|a, b| a < b), "{same:?}");
    assert_eq!(Histogram::new(&distribution(0.0, Vec::new())), Histogram::default());
}
