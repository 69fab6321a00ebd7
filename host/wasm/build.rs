//! Embeds the components that are committed in plugins/dist.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = root.join("../../plugins/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut found: Vec<PathBuf> = fs::read_dir(&dist)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    found.sort();
    let mut table = String::from("&[\n");
    for path in found {
        let path = path.canonicalize().expect("it was listed just now");
        let name =
            path.file_stem().and_then(|stem| stem.to_str()).expect("our file names are UTF-8");
        writeln!(table, "    Bundled {{ name: {name:?}, bytes: include_bytes!({path:?}) }},")
            .expect("writing to a string cannot fail");
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("bundled.rs"), table).expect("the build directory can be written");
}
