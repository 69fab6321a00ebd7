//! Numbers as the quick start prints them.

use super::*;

#[test]
fn a_grid_shows_four_decimals_of_six_digits() {
    let shown = [
        (62.9998, "62.9998"),
        (200.0, "200"),
        (0.0, "0"),
        (6501.6112, "6501.61"),
        (13379.149, "13379.1"),
        (6.34921, "6.3492"),
        (0.029, "0.029"),
        (0.00004, "0"),
        (1083.2, "1083.2"),
        (999_999.9, "1000000"),
        (12_345_678.9, "12345679"),
    ];
    for (value, text) in shown {
        assert_eq!(grid(value), text);
    }
}

#[test]
fn four_digits_are_significant_at_any_size() {
    let shown = [
        (0.0, "0"),
        (0.000_02, "0.00002"),
        (0.123_456, "0.1235"),
        (-1.5, "-1.5"),
        (9.999_99, "10"),
        (12_345.678, "12346"),
        (3.2e20, "3.200e20"),
        (f64::MAX, "1.798e308"),
        (5e-324, "4.941e-324"),
    ];
    for (value, text) in shown {
        assert_eq!(significant(value), text);
    }
}

#[test]
fn a_float_keeps_one_decimal() {
    let shown = [
        (0.0, "0.0"),
        (0.33712, "0.3371"),
        (0.031, "0.031"),
        (30.57211, "30.5721"),
        (35.0, "35.0"),
        (12_345.678_91, "12345.6789"),
    ];
    for (value, text) in shown {
        assert_eq!(float(value), text);
    }
}

#[test]
fn json_numbers_keep_six_decimals() {
    assert_eq!(round6(1.234_567_89), 1.234_568);
    assert_eq!(round6(0.000_001), 0.000_001);
}
