//! Names of artifacts: relative, of plain parts.

use loadwright_core::ports::Fault;

/// What the run's own files are named under.
pub(super) const RESULTS: &str = "results";

/// What begins the names of files that are not whole yet.
pub(super) const UNFINISHED: &str = ".loadwright-";

/// The longest name and part, in bytes, and the most parts.
const LONGEST: usize = 1024;
const LONGEST_PART: usize = 255;
pub(super) const DEEPEST: usize = 16;

/// What ends the names of files that SQLite itself writes and trusts.
const OF_SQLITE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Where a name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// In the exporter's folder.
    Own(&'a str),
    /// In the run's folder, to be read only.
    Results(&'a str),
}

/// Where the file or folder `name` is.
pub(super) fn place(name: &str) -> Result<Place<'_>, Fault> {
    check(name)?;
    match name.split_once('/') {
        _ if name == RESULTS => Ok(Place::Results("")),
        Some((RESULTS, inner)) if is_of_run(inner) => Ok(Place::Results(inner)),
        Some((RESULTS, _)) => Err(refused(name, "is not among the run's files to read")),
        _ => Ok(Place::Own(name)),
    }
}

/// Where `name` is to be written.
pub(super) fn to_write(name: &str) -> Result<&str, Fault> {
    match place(name)? {
        Place::Own(name) if OF_SQLITE.iter().any(|end| name.ends_with(end)) => {
            Err(refused(name, "ends as files of SQLite itself do; choose another name"))
        }
        Place::Own(name) => Ok(name),
        Place::Results(_) => Err(refused(name, "is below `results`, which is read only")),
    }
}

/// Not the store, whose locks end when it is opened and closed a second time; nor other exporters'
/// files.
pub(super) fn is_of_run(name: &str) -> bool {
    let store = name.split('/').any(|part| part.starts_with("records.db"));
    !store && name != "exports" && !name.starts_with("exports/")
}

fn check(name: &str) -> Result<(), Fault> {
    if name.len() > LONGEST || name.split('/').count() > DEEPEST {
        return Err(refused(name, "is longer than 1,024 bytes or deeper than 16 folders"));
    }
    let plain = |part: &str| {
        !part.is_empty()
            && part.len() <= LONGEST_PART
            && part != "."
            && part != ".."
            && !part.starts_with(UNFINISHED)
            && !part.chars().any(|c| c.is_control() || c == '\\')
    };
    if !name.split('/').all(plain) {
        return Err(refused(name, "is no relative name of plain parts"));
    }
    Ok(())
}

pub(super) fn refused(name: &str, why: &str) -> Fault {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Fault::Fatal(format!("artifact `{shown}` {why}"))
}
