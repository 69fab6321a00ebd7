//! Checks that a component's imports and exports are those of a world of the contract.
//!
//! Names are parsed, not compared as strings: any patch version will do.

use super::ComponentInfo;
use crate::Kind;
use crate::error::LoadFault;

/// The contract's package.
const PACKAGE: &str = "loadwright:plugin/";

/// Major and minor version of the contract that this program supports: patch versions only add.
const TRACK: (u32, u32) = (0, 1);

/// The kind of plugin that the component is.
///
/// # Errors
/// It is not a plugin of one kind, needs another version, or imports something its world does not
/// provide.
pub(crate) fn check(info: &ComponentInfo) -> Result<Kind, LoadFault> {
    match (faults(info).into_iter().next(), kinds(info).first()) {
        (None, Some(kind)) => Ok(*kind),
        (Some(fault), _) => Err(fault),
        (None, None) => Err(LoadFault::NoKind { exports: listed(&info.exports) }),
    }
}

/// The kinds whose interfaces it exports, in whatever version.
pub(crate) fn kinds(info: &ComponentInfo) -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| has_export(info, kind.interface())).collect()
}

/// Every way in which its imports and exports are not those of a plugin.
pub(crate) fn faults(info: &ComponentInfo) -> Vec<LoadFault> {
    let kinds = kinds(info);
    let names = info.exports.iter().chain(&info.imports);
    let mut faults: Vec<_> = names.filter_map(|name| check_version(name).err()).collect();
    if kinds.is_empty() {
        faults.push(LoadFault::NoKind { exports: listed(&info.exports) });
        return faults;
    }
    if kinds.len() > 1 {
        let kinds: Vec<_> = kinds.iter().map(Kind::to_string).collect();
        faults.push(LoadFault::Kinds { kinds: kinds.join(" and ") });
    }
    if !has_export(info, "plugin") {
        faults.push(LoadFault::NoIdentity);
    }
    faults.extend(info.imports.iter().filter_map(|import| check_import(import, &kinds).err()));
    faults
}

fn has_export(info: &ComponentInfo, wanted: &str) -> bool {
    info.exports.iter().any(|name| interface(name) == Some(wanted))
}

fn listed(exports: &[String]) -> String {
    match exports {
        [] => "nothing at all (is the file truncated?)".into(),
        _ => exports.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

/// `loadwright:plugin/api@0.1.0` is `api`.
fn interface(name: &str) -> Option<&str> {
    let interface = name.strip_prefix(PACKAGE)?;
    Some(interface.split_once('@').map_or(interface, |(interface, _)| interface))
}

fn check_version(name: &str) -> Result<(), LoadFault> {
    if interface(name).is_none() {
        return Ok(());
    }
    let wants = name.split_once('@').map_or("none", |(_, version)| version);
    let mut parts = wants.splitn(3, '.').map(str::parse::<u32>);
    let track = match (parts.next(), parts.next(), parts.next()) {
        // A prerelease is another contract: such components never link.
        (Some(Ok(major)), Some(Ok(minor)), None | Some(Ok(_))) => Some((major, minor)),
        _ => None,
    };
    if track == Some(TRACK) && wants.split('.').count() == 3 {
        return Ok(());
    }
    if track == Some(TRACK) {
        return Err(LoadFault::ShortVersion { name: name.into() });
    }
    let newer = track.is_some_and(|track| track > TRACK);
    let remedy = if newer {
        "use a newer loadwright, or build the plugin against this program's wit/"
    } else {
        "build the plugin against this program's wit/, or ask its author for a newer one"
    };
    Err(LoadFault::ContractVersion { name: name.into(), wants: wants.into(), remedy })
}

/// Checks that a plugin of these kinds may import `import`.
fn check_import(import: &str, kinds: &[Kind]) -> Result<(), LoadFault> {
    let refused = |reason: &str| {
        Err(LoadFault::Import { import: format!("`{import}`"), reason: reason.into() })
    };
    if let Some(interface) = interface(import) {
        let dataset = kinds.contains(&Kind::Dataset);
        let exporter = kinds.contains(&Kind::Exporter);
        return match interface {
            "types" | "log" => Ok(()),
            "random" | "tokenizer" | "files" | "rows" if dataset => Ok(()),
            "clock" | "artifacts" | "http" | "sqlite" if exporter => Ok(()),
            "random" => refused("which is only for datasets: use world `dataset-plugin`"),
            "tokenizer" => refused("which is only for datasets: use world `dataset-plugin-tokens`"),
            "files" | "rows" => {
                refused("which is only for datasets: use world `dataset-plugin-files`")
            }
            "clock" | "artifacts" => {
                refused("which is only for exporters: use world `exporter-plugin`")
            }
            "http" => refused("which is only for exporters: use world `exporter-plugin-http`"),
            "sqlite" => refused("which is only for exporters: use world `exporter-plugin-sqlite`"),
            _ => refused("which no world of this version provides; see wit/world.wit"),
        };
    }
    if import.starts_with("wasi:http/") {
        return refused(
            "but plugins have no network, the host sends; build it without (componentize-js and \
             jco: disable the features http and fetch-event)",
        );
    }
    if import.starts_with("wasi:") {
        return match import.split_once('@').map(|(_, version)| version) {
            Some(version) if version.starts_with("0.2") => Ok(()),
            _ => refused("but only WASI 0.2 is supported; build it for wasm32-wasip2"),
        };
    }
    refused("which no world provides; plugins may import what wit/world.wit names, and WASI 0.2")
}
