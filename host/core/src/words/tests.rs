use super::{counted, times};

#[test]
fn one_is_singular() {
    assert_eq!([0, 1, 2].map(|n| counted(n, "slot")), ["0 slots", "1 slot", "2 slots"]);
    assert_eq!([1, 2, 3].map(times), ["once", "twice", "3 times"]);
}
