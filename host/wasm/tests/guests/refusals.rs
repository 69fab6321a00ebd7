//! The error message for every kind of file that cannot be loaded.

use crate::harness::{TestHost, module, scripted_api};
use loadwright_wasm::{Host, LoadError, Plugin, Source};
use std::path::Path;
use std::sync::Arc;

/// The error of opening `bytes`, without the path.
fn refusal(bytes: &[u8]) -> String {
    let host = TestHost::new();
    let path = host.file("plugin.wasm", bytes);
    text(&host.host, &path)
}

fn text(host: &Arc<Host>, path: &Path) -> String {
    let error = Plugin::open(host, Source::Path(path.into())).err().unwrap();
    let LoadError { origin, .. } = &error;
    assert_eq!(*origin, path.display().to_string());
    let text = error.to_string();
    text.strip_prefix(&format!("plugin {origin}: ")).unwrap().to_owned()
}

/// A component with these imports and exports, all empty instances.
fn component(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let mut text = String::from("(component ");
    for import in imports {
        text.push_str(&format!("(import \"{import}\" (instance))"));
    }
    text.push_str("(instance $empty)");
    for export in exports {
        text.push_str(&format!("(export \"{export}\" (instance $empty))"));
    }
    wat::parse_str(text + ")").unwrap()
}

const IDENTITY: &str = "loadwright:plugin/plugin@0.1.0";
const PROTOCOL: &str = "loadwright:plugin/api@0.1.0";
const DATASET: &str = "loadwright:plugin/dataset@0.1.0";

#[test]
fn files_that_are_not_there_or_are_folders() {
    let host = TestHost::new();
    assert_eq!(
        text(&host.host, &host.folder.path().join("gone.wasm")),
        "no such file; --plugin takes a component (.wasm) or a folder of components"
    );
    assert_eq!(text(&host.host, host.folder.path()), "is a folder, not a component (.wasm)");
}

#[test]
fn files_that_are_something_else() {
    assert_eq!(refusal(b""), "is empty; build or download it again");
    assert_eq!(
        refusal(b"\n <!DOCTYPE html><html></html>"),
        "is a web page, not a component; download the file itself"
    );
    assert_eq!(
        refusal(b"(component)"),
        "is WebAssembly in text format; convert it to binary, e.g. with `wasm-tools parse`"
    );
    assert_eq!(
        refusal(b"#!/usr/bin/env python\nprint(1)\n"),
        "is text, not a component; give the .wasm file that the plugin's build wrote"
    );
    assert_eq!(
        refusal(b"\x7fELF\x02\x01\x01"),
        "is compiled code, which is loaded only from the program's own cache; give the component \
         (.wasm) it was compiled from"
    );
    assert_eq!(
        refusal(b"PK\x03\x04\0\0"),
        "is not WebAssembly; give the .wasm file that the plugin's build wrote"
    );
}

#[test]
fn compiled_code_is_not_taken_from_the_user() {
    let host = TestHost::new();
    host.scripted_api().api(&serde_json::json!({})).unwrap();
    let cache = std::fs::read_dir(host.folder.path().join("cache/compiled-plugins")).unwrap();
    let mut kept = cache.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let kept = kept.find(|kept| memchr::memmem::find(kept, b"\x7fELF").is_some()).unwrap();
    let code = memchr::memmem::find(&kept, b"\x7fELF").unwrap();
    let compiled = host.file("compiled.wasm", &kept[code..]);
    assert!(text(&host.host, &compiled).starts_with("is compiled code, which is loaded only"));
}

#[test]
fn files_that_are_truncated_anywhere() {
    let whole = scripted_api();
    let lengths: Vec<_> = (1..whole.len()).step_by(97).collect();
    let truncated = |length: &&usize| {
        let said = refusal(&whole[..**length]);
        let found =
            said == format!("is truncated after {length} bytes; build or download it again");
        // Cut between two sections, it is a component without the exports that come last.
        let complete = ["exports neither", "does not export", "imports "];
        assert!(found || complete.iter().any(|it| said.starts_with(it)), "{length}: {said}");
        found
    };
    let found = lengths.iter().filter(truncated).count();
    assert!(found * 10 >= lengths.len() * 9, "{found} of {}", lengths.len());
}

#[test]
fn files_that_are_damaged() {
    let mut bytes = scripted_api();
    bytes[4] = 0x7f;
    let said = refusal(&bytes);
    assert!(said.starts_with("is damaged at byte 4: "), "{said}");
    assert!(said.ends_with("; build or download it again"), "{said}");
}

#[test]
fn core_modules_without_types() {
    assert_eq!(
        refusal(&wat::parse_str("(module)").unwrap()),
        "is a core module without a `component-type` section, so its interfaces are unknown; build \
         it with wit-bindgen against the contract in wit/, or give the component made from it"
    );
}

#[test]
fn core_modules_that_lack_an_export() {
    let world = "package test:half; world half { export loadwright:plugin/plugin@0.1.0; }";
    let said = refusal(&module("(module (memory (export \"memory\") 1))", world));
    assert!(said.starts_with("is a core module that cannot be made into a component: "), "{said}");
    assert!(
        said.contains("interface `loadwright:plugin/plugin@0.1.0` function `describe`"),
        "{said}"
    );
}

