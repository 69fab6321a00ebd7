use super::Taken;

#[test]
fn growth_is_summed_over_all_memories() {
    let mut taken = Taken::default();
    assert!(taken.memory(0, 60, 100));
    assert!(taken.memory(0, 30, 100));
    assert!(taken.memory(30, 40, 100), "the second grows by 10, to 100 in all");
    assert!(!taken.memory(60, 61, 100));
    assert!(!taken.memory(0, usize::MAX, 100));
    assert!(taken.memory(40, 40, 100), "what was refused is not taken");
}

#[test]
fn growth_is_summed_over_all_tables() {
    let mut taken = Taken::default();
    assert!(taken.table(0, 60_000));
    assert!(!taken.table(0, 40_001));
    assert!(taken.table(0, 40_000));
    assert!(!taken.table(40_000, 40_001));
}
