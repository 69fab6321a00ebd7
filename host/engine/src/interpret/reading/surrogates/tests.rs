use super::*;
use proptest::prelude::*;

proptest! {
    /// The standard library reads the same code units.
    #[test]
    fn lone_surrogates_become_replacement_characters(
        units in prop::collection::vec(prop_oneof![
            0xd800_u16..0xdc00, 0xdc00_u16..0xe000, Just(0x5c), Just(0x41), any::<u16>(),
        ], 0..20),
    ) {
        let escaped: String = units.iter().map(|unit| format!("\\u{unit:04X}")).collect();
        let json = format!("{{\"a\":[\"x\\\\\",\"{escaped}\"]}}");
        let mended = replaced(json.as_bytes());
        prop_assert_eq!(mended.is_some(), String::from_utf16(&units).is_err());
        let mended = mended.unwrap_or(json.into_bytes());
        let value: serde_json::Value = serde_json::from_slice(&mended).unwrap();
        prop_assert_eq!(value["a"][1].as_str().unwrap(), String::from_utf16_lossy(&units));
    }

    #[test]
    fn any_bytes_keep_their_length(frame in prop::collection::vec(
        prop_oneof![Just(b'\\'), Just(b'u'), Just(b'd'), Just(b'8'), any::<u8>()], 0..40,
    )) {
        if let Some(mended) = replaced(&frame) {
            prop_assert_eq!(mended.len(), frame.len());
            prop_assert_eq!(replaced(&mended), None);
        }
    }
}

#[test]
fn an_escaped_backslash_does_not_escape_what_follows() {
    assert_eq!(replaced(br#""\\ud800""#), None);
    assert_eq!(replaced(br#""\\\ud800""#).unwrap(), br#""\\\ufffd""#);
}
