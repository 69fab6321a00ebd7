use super::{MANIFEST, stamped};
use wasmparser::{Parser, Payload};

/// A component with a nested component; the manifests at its top and of those below.
fn component(top: &[&str], nested: &str) -> Vec<u8> {
    let section = |text: &str| format!("(@custom \"{MANIFEST}\" \"{text}\")");
    let top: String = top.iter().map(|text| section(text)).collect();
    wat::parse_str(format!("(component {top} (component {}))", section(nested))).unwrap()
}

/// The manifests of a component: depth and text.
fn manifests(component: &[u8]) -> Vec<(u32, String)> {
    let (mut depth, mut found) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if section.name() == MANIFEST => {
                found.push((depth, String::from_utf8(section.data().to_vec()).unwrap()));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_manifest_replaces_those_at_the_top() {
    let nested = (2, "nested".to_owned());
    let new = (1, "new".to_owned());
    let bare = component(&[], "nested");
    let once = stamped(&bare, b"new").unwrap();
    assert_eq!(manifests(&once), [nested.clone(), new.clone()]);
    assert_eq!(once[..bare.len()], bare, "everything else stays");
    let twice = component(&["old", "older"], "nested");
    assert_eq!(manifests(&stamped(&twice, b"new").unwrap()), [nested, new]);
    assert_eq!(stamped(&once, b"new").unwrap(), once);
}

#[test]
fn a_damaged_file_is_an_error() {
    let whole = component(&["old"], "nested");
    for length in [0, 7, 9, whole.len() - 1] {
        assert!(stamped(&whole[..length], b"new").is_err(), "{length}");
    }
}
