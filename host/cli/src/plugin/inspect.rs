//! `loadwright plugin inspect`: what a file holds, and why it would be refused.

use crate::args::PluginInspectArgs;
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plugin_host::{PluginSettings, start_to_describe};
use loadwright_core::foreign::escaped;
use loadwright_wasm::{Inspection, inspect_file};
use std::fmt::Write as _;

/// Prints what `args.file` holds.
///
/// # Errors
/// It is not WebAssembly.
pub(crate) fn inspect(args: &PluginInspectArgs) -> Result<Exit, CommandError> {
    let host = start_to_describe(&PluginSettings::default())?;
    let inspection = inspect_file(&host, &args.file)?;
    Console::default().terminal.print_report(&report(&inspection));
    Ok(if inspection.refused.is_empty() { Exit::Measured } else { Exit::Plugin })
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
