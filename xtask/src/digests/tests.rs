#[test]
fn the_digest_of_abc_is_the_one_of_fips_180_4() {
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(super::sha256(b"abc"), digest);
}
