//! Arrival offsets against theory: exact for constant gaps; mean and variance for drawn ones, with
//! fixed seeds.

use super::*;
use proptest::prelude::*;

fn offsets(process: Process, rate: f64, seed: u64, n: usize) -> Vec<Nanos> {
    Arrival { rate, process }.offsets(seed).take(n).collect()
}

/// Mean and variance of the gaps, in units of the expected gap.
fn moments(process: Process, rate: f64, seed: u64) -> (f64, f64) {
    const DRAWS: usize = 200_000;
    let offsets = offsets(process, rate, seed, DRAWS + 1);
    let expected = 1e9 / rate;
    let gaps: Vec<f64> =
        offsets.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / expected).collect();
    let mean = gaps.iter().sum::<f64>() / DRAWS as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / DRAWS as f64;
    (mean, variance)
}

#[test]
fn constant_offsets_are_exact() {
    assert_eq!(
        offsets(Process::Constant, 4.0, 1, 5),
        [0, 250_000_000, 500_000_000, 750_000_000, 1_000_000_000]
    );
    assert_eq!(offsets(Process::Constant, 3.0, 1, 4), [0, 333_333_333, 666_666_667, 1_000_000_000]);
}

#[test]
fn rounding_of_constant_offsets_does_not_add_up() {
    // 3 a second for a day: the last offset is the exact one, to the nanosecond.
    let last = Arrival { rate: 3.0, process: Process::Constant }.offsets(0).nth(3 * 86_400);
    assert_eq!(last, Some(86_400 * SECOND));
}

#[test]
fn poisson_gaps_have_the_mean_and_variance_of_an_exponential() {
    for seed in [1, 7, 99] {
        let (mean, variance) = moments(Process::Poisson, 250.0, seed);
        // Standard errors: 1/√n = 0.0022 for the mean, √(8/n) = 0.0063 for the variance.
        assert!((mean - 1.0).abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.03, "variance {variance}");
    }
}

#[test]
fn gamma_gaps_have_the_mean_and_variance_of_their_shape() {
    for burstiness in [0.25, 1.0, 4.0] {
        let (mean, variance) = moments(Process::Gamma { burstiness }, 40.0, 5);
        let theory = 1.0 / burstiness;
        assert!((mean - 1.0).abs() < 0.02, "mean {mean} for {burstiness}");
        assert!((variance / theory - 1.0).abs() < 0.06, "variance {variance} for {burstiness}");
    }
}

#[test]
fn gamma_of_shape_one_is_exponential() {
    // P(gap > 1 expected gap) = 1/e.
    let offsets = offsets(Process::Gamma { burstiness: 1.0 }, 1.0, 3, 100_001);
    let above = offsets.windows(2).filter(|pair| pair[1] - pair[0] > SECOND).count();
    assert!((above as f64 / 100_000.0 - (-1.0_f64).exp()).abs() < 0.01);
}

fn any_process() -> impl Strategy<Value = Process> {
    prop_oneof![
        Just(Process::Constant),
        Just(Process::Poisson),
        (0.1_f64..10.0).prop_map(|burstiness| Process::Gamma { burstiness }),
    ]
}

proptest! {
    #[test]
    fn the_same_seed_gives_the_same_offsets(
        process in any_process(), rate in 0.1_f64..1e5, seed: u64,
    ) {
        prop_assert_eq!(offsets(process, rate, seed, 50), offsets(process, rate, seed, 50));
    }

    #[test]
    fn offsets_begin_at_zero_and_never_go_back(
        process in any_process(), rate in 0.1_f64..1e5, seed: u64,
    ) {
        let offsets = offsets(process, rate, seed, 50);
        prop_assert_eq!(offsets[0], 0);
        prop_assert!(offsets.is_sorted());
    }

    #[test]
    fn another_seed_gives_other_offsets(seed in 0_u64..u64::MAX) {
        let one = offsets(Process::Poisson, 100.0, seed, 8);
        prop_assert_ne!(one, offsets(Process::Poisson, 100.0, seed + 1, 8));
    }
}
