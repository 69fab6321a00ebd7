//! `loadwright plugin wit`: writes the contract's files, against which plugins are built.

use super::write;
use crate::args::PluginWitArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use loadwright_wasm::CONTRACT;
use std::fs;

/// Writes the contract to the folder `args.folder`. Files that are as they would be written stay.
///
/// # Errors
/// A file is there already with other content, or cannot be written.
pub(crate) fn wit(args: &PluginWitArgs) -> Result<Exit, CommandError> {
    let folder = &args.folder;
    fs::create_dir_all(folder)
        .map_err(|cause| CommandError::Write { path: folder.clone(), cause })?;
    for (name, text) in CONTRACT {
        let path = folder.join(name);
        let is_there = loadwright_files::read(&path, text.len() as u64)
            .is_ok_and(|found| found == text.as_bytes());
        if !is_there {
            write(&path, text.as_bytes(), args.force)?;
        }
    }
    Ok(Exit::Measured)
}
