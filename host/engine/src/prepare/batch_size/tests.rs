use super::BatchSize;

#[test]
fn quick_items_are_batched_by_hundreds_and_slow_ones_come_alone() {
    let mut size = BatchSize::default();
    let mut sizes = Vec::new();
    for _ in 0..8 {
        sizes.push(size.items());
        size.took(size.items(), size.items() * 1_000);
    }
    assert_eq!(sizes, [4, 8, 16, 32, 64, 128, 256, 256]);
    // An item of 1 ms: five a call. One of 20 ms: one.
    size.took(256, 256_000_000);
    assert_eq!(size.items(), 5);
    size.took(5, 100_000_000);
    assert_eq!(size.items(), 1);
    size.took(1, 20_000_000);
    assert_eq!(size.items(), 1);
}

#[test]
fn a_call_that_took_no_time_at_all() {
    let mut size = BatchSize::default();
    size.took(4, 0);
    assert_eq!(size.items(), 8);
}

#[test]
fn a_short_claim_does_not_shrink_batches() {
    let mut size = BatchSize(256);
    size.took(3, 3_000);
    assert_eq!(size.items(), 256);
}
