//! `loadwright plugin list`: every available plugin, with its manifest.

use super::reach::needs;
use crate::args::PluginListArgs;
use crate::catalog::Catalog;
use crate::console::Console;
use crate::exit::Exit;
use crate::plugin_host::{PluginSettings, start_to_describe};
use loadwright_core::foreign::escaped;
use loadwright_wasm::{Identity, Kind, Source};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints the bundled plugins and those at `args.plugin`, and what is wrong with those that cannot be
/// used.
pub(crate) fn list(args: &PluginListArgs) -> Exit {
    let console = Console::default();
    let settings = PluginSettings::default();
    let catalog = Catalog::read(&args.plugin, || start_to_describe(&settings));
    let mut plugins = catalog.all();
    plugins.sort_by_key(|plugin| (plugin.kind.interface(), plugin.name().to_owned()));
    let shadowed = |plugin: &Identity| catalog.shadowed(plugin);
    match args.json {
        true => {
            let all = plugins.iter().map(|plugin| document(plugin, shadowed(plugin)));
            let all: Value = all.collect();
            console.terminal.print_stdout(&format!("{all:#}"));
        }
        false => {
            let all = plugins.iter().map(|plugin| lines(plugin, shadowed(plugin)));
            console.terminal.print_report(&all.collect::<String>());
        }
    }
    for why in catalog.unusable() {
        console.error(why);
    }
    if catalog.unusable().is_empty() { Exit::Measured } else { Exit::Plugin }
}

/// Short lines: a digest alone takes 64 columns of the 80 that a terminal may have.
fn lines(plugin: &Identity, shadowed: bool) -> String {
    let mut origin = origin(plugin);
    if shadowed {
        origin += ", shadowed";
    }
    let mut text = format!(
        "{} {} {} ({origin})\n    {}\n    sha256 {}\n",
        plugin.kind,
        escaped(plugin.name()),
        escaped(plugin.manifest.version()),
        escaped(plugin.manifest.summary()),
        plugin.digest
    );
    if let Some(needs) = needs(&plugin.manifest).filter(|_| plugin.kind == Kind::Exporter) {
        let _ = writeln!(text, "    {needs}");
    }
    text
}

/// The same for programs, with the whole manifest.
fn document(plugin: &Identity, shadowed: bool) -> Value {
    json!({
        "kind": plugin.kind.to_string(),
        "name": plugin.name(),
        "version": plugin.manifest.version(),
        "origin": origin(plugin),
        "shadowed": shadowed,
        "sha256": plugin.digest,
        "manifest": plugin.manifest.json,
    })
}

fn origin(plugin: &Identity) -> String {
    match &plugin.source {
        Source::Path(path) => path.display().to_string(),
        Source::Bundled(_) => "bundled".into(),
    }
}
