//! Damaged components are refused, never a panic: every byte of a real one changed, cut and doubled.

use super::{MANIFEST, component};
use crate::bundled::bundled;
use crate::manifest::Manifest;
use proptest::prelude::*;
use std::borrow::Cow;

fn inspect(bytes: Vec<u8>) {
    let Ok(inspected) = component(Cow::Owned(bytes)) else { return };
    if let Some(text) = inspected.manifest {
        drop(Manifest::read(&text, inspected.kind));
    }
}

fn smallest() -> &'static [u8] {
    let all = bundled().iter().map(|plugin| plugin.bytes);
    all.min_by_key(|bytes| bytes.len()).expect("there are bundled plugins")
}

proptest! {
    #[test]
    fn damaged_components_are_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = smallest().to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        inspect(bytes);
    }

    #[test]
    fn damaged_manifests_are_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let Ok(whole) = component(Cow::Borrowed(smallest())) else { panic!("it is a plugin") };
        let mut text = whole.manifest.expect("it carries one");
        for (at, value) in changes {
            let at = at.index(text.len());
            text[at] = value;
        }
        drop(Manifest::read(&text, whole.kind));
    }
}

#[test]
fn a_second_manifest_is_refused() {
    use wasm_encoder::{CustomSection, Encode as _, Section as _};
    let mut bytes = smallest().to_vec();
    let section = CustomSection { name: MANIFEST.into(), data: b"{}".into() };
    bytes.push(section.id());
    section.encode(&mut bytes);
    let Err(fault) = component(Cow::Owned(bytes)) else { panic!("it is accepted") };
    assert_eq!(fault.to_string(), "its manifest is in the file more than once");
}
