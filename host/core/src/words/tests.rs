use super::{counted, either, sentence, times};

#[test]
fn one_is_singular() {
    assert_eq!([0, 1, 2].map(|n| counted(n, "slot")), ["0 slots", "1 slot", "2 slots"]);
    assert_eq!([1, 2, 3].map(times), ["once", "twice", "3 times"]);
}

#[test]
fn choices_are_listed_with_or() {
    assert_eq!(either::<&str>(&[]), "");
    assert_eq!(either(&["a"]), "a");
    assert_eq!(either(&["a", "b"]), "a or b");
    assert_eq!(either(&["a", "b", "c"]), "a, b or c");
}

#[test]
fn sentences_have_a_capital_and_a_full_stop() {
    assert_eq!(sentence("dispatch was late"), "Dispatch was late.");
    assert_eq!(sentence("3 requests failed"), "3 requests failed.");
    assert_eq!([sentence("é"), sentence("")], ["É.", "."]);
}
