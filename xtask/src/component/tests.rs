//! Manifests of modules written by hand.

use super::*;

fn module_with(manifest: &str) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    module.section(&CustomSection { name: MANIFEST.into(), data: manifest.as_bytes().into() });
    module.finish()
}

const GOOD: &str = r#"{"name":"a","version":"1","summary":"s","license":"l","settings":{}}"#;

#[test]
fn a_component_gets_the_manifest_of_its_module() {
    let mut component = wasm_encoder::Component::new().finish();
    add_manifest("a", &module_with(GOOD), &mut component).unwrap();
    assert_eq!(section(&component).unwrap(), GOOD.as_bytes());
}

#[test]
fn a_manifest_with_another_name_is_rejected() {
    let mut component = wasm_encoder::Component::new().finish();
    let error = add_manifest("b", &module_with(GOOD), &mut component).unwrap_err();
    assert!(error.to_string().contains("its name is \"a\""));
}

#[test]
fn a_module_without_a_manifest_is_rejected() {
    let mut component = wasm_encoder::Component::new().finish();
    let module = wasm_encoder::Module::new().finish();
    let error = add_manifest("a", &module, &mut component).unwrap_err();
    assert!(error.to_string().ends_with("the module has no section loadwright:manifest"));
}
