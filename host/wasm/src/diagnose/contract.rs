//! Whether a component's imports and exports are those of a world of the contract.
//!
//! Names are taken apart, not compared as strings: a version may be written in full or cut to what
//! matters (`@0.1`).

use super::Outline;
use crate::Kind;
use crate::error::LoadFault;

/// Our package.
const PACKAGE: &str = "loadwright:plugin/";

/// The version track of the contract that this program speaks: patch versions only add.
const TRACK: (u32, u32) = (0, 1);

/// The kinds of plugin that `outline` is.
///
/// # Errors
/// It is none, of another version, or imports what no world gives it.
pub(crate) fn check(outline: &Outline) -> Result<Vec<Kind>, LoadFault> {
    for name in outline.exports.iter().chain(&outline.imports) {
        version(name)?;
    }
    let exports = |wanted: &str| outline.exports.iter().any(|name| interface(name) == Some(wanted));
    let kinds: Vec<_> = Kind::ALL.into_iter().filter(|kind| exports(kind.interface())).collect();
    if kinds.is_empty() {
        return Err(LoadFault::NoKind { exports: listed(&outline.exports) });
    }
    if !exports("plugin") {
        return Err(LoadFault::NoIdentity);
    }
    outline.imports.iter().try_for_each(|import| granted(import, &kinds))?;
    Ok(kinds)
}

fn listed(exports: &[String]) -> String {
    match exports {
        [] => "nothing at all (was it cut short?)".into(),
        _ => exports.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

/// `loadwright:plugin/protocol@0.1.0` is `protocol`.
fn interface(name: &str) -> Option<&str> {
    let interface = name.strip_prefix(PACKAGE)?;
    Some(interface.split_once('@').map_or(interface, |(interface, _)| interface))
}

fn version(name: &str) -> Result<(), LoadFault> {
    if interface(name).is_none() {
        return Ok(());
    }
    let wants = name.split_once('@').map_or("none", |(_, version)| version);
    let mut parts = wants.splitn(3, '.').map(str::parse::<u32>);
    let track = match (parts.next(), parts.next(), parts.next()) {
        // A prerelease of a patch is another contract: such components never link.
        (Some(Ok(major)), Some(Ok(minor)), None | Some(Ok(_))) => Some((major, minor)),
        _ => None,
    };
    if track == Some(TRACK) {
        return Ok(());
    }
    let newer = track.is_some_and(|track| track > TRACK);
    let remedy = if newer {
        "use a newer loadwright, or build the plugin against the wit/ of this one"
    } else {
        "build the plugin against the wit/ of this program, or ask its author for a newer one"
    };
    Err(LoadFault::ContractVersion { name: name.into(), wants: wants.into(), remedy })
}

/// Whether a plugin of these kinds may import `import`.
fn granted(import: &str, kinds: &[Kind]) -> Result<(), LoadFault> {
    let refused = |reason: &str| {
        Err(LoadFault::Import { import: format!("`{import}`"), reason: reason.into() })
    };
    if let Some(interface) = interface(import) {
        let dataset = kinds.contains(&Kind::Dataset);
        return match interface {
            "types" | "log" => Ok(()),
            "random" | "tokenizer" | "files" if dataset => Ok(()),
            "random" => refused("which a protocol may not have: world `dataset-plugin` has it"),
            "tokenizer" => {
                refused("which a protocol may not have: world `dataset-plugin-tokens` has it")
            }
            "files" => {
                refused("which a protocol may not have: world `dataset-plugin-files` has it")
            }
            _ => refused("which no world of this version has; see wit/world.wit"),
        };
    }
    if import.starts_with("wasi:http/") {
        return refused(
            "and a plugin has no network: the host sends; build it without (componentize-js and \
             jco: disable the features http and fetch-event)",
        );
    }
    if import.starts_with("wasi:") {
        return match import.split_once('@').map(|(_, version)| version) {
            Some(version) if version.starts_with("0.2") => Ok(()),
            _ => refused("and of WASI only 0.2 is offered; build it for wasm32-wasip2"),
        };
    }
    refused("which no world has; a plugin imports what wit/world.wit names, and WASI 0.2 at most")
}
