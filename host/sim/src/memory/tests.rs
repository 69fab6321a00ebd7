use super::*;

#[test]
fn a_reservation_grows_once_and_is_released_when_dropped() {
    let memory = MemoryBudget::new(10 * BLOCK);
    let (mut one, mut other) = (Reservation::default(), Reservation::default());
    assert_eq!(memory.reserve_total(&mut one, BLOCK - 1), Ok(()));
    assert_eq!(memory.0.available_permits(), 10, "a small request is free");
    for bytes in [3 * BLOCK, 6 * BLOCK, 2 * BLOCK] {
        assert_eq!(memory.reserve_total(&mut one, bytes), Ok(()));
    }
    assert_eq!(memory.0.available_permits(), 4);
    assert_eq!(memory.reserve_more(&mut one, BLOCK), Ok(()));
    assert_eq!(memory.reserve_total(&mut other, 4 * BLOCK), Err(BudgetExceeded));
    assert_eq!(memory.reserve_total(&mut other, 3 * BLOCK), Ok(()));
    drop(one);
    assert_eq!(memory.0.available_permits(), 7);
    assert_eq!(memory.reserve_total(&mut other, usize::MAX), Err(BudgetExceeded));
}
