//! Some thousands of inputs of each fuzz target, and that inputs reach what is accepted.

use super::*;
use crate::bundled::bundled;
use proptest::collection::vec;
use proptest::prelude::*;

/// A bundled component, which carries its manifest.
fn whole() -> &'static [u8] {
    bundled().iter().find(|plugin| plugin.name == "prompt").expect("it is bundled").bytes
}

/// A core module, of which a component is made.
const MODULE: &[u8] = include_bytes!("../../../../plugins/fixtures/dist/core.wasm");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_value_is_taken_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        conversation(&bytes);
        plan(&bytes);
        reply(&bytes);
        request(&bytes);
        ack(&bytes);
        shapes(&bytes);
        http_requests(&bytes);
    }

    #[test]
    fn any_manifest_is_read_or_refused(edits in vec(any::<u8>(), 0..60)) {
        let text = br#"{"name":"a","version":"1","settings":{"type":"object","properties":{
            "n":{"type":"integer","minimum":1,"default":2}}},"limits":{"memory_mib":128}}"#;
        manifest(&edited(text, &edits));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_file_is_identified_or_refused(edits in vec(any::<u8>(), 0..60)) {
        component(edited(whole(), &edits));
        component(edited(MODULE, &edits));
    }
}

#[test]
fn edits_are_made_in_order() {
    // Two edits: at 1, two bytes replaced; at 2, the end cut off.
    assert_eq!(edited(b"abcd", &[1, 0, 1, 0, 0, 0, 2, b'x', b'y', 7, 3, 0, 0, 0]), b"axy");
    assert_eq!(edited(b"abcd", &[0, 4, 4, 0, 0, 0, 1, b'e']), b"abcde");
    assert_eq!(edited(b"abcd", &[0, 6, 0, 0, 0, 0, 2, 0, 0]), b"cd");
}
