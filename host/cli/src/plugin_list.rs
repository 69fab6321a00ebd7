//! `loadwright plugin list`: every available plugin, with its manifest.

use crate::args::PluginListArgs;
use crate::catalog::Catalog;
use crate::console::Console;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::open::plugin_host;
use crate::plan::PluginSettings;
use loadwright_core::foreign::escaped;
use loadwright_engine::Stop;
use loadwright_wasm::{Plugin, Source};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Prints the bundled plugins and those at `args.plugin`.
///
/// # Errors
/// One of them cannot be loaded.
pub(crate) fn list(args: &PluginListArgs) -> Result<Exit, CommandError> {
    let console = Arc::new(Console::default());
    let settings = PluginSettings {
        paths: args.plugin.clone(),
        timeout: Duration::from_secs(5),
        memory: None,
        cache_dir: None,
    };
    let host = plugin_host(&settings, 0, &console, &Stop::new())?;
    let catalog = Catalog::open(&host, &settings.paths)?;
    let mut plugins = catalog.all()?;
    plugins.sort_by_key(|plugin| (kinds(plugin), plugin.name().to_owned()));
    let mut text = String::new();
    for plugin in &plugins {
        let origin = match plugin.source() {
            Source::Path(path) => path.display().to_string(),
            Source::Bundled(_) if catalog.shadowed(plugin) => "bundled, shadowed".into(),
            Source::Bundled(_) => "bundled".into(),
        };
        // Three short lines: a digest alone takes 64 columns of the 80 that a terminal may have.
        let _ = writeln!(
            text,
            "{} {} {} ({origin})\n    {}\n    sha256 {}",
            kinds(plugin),
            escaped(plugin.name()),
            escaped(plugin.version()),
            escaped(plugin.summary()),
            plugin.digest()
        );
    }
    console.terminal.print_report(&text);
    Ok(Exit::Measured)
}

fn kinds(plugin: &Plugin) -> String {
    let kinds: Vec<String> = plugin.kinds().iter().map(ToString::to_string).collect();
    kinds.join("+")
}