#[test]
fn other_versions_of_the_contract() {
    assert_eq!(
        refusal(&component(&[], &[IDENTITY, "loadwright:plugin/api@0.3.0"])),
        "needs version 0.3.0 of the contract (loadwright:plugin/api@0.3.0), but this program \
         supports 0.1; use a newer loadwright, or build the plugin against this program's wit/"
    );
    assert_eq!(
        refusal(&component(&["loadwright:plugin/log@0.0.9"], &[IDENTITY, PROTOCOL])),
        "needs version 0.0.9 of the contract (loadwright:plugin/log@0.0.9), but this program \
         supports 0.1; build the plugin against this program's wit/, or ask its author for a newer \
         one"
    );
    let prerelease = refusal(&component(&[], &["loadwright:plugin/api@0.1.0-rc.1"]));
    assert!(prerelease.starts_with("needs version 0.1.0-rc.1 of the contract"), "{prerelease}");
}

#[test]
fn components_that_are_not_plugins() {
    assert_eq!(
        refusal(&component(&[], &["wasi:cli/run@0.2.0"])),
        "exports neither loadwright:plugin/api nor loadwright:plugin/dataset, only \
         `wasi:cli/run@0.2.0`; build it for one of the worlds in wit/world.wit"
    );
    assert_eq!(
        refusal(&component(&[], &[])),
        "exports neither loadwright:plugin/api nor loadwright:plugin/dataset, only nothing \
         at all (is the file truncated?); build it for one of the worlds in wit/world.wit"
    );
    assert_eq!(
        refusal(&component(&[], &[PROTOCOL])),
        "does not export loadwright:plugin/plugin; build it for one of the worlds in wit/world.wit"
    );
}

#[test]
fn imports_that_no_world_provides() {
    let import = |name: &str, kind: &str| refusal(&component(&[name], &[IDENTITY, kind]));
    assert_eq!(
        import("loadwright:plugin/files@0.1.0", PROTOCOL),
        "imports `loadwright:plugin/files@0.1.0`, which is only for datasets: use world \
         `dataset-plugin-files`"
    );
    assert_eq!(
        import("loadwright:plugin/clock@0.1.0", DATASET),
        "imports `loadwright:plugin/clock@0.1.0`, which is only for exporters: use world \
         `exporter-plugin`"
    );
    assert_eq!(
        import("loadwright:plugin/http@0.1.0", PROTOCOL),
        "imports `loadwright:plugin/http@0.1.0`, which is only for exporters: use world \
         `exporter-plugin-http`"
    );
    assert_eq!(
        import("loadwright:plugin/gpu@0.1.0", DATASET),
        "imports `loadwright:plugin/gpu@0.1.0`, which no world of this version provides; see \
         wit/world.wit"
    );
    assert_eq!(
        import("wasi:http/outgoing-handler@0.2.10", DATASET),
        "imports `wasi:http/outgoing-handler@0.2.10`, but plugins have no network, the host sends; \
         build it without (componentize-js and jco: disable the features http and fetch-event)"
    );
    assert_eq!(
        import("wasi:cli/stdout@0.3.0", DATASET),
        "imports `wasi:cli/stdout@0.3.0`, but only WASI 0.2 is supported; build it for \
         wasm32-wasip2"
    );
    assert_eq!(
        import("acme:gpu/launch", DATASET),
        "imports `acme:gpu/launch`, which no world provides; plugins may import what wit/world.wit \
         names, and WASI 0.2"
    );
}

#[test]
fn exports_of_the_right_name_and_the_wrong_shape() {
    let said = refusal(&component(&[], &[IDENTITY, PROTOCOL]));
    assert!(said.starts_with("does not fit contract 0.1: "), "{said}");
}

#[test]
fn names_that_are_not_bundled() {
    let error = Plugin::open(&TestHost::new().host, Source::Bundled("nope".into()))
        .err()
        .unwrap()
        .to_string();
    assert!(error.starts_with("plugin `nope`: is not bundled; bundled plugins: "), "{error}");
}

#[test]
fn a_folder_gives_each_component_or_its_error() {
    let host = TestHost::new();
    host.file("b.wasm", &scripted_api());
    host.file("a.wasm", b"text");
    host.file("notes.md", b"# notes");
    let sources = Source::at(host.folder.path()).unwrap();
    let opened = sources.into_iter().map(|source| Plugin::open(&host.host, source));
    let said: Vec<String> = opened
        .map(|one| one.map_or_else(|error| error.to_string(), |plugin| plugin.name().into()))
        .collect();
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("a.wasm: is text, not a component"), "{}", said[0]);
    assert_eq!(said[1], "scripted");

    let empty = tempfile::tempdir().unwrap();
    let refused = Source::at(empty.path()).unwrap_err();
    assert!(refused.to_string().ends_with(
        "is a folder without .wasm files; --plugin takes a component or a folder of components"
    ));
}

#[test]
fn a_component_of_two_kinds() {
    assert_eq!(
        refusal(&component(&[], &[IDENTITY, PROTOCOL, DATASET])),
        "is api and dataset in one, but a component is one kind of plugin; make one of each"
    );
}

#[test]
fn names_without_a_patch_version() {
    assert_eq!(
        refusal(&component(&[], &["loadwright:plugin/plugin@0.1", "loadwright:plugin/api@0.1"])),
        "names `loadwright:plugin/plugin@0.1`, a version of two numbers, which this program's \
         WebAssembly engine does not take; build it with tools that write three (`@0.1.0`)"
    );
}
