//! Interfaces of the right name whose functions are not those of the contract: told before a run, as
//! such, with the function and what differs.

use crate::harness::{TestHost, encoded, typed};
use loadwright_wasm::{DatasetServices, Plugin, Source};
use serde_json::json;

/// A dataset whose interfaces are these; its code is never reached.
fn opened(dataset: &str, import: &str, functions: &str) -> String {
    let wit = format!(
        "package test:shape;
        world shape {{
            {import}
            export loadwright:plugin/plugin@0.1.0;
            export loadwright:plugin/dataset@0.1.0;
        }}
        package loadwright:plugin@0.1.0 {{
            interface types {{
                record setting-fault {{ name: string, text: string }}
                variant fault {{
                    settings(setting-fault), input(string), unsupported(string),
                    transient(string), fatal(string),
                }}
            }}
            interface plugin {{
                use types.{{fault}};
                describe: func() -> string;
                configure: func(settings: string) -> result<_, fault>;
            }}
            interface random {{ fill: func(label: string) -> list<u8>; }}
            interface dataset {{ {dataset} }}
        }}"
    );
    let wat = format!(
        r#"(module
            {functions}
            (memory (export "memory") 1)
            (data (i32.const 16) "\40\00\00\00\3e\00\00\00")
            (data (i32.const 64)
              "{{\22name\22:\22shape\22,\22version\22:\221\22,\22summary\22:\22is of another shape\22}}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func (export "loadwright:plugin/plugin@0.1.0#describe") (result i32) (i32.const 16))
            (func (export "loadwright:plugin/plugin@0.1.0#configure") (param i32 i32) (result i32)
              (i32.const 2048)))"#
    );
    let host = TestHost::new();
    let path = host.file("shape.wasm", &encoded(&typed(&wat, &wit)));
    match Plugin::open(&host.host, Source::Path(path)) {
        Err(error) => error.to_string().split_once("shape.wasm: ").unwrap().1.to_owned(),
        Ok(plugin) => {
            let factory = plugin.dataset(&json!({}), DatasetServices::default());
            factory.err().unwrap().to_string()
        }
    }
}

const GENERATE: &str = r#"(func (export "loadwright:plugin/dataset@0.1.0#generate")
    (param i32 i32) (result i32) unreachable)"#;

const PROPERTIES: &str = r#"(func (export "loadwright:plugin/dataset@0.1.0#properties")
    (result i32) unreachable)"#;

const MISSING: &str = "plugin `shape`: does not fit contract 0.1: instance export \
    `loadwright:plugin/dataset@0.1.0` does not have export `properties`; build it against this \
    program's wit/";

const DIFFERENT: &str = "plugin `shape` failed in instantiation: its `properties` does not fit this \
    program's contract 0.1, though it names 0.1 as its own: failed to convert function to given \
    type: type mismatch with results: expected record of 4 fields, found 1 fields; build it \
    against this program's wit/";

const IMPORT: &str = "does not fit contract 0.1: component imports instance \
    `loadwright:plugin/random@0.1.0`, but a matching implementation was not found in the linker: \
    instance export `fill` has the wrong type: type mismatch with parameters: expected 3-tuple, \
    found 1-tuple; build it against this program's wit/";

#[test]
fn a_function_that_is_missing() {
    let dataset = "generate: func(first: u32, count: u32) -> list<string>;";
    assert_eq!(opened(dataset, "", GENERATE), MISSING);
}

#[test]
fn a_record_that_has_other_members() {
    let dataset = "
        record found { items: option<u32> }
        properties: func() -> result<found>;
        generate: func(first: u32, count: u32) -> list<string>;
    ";
    assert_eq!(opened(dataset, "", &format!("{GENERATE}{PROPERTIES}")), DIFFERENT);
}

#[test]
fn an_import_that_takes_other_arguments() {
    let dataset = "generate: func(first: u32, count: u32) -> list<string>;";
    let import = "import loadwright:plugin/random@0.1.0;";
    let functions = format!(
        r#"(import "loadwright:plugin/random@0.1.0" "fill" (func (param i32 i32 i32))) {GENERATE}"#
    );
    assert_eq!(opened(dataset, import, &functions), IMPORT);
}
