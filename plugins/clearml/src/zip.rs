//! A zip of artifacts, stored as they are: written piece by piece, so that its size does not matter.

use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;

/// Bytes that are copied at once.
const PIECE: u32 = 1 << 20;

/// 1980-01-01 00:00, the earliest time there is.
const DATE: u16 = 0x21;

/// The beginning of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// Bytes of it.
    pub(crate) size: u64,
}

/// A zip that is being written.
pub(crate) struct Zip<'a> {
    host: &'a dyn ExporterHost,
    name: String,
    written: u64,
    entries: u16,
    directory: Vec<u8>,
}

impl<'a> Zip<'a> {
    /// Begins the artifact `name` anew.
    pub(crate) fn begin(host: &'a dyn ExporterHost, name: String) -> Result<Self, Fault> {
        host.put(&name, &[])?;
        Ok(Self { host, name, written: 0, entries: 0, directory: Vec::new() })
    }

    /// Adds an entry: its parts, one after the other.
    pub(crate) fn add(&mut self, entry: &str, parts: &[Part]) -> Result<(), Fault> {
        let crc = self.crc(parts)?;
        let size = self.bounded(parts.iter().map(|part| part.size).sum())?;
        let offset = self.bounded(self.written)?;
        let mut common = Vec::new();
        // Version 2.0 to read it, names as UTF-8, stored.
        for number in [20, 0x800, 0, 0, DATE] {
            common.extend(u16::to_le_bytes(number));
        }
        for number in [crc, size, size] {
            common.extend(number.to_le_bytes());
        }
        let length = u16::try_from(entry.len()).map_err(|_| too_large(&self.name))?;
        common.extend(length.to_le_bytes());
        let head = [b"PK\x03\x04", common.as_slice(), &[0, 0], entry.as_bytes()].concat();
        self.append(&head)?;
        for part in parts {
            self.copy(part)?;
        }
        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&common);
        // No extra field, no comment, disk 0, no attributes.
        self.directory.extend([0; 12]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(entry.as_bytes());
        self.entries += 1;
        Ok(())
    }

    /// Writes the directory.
    pub(crate) fn end(mut self) -> Result<(), Fault> {
        let offset = self.bounded(self.written)?;
        let size = self.bounded(self.directory.len() as u64)?;
        let mut tail = std::mem::take(&mut self.directory);
        tail.extend(b"PK\x05\x06\0\0\0\0");
        tail.extend(self.entries.to_le_bytes());
        tail.extend(self.entries.to_le_bytes());
        tail.extend(size.to_le_bytes());
        tail.extend(offset.to_le_bytes());
        tail.extend([0, 0]);
        self.append(&tail)
    }

    fn copy(&mut self, part: &Part) -> Result<(), Fault> {
        let mut at = 0;
        while at < part.size {
            let piece = self.piece(part, at)?;
            self.append(&piece)?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    fn crc(&self, parts: &[Part]) -> Result<u32, Fault> {
        let mut crc = crc32fast::Hasher::new();
        for part in parts {
            let mut at = 0;
            while at < part.size {
                let piece = self.piece(part, at)?;
                crc.update(&piece);
                at += piece.len() as u64;
            }
        }
        Ok(crc.finalize())
    }

    fn piece(&self, part: &Part, at: u64) -> Result<Vec<u8>, Fault> {
        let wanted = u32::try_from(part.size - at).unwrap_or(PIECE).min(PIECE);
        let mut piece = self.host.read(&part.name, at as f64, wanted)?;
        piece.truncate(wanted as usize);
        if piece.is_empty() {
            return Err(Fault::Fatal(format!("{} is shorter than it was", part.name)));
        }
        Ok(piece)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.host.append(&self.name, bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn bounded(&self, number: u64) -> Result<u32, Fault> {
        u32::try_from(number).map_err(|_| too_large(&self.name))
    }
}

fn too_large(name: &str) -> Fault {
    Fault::Fatal(format!("{name} would exceed 4 GiB, the most that a zip of this kind holds"))
}

#[cfg(test)]
mod tests;
