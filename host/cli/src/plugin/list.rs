//! `loadwright plugin list`: every available plugin, with its manifest.

use crate::args::PluginListArgs;
use crate::catalog::Catalog;
use crate::console::Console;
use crate::exit::Exit;
use crate::plugin_host::{PluginSettings, start_to_describe};
use loadwright_core::foreign::escaped;
use loadwright_wasm::Source;
use std::fmt::Write as _;

/// Prints the bundled plugins and those at `args.plugin`, and what is wrong with those that cannot be
/// used.
pub(crate) fn list(args: &PluginListArgs) -> Exit {
    let console = Console::default();
    let settings = PluginSettings::default();
    let catalog = Catalog::read(&args.plugin, || start_to_describe(&settings));
    let mut plugins = catalog.all();
    plugins.sort_by_key(|plugin| (plugin.kind.interface(), plugin.name().to_owned()));
    let mut text = String::new();
    for plugin in &plugins {
        let mut origin = match &plugin.source {
            Source::Path(path) => path.display().to_string(),
            Source::Bundled(_) => "bundled".into(),
        };
        if catalog.shadowed(plugin) {
            origin += ", shadowed";
        }
        // Three short lines: a digest alone takes 64 columns of the 80 that a terminal may have.
        let _ = writeln!(
            text,
            "{} {} {} ({origin})\n    {}\n    sha256 {}",
            plugin.kind,
            escaped(plugin.name()),
            escaped(plugin.manifest.version()),
            escaped(plugin.manifest.summary()),
            plugin.digest
        );
    }
    console.terminal.print_report(&text);
    for why in catalog.unusable() {
        console.error(why);
    }
    if catalog.unusable().is_empty() { Exit::Measured } else { Exit::Plugin }
}
