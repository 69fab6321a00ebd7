//! Artifacts of any size, read and cut part by part.

#[cfg(test)]
mod tests;

use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;

/// Bytes that are read at once.
const PART: f64 = 1024.0 * 1024.0;

/// A whole file, of at most `most` bytes.
///
/// # Errors
/// It cannot be read, or is longer.
pub fn whole(
    host: &(impl ExporterHost + ?Sized),
    name: &str,
    most: usize,
) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    loop {
        let part = host.read(name, content.len() as f64, PART as u32)?;
        if part.is_empty() {
            return Ok(content);
        }
        content.extend(part);
        if content.len() > most {
            return Err(Fault::Fatal(format!("{name} has more than {most} bytes")));
        }
    }
}

/// Cuts `name` to its first `size` bytes: what an instance wrote after its last state. Their copy is
/// `spare`, which is empty at the end. The work of an instance that was lost meanwhile is taken up.
///
/// # Errors
/// The file is shorter, or something cannot be read or written.
pub fn cut(host: &impl ExporterHost, name: &str, spare: &str, size: f64) -> Result<(), Fault> {
    let found = length(host, name)?;
    if found == size {
        return Ok(());
    }
    if found < size && length(host, spare)? != size {
        return Err(Fault::Fatal(format!(
            "{name} is shorter than it was: remove its folder, and export the run anew"
        )));
    }
    if found > size {
        copy(host, name, spare, size)?;
    }
    copy(host, spare, name, size)?;
    host.put(spare, &[])
}

fn length(host: &impl ExporterHost, name: &str) -> Result<f64, Fault> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let entries = host.entries(folder)?;
    Ok(entries.iter().find(|entry| entry.name == name).map_or(0.0, |entry| entry.size))
}

fn copy(host: &impl ExporterHost, from: &str, to: &str, size: f64) -> Result<(), Fault> {
    host.put(to, &[])?;
    let mut at = 0.0;
    while at < size {
        let part = host.read(from, at, (size - at).min(PART) as u32)?;
        if part.is_empty() {
            return Err(Fault::Fatal(format!("{from} became shorter")));
        }
        host.append(to, &part)?;
        at += part.len() as f64;
    }
    Ok(())
}
