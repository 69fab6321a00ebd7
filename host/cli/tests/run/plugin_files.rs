//! `plugin pack`, `plugin inspect` and `plugin wit`: what an author's build passes through.

use super::{Place, ends, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A core module as the compiler wrote it; it returns its manifest from `describe`.
const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist/core.wasm");

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

/// The manifest of the core module.
fn manifest() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/prompt/manifest.json");
    serde_json::from_str(&fs::read_to_string(path).expect("it is there")).expect("it is JSON")
}

#[test]
fn a_packed_core_module_is_a_plugin_that_runs() {
    let place = Place::new();
    let packed = stdout(&ends(place.loadwright(&format!("plugin pack {CORE} -o mine.wasm")), 0));
    let mut lines = packed.lines();
    assert_eq!(lines.next(), Some("dataset prompt 0.1.0 (mine.wasm)"), "{packed}");
    let size = fs::metadata(place.path().join("mine.wasm")).expect("it is there").len();
    assert_eq!(lines.next(), Some(format!("    {size} bytes").as_str()));
    let digest = lines.next().expect("a digest").trim().to_owned();
    let listed = stdout(&ends(place.loadwright("plugin list --plugin mine.wasm"), 0));
    assert!(listed.contains("(mine.wasm)") && listed.contains(&digest), "{listed}");
    let shown = stdout(&ends(place.loadwright("plugin inspect mine.wasm"), 0));
    assert!(
        shown.contains("form      component") && shown.contains("yes, in the cache"),
        "{shown}"
    );
    ends(place.perf("--simulate -n 1 --max-tokens 1 --plugin mine.wasm"), 0);
    assert_eq!(place.summary("parallel_1_number_1")["Success Requests"], 1);
}

#[test]
fn packing_replaces_nothing_unless_it_is_forced() {
    let place = Place::new();
    let out = place.path().join("mine.wasm");
    fs::write(&out, "precious").expect("writable");
    let line = format!("plugin pack {CORE} -o mine.wasm");
    let said = stderr(&ends(place.loadwright(&line), 2));
    assert_eq!(said, "loadwright: mine.wasm exists; give another path, or --force to replace it\n");
    assert_eq!(fs::read_to_string(&out).expect("it is there"), "precious");
    ends(place.loadwright(&format!("{line} --force")), 0);
    assert!(fs::read(&out).expect("it is there").starts_with(b"\0asm"));
    assert_eq!(files(place.path()), ["mine.wasm"], "nothing else is left");
}

#[test]
fn a_manifest_that_cannot_be_used_is_told_and_nothing_is_written() {
    let place = Place::new();
    let mut unknown = manifest();
    unknown["colour"] = "red".into();
    let mut other = manifest();
    other["summary"] = "another".into();
    let mut api = manifest();
    api["api"] = json!({ "prompts": ["text"] });
    let refused = |text: &str, code: i32, wanted: &str| {
        fs::write(place.path().join("manifest.json"), text).expect("writable");
        let line = format!("plugin pack {CORE} --manifest manifest.json -o mine.wasm");
        let said = stderr(&ends(place.loadwright(&line), code));
        assert!(said.contains(wanted), "{said}");
        assert_eq!(files(place.path()), ["manifest.json"]);
    };
    refused("{", 3, "its manifest is not a JSON object: EOF while parsing");
    refused(&unknown.to_string(), 3, "its manifest is not valid: unknown field `colour`");
    refused(&api.to_string(), 3, "has the member `api`, but the plugin is a dataset");
    let wanted = "carries a manifest, but what its `describe` returns differs from it at /summary";
    refused(&other.to_string(), 3, wanted);
    let line = format!("plugin pack {CORE} --manifest gone.json -o mine.wasm");
    let said = stderr(&ends(place.loadwright(&line), 2));
    assert!(said.contains("--manifest: gone.json does not exist; give a JSON file"), "{said}");
}

#[test]
fn what_cannot_be_packed_or_written_is_told() {
    let place = Place::new();
    let said = stderr(&ends(place.loadwright("plugin pack gone.wasm -o mine.wasm"), 3));
    assert!(said.contains("plugin gone.wasm: no such file"), "{said}");
    fs::write(place.path().join("text.wasm"), "no module").expect("writable");
    let said = stderr(&ends(place.loadwright("plugin pack text.wasm -o mine.wasm"), 3));
    assert!(said.contains("plugin text.wasm: is text, not a component"), "{said}");
    let said = stderr(&ends(place.loadwright(&format!("plugin pack {CORE} -o no/mine.wasm")), 4));
    assert!(said.contains("cannot write no/mine.wasm: No such file or directory"), "{said}");
    assert_eq!(files(place.path()), ["text.wasm"]);
}

#[test]
fn inspecting_tells_all_that_would_be_refused() {
    let place = Place::new();
    let shown = stdout(&ends(place.loadwright(&format!("plugin inspect {CORE}")), 0));
    for wanted in [
        "kind      dataset\n",
        "form      core module, ",
        "import    loadwright:plugin/log@0.1.0\n",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(shown.contains("\"name\": \"prompt\""), "{shown}");
    assert!(!shown.contains("refused"), "{shown}");
    let future = CORE.replace("core.wasm", "future.wasm");
    let shown = stdout(&ends(place.loadwright(&format!("plugin inspect {future}")), 3));
    assert!(shown.contains("refused   needs version "), "{shown}");
    assert!(shown.contains("manifest  not in the file"), "{shown}");
}

#[test]
fn the_contract_is_written_and_nothing_of_the_authors_is_lost() {
    let place = Place::new();
    let wit = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"));
    ends(place.loadwright("plugin wit deep/wit"), 0);
    let written = place.path().join("deep/wit");
    assert_eq!(files(&written), files(wit));
    for name in files(wit) {
        let read = |folder: &Path| fs::read_to_string(folder.join(&name)).expect("a file");
        assert_eq!(read(&written), read(wit), "{name}");
    }
    ends(place.loadwright("plugin wit deep/wit"), 0);
    fs::write(written.join("api.wit"), "mine").expect("writable");
    let said = stderr(&ends(place.loadwright("plugin wit deep/wit"), 2));
    assert!(said.contains("deep/wit/api.wit exists; give another path, or --force"), "{said}");
    assert_eq!(fs::read_to_string(written.join("api.wit")).expect("it is there"), "mine");
    ends(place.loadwright("plugin wit deep/wit --force"), 0);
    assert_ne!(fs::read_to_string(written.join("api.wit")).expect("it is there"), "mine");
    fs::write(place.path().join("file"), "").expect("writable");
    let said = stderr(&ends(place.loadwright("plugin wit file"), 4));
    assert!(said.contains("cannot write file: "), "{said}");
}
