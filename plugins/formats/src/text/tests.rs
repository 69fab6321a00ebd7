use super::{hex, percentile, segment};

#[test]
fn digits_are_two_a_byte() {
    assert_eq!(hex(&[0, 0x0f, 0xa0, 0xff]), "000fa0ff");
    assert_eq!(hex(&[]), "");
}

#[test]
fn segments_hold_nothing_that_ends_them() {
    // urllib.parse.quote(text, safe="-_.~+")
    assert_eq!(segment("a project"), "a%20project");
    assert_eq!(segment("a/b?c#d%e"), "a%2Fb%3Fc%23d%25e");
    assert_eq!(segment("x-_.~+9é"), "x-_.~+9%C3%A9");
}

#[test]
fn percentiles_are_named_by_percent() {
    for (q, name) in [
        (0.5, "p50"),
        (0.99, "p99"),
        (0.999, "p99.9"),
        (0.9999, "p99.99"),
        (1.0, "p100"),
        (0.0, "p0"),
    ] {
        assert_eq!(percentile(q), name);
    }
}
