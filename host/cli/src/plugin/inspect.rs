//! `loadwright plugin inspect`: what a plugin holds and may reach, and why it would be refused.

use super::reach::reach;
use crate::args::PluginInspectArgs;
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plugin_host::{PluginSettings, start_to_describe};
use loadwright_core::foreign::escaped;
use loadwright_wasm::{Inspection, Kind, Source, bundled, inspect_source};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Prints what `args.file` holds.
///
/// # Errors
/// It is not WebAssembly.
pub(crate) fn inspect_plugin(args: &PluginInspectArgs) -> Result<Exit, CommandError> {
    let host = start_to_describe(&PluginSettings::default())?;
    let inspection = inspect_source(&host, &source(&args.file))?;
    let terminal = Console::default().terminal;
    match args.json {
        true => terminal.print_stdout(&format!("{:#}", document(&inspection))),
        false => terminal.print_report(&report(&inspection)),
    }
    Ok(if inspection.refused.is_empty() { Exit::Measured } else { Exit::Plugin })
}

/// The bundled plugin of this name, if there is no such file.
fn source(path: &Path) -> Source {
    let name = path.to_str().filter(|_| !path.exists());
    let found = name.filter(|name| bundled().iter().any(|plugin| plugin.name == *name));
    found.map_or_else(|| Source::Path(path.into()), |name| Source::Bundled(name.into()))
}

fn report(inspection: &Inspection) -> String {
    let Inspection { size, digest, is_module, is_compiled, .. } = inspection;
    let form = if *is_module { "core module" } else { "component" };
    let kind = match inspection.kinds.as_slice() {
        [] => "no plugin".into(),
        found => found.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
    };
    let compiled = if *is_compiled { "yes, in the cache" } else { "not before" };
    let mut text = format!(
        "kind      {kind}\nform      {form}, {size} bytes\nsha256    {digest}\ncompiled  {compiled}\n"
    );
    for import in &inspection.imports {
        let _ = writeln!(text, "import    {}", escaped(import));
    }
    if let ([Kind::Exporter], Some(manifest)) = (inspection.kinds.as_slice(), &inspection.read) {
        text += &reach(manifest);
    }
    for fault in &inspection.refused {
        let _ = writeln!(text, "refused   {}", escaped(&fault.to_string()));
    }
    match &inspection.manifest {
        None => text.push_str("manifest  not in the file: `loadwright plugin pack` adds it\n"),
        Some(manifest) => {
            text.push_str("manifest\n");
            for line in manifest.lines() {
                let _ = writeln!(text, "    {}", escaped(line));
            }
        }
    }
    text
}

/// The same for programs. A manifest that is no JSON is a text.
fn document(inspection: &Inspection) -> Value {
    let manifest = inspection.manifest.as_deref();
    let manifest = manifest.map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    let texts = |found: &mut dyn Iterator<Item = String>| -> Value { found.collect() };
    json!({
        "kinds": texts(&mut inspection.kinds.iter().map(ToString::to_string)),
        "form": if inspection.is_module { "core module" } else { "component" },
        "bytes": inspection.size,
        "sha256": inspection.digest,
        "compiled": inspection.is_compiled,
        "imports": inspection.imports,
        "refused": texts(&mut inspection.refused.iter().map(ToString::to_string)),
        "manifest": manifest.unwrap_or(Value::Null),
    })
}
