//! `loadwright plugin pack`: a component, or the core module that a compiler wrote, becomes a plugin
//! that carries its manifest.

use super::{check_free, unusable, write};
use crate::args::PluginPackArgs;
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plugin_host::{PluginSettings, start_to_describe};
use loadwright_core::foreign::escaped;
use loadwright_wasm::pack as packed;

/// The longest file that is read as a manifest.
const LONGEST: u64 = 1 << 20;

/// Packs `args.file`.
///
/// # Errors
/// It is not a plugin, or its manifest is not valid; the output is there already or cannot be written.
pub(crate) fn pack(args: &PluginPackArgs) -> Result<Exit, CommandError> {
    let manifest = args.manifest.as_ref().map(|path| {
        loadwright_files::read(path, LONGEST).map_err(|error| {
            unusable("manifest", format!("{} {error}; give a JSON file", path.display()))
        })
    });
    let manifest = manifest.transpose()?;
    // Before a component is compiled, which may take seconds.
    check_free(&args.output, args.force)?;
    let host = start_to_describe(&PluginSettings::default())?;
    let plugin = packed(&host, &args.file, manifest.as_deref())?;
    write(&args.output, plugin.component(), args.force)?;
    let text = format!(
        "{} {} {} ({})\n    {} bytes\n    sha256 {}\n",
        plugin.kind,
        escaped(plugin.name()),
        escaped(plugin.manifest.version()),
        args.output.display(),
        plugin.component().len(),
        plugin.digest
    );
    Console::default().terminal.print_report(&text);
    Ok(Exit::Measured)
}
