//! Files below a folder.

use super::names::{DEEPEST, Place, RESULTS, UNFINISHED, is_of_run};
use cap_std::fs::{Dir, DirEntry, ReadDir};
use loadwright_core::export::http::Artifact;
use loadwright_core::ports::Fault;
use std::io::{self, ErrorKind};

/// The regular files below `place` in `dir`, sorted by name. Links are left out.
pub(super) fn files(dir: &Dir, place: Place<'_>, most: u64) -> Result<Vec<Artifact>, Fault> {
    let (start, before) = match place {
        Place::Own(folder) => (folder, ""),
        Place::Results(folder) => (folder, RESULTS),
    };
    let mut found = Vec::new();
    let mut seen = 0_u64;
    let mut folders = vec![start.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match list(dir, &folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.map_err(|error| Fault::Fatal(format!("artifacts: {error}")))?,
        };
        for entry in entries {
            seen += 1;
            if seen > most.saturating_mul(2) || found.len() as u64 >= most {
                return Err(Fault::Fatal(format!("more than {most} files are to be listed")));
            }
            let Some((name, size)) = of_entry(entry, &folder) else { continue };
            match size {
                _ if before == RESULTS && !is_of_run(&name) => {}
                Some(size) => found.push(Artifact { name: joined(before, &name), size }),
                None if name.split('/').count() < DEEPEST => folders.push(name),
                None => {}
            }
        }
    }
    found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn list(dir: &Dir, folder: &str) -> io::Result<ReadDir> {
    if folder.is_empty() { dir.entries() } else { dir.read_dir(folder) }
}

/// Name of an entry, with its size if it is a file; none: neither a file nor a folder.
fn of_entry(entry: io::Result<DirEntry>, folder: &str) -> Option<(String, Option<u64>)> {
    let entry = entry.ok()?;
    let name = entry.file_name().into_string().ok()?;
    let kind = entry.file_type().ok()?;
    if name.starts_with(UNFINISHED) {
        return None;
    }
    let name = joined(folder, &name);
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Some((name, Some(entry.metadata().ok()?.len()))),
        (_, true) => Some((name, None)),
        _ => None,
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
