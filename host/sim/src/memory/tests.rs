use super::*;

#[test]
fn what_is_held_is_covered_once_and_given_back() {
    let memory = Memory::new(10 * BLOCK);
    let (mut one, mut other) = (Held::default(), Held::default());
    assert_eq!(memory.cover(&mut one, BLOCK - 1), Ok(()));
    assert_eq!(memory.0.available_permits(), 10, "a small request is free");
    for bytes in [3 * BLOCK, 6 * BLOCK, 2 * BLOCK] {
        assert_eq!(memory.cover(&mut one, bytes), Ok(()));
    }
    assert_eq!(memory.0.available_permits(), 4);
    assert_eq!(memory.add(&mut one, BLOCK), Ok(()));
    assert_eq!(memory.cover(&mut other, 4 * BLOCK), Err(Full));
    assert_eq!(memory.cover(&mut other, 3 * BLOCK), Ok(()));
    drop(one);
    assert_eq!(memory.0.available_permits(), 7);
    assert_eq!(memory.cover(&mut other, usize::MAX), Err(Full));
}
