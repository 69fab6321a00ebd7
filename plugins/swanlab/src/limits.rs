//! What SwanLab takes as a name: settings that do not fit are refused before the run, names that come
//! from the run are cut.

/// Characters in a name of the field, at most.
pub(crate) const PROJECT: usize = 100;
pub(crate) const WORKSPACE: usize = 25;
pub(crate) const NAME: usize = 512;
pub(crate) const DESCRIPTION: usize = 1024;
pub(crate) const TAGS: usize = 30;

/// Why `text` cannot be a project's name; none: it can.
pub(crate) fn project(text: &str) -> Result<(), String> {
    plain(text, PROJECT, "_-+.")
}

/// Why `text` cannot be a workspace's name; none: it can.
pub(crate) fn workspace(text: &str) -> Result<(), String> {
    plain(text, WORKSPACE, "_-")
}

/// Why `text` is not within `most` characters, or empty.
pub(crate) fn length(text: &str, most: usize) -> Result<(), String> {
    match text.chars().count() {
        0 => Err("is empty".into()),
        count if count > most => Err(format!("has {count} characters; SwanLab takes {most}")),
        _ => Ok(()),
    }
}

fn plain(text: &str, most: usize, others: &str) -> Result<(), String> {
    length(text, most)?;
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !others.contains(*c)) {
        Some(wrong) => {
            Err(format!("has {wrong:?}; SwanLab takes letters, digits and {others} there"))
        }
        None => Ok(()),
    }
}

/// The first `most` characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// `name` as the key of a metric: without control characters, and not from or to `.` or `/`.
pub(crate) fn key(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let trimmed = plain.trim_matches(['.', '/']);
    let cut = cut(trimmed, NAME);
    let cut = cut.trim_end_matches(['.', '/']);
    if cut.is_empty() { "_".into() } else { cut.into() }
}

#[cfg(test)]
mod tests;
