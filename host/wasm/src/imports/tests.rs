//! Each kind of plugin is linked to the imports of its own worlds.

use super::add_to_linker;
use crate::engine;
use crate::kind::Kind;
use wasmtime::component::{Component, Linker};

/// Whether a component that imports this function of the contract can be linked.
fn links(kind: Kind, interface: &str, function: &str) -> bool {
    let (engine, _epoch) = engine::start().expect("components run here");
    let text = format!(
        "(component (import \"loadwright:plugin/{interface}@0.1.0\" (instance {function})))"
    );
    let component =
        Component::new(&engine, wat::parse_str(text).expect("it parses")).expect("it compiles");
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, kind).expect("nothing is added twice");
    linker.instantiate_pre(&component).is_ok()
}

#[test]
fn only_datasets_reach_the_imports_of_datasets() {
    let fill = "(export \"fill\" (func (param \"label\" string) (param \"index\" u32)
        (param \"count\" u32) (result (list u8))))";
    assert!(links(Kind::Dataset, "random", fill));
    assert!(!links(Kind::Api, "random", fill));
}
