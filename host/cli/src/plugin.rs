//! `loadwright plugin`: lists plugins, makes and inspects their files, and writes the contract.

mod inspect;
mod list;
mod pack;
mod reach;
mod wit;

use crate::args::PluginCommand;
use crate::diagnostics::{SettingError, SettingErrors};
use crate::error::CommandError;
use crate::exit::Exit;
use loadwright_storage::folder::{FolderError, write_whole};
use std::path::Path;

/// Runs the command.
///
/// # Errors
/// Why it failed.
pub(crate) fn plugin(command: &PluginCommand) -> Result<Exit, CommandError> {
    match command {
        PluginCommand::List(args) => Ok(list::list(args)),
        PluginCommand::Pack(args) => pack::pack(args),
        PluginCommand::Inspect(args) => inspect::inspect_plugin(args),
        PluginCommand::Wit(args) => wit::wit(args),
    }
}

/// Writes a file of the user's, whole or not at all; one that is there is replaced only with `force`.
fn write(path: &Path, content: &[u8], force: bool) -> Result<(), CommandError> {
    check_free(path, force)?;
    let written = write_whole(path, content);
    written.map_err(|FolderError { path, cause }| CommandError::Write { path, cause })
}

fn check_free(path: &Path, force: bool) -> Result<(), CommandError> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(CommandError::Exists(path.into()));
    }
    Ok(())
}

/// A flag's value that cannot be used.
fn unusable(flag: &str, text: String) -> CommandError {
    SettingErrors(vec![SettingError { flag: flag.into(), origin: None, text }]).into()
}
