use super::arenas;

#[test]
fn arenas_take_a_sixteenth_of_a_limited_address_space() {
    assert_eq!(arenas(rlimit::INFINITY), None);
    assert_eq!(arenas(64 << 30), Some(64));
    assert_eq!(arenas(8 << 30), Some(8));
    assert_eq!(arenas(100 << 20), Some(1), "one there must be");
}
