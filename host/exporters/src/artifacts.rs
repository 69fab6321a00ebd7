//! Files of one exporter: below one folder, which is resolved beneath an open handle, so that no name
//! and no link leads out of it; and the run's own files, read only.

mod listing;
mod names;
mod quota;

pub use quota::Quota;

use crate::deadline::Deadline;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt};
use loadwright_core::export::http::{Algorithm, Artifact};
use loadwright_core::ports::Fault;
use md5::{Digest, Md5};
use names::{Place, UNFINISHED, refused};
use quota::Written;
use rustix::fs::OFlags;
use sha2::Sha256;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The most bytes of one read.
const MOST_BYTES: u32 = 4 << 20;

/// Bytes between two questions whether there is time left.
const CHUNK: usize = 256 << 10;

/// The files of one exporter.
#[derive(Debug)]
pub(crate) struct Artifacts {
    /// Made when something is written to it.
    folder: PathBuf,
    /// The run's folder.
    results: Option<PathBuf>,
    quota: Quota,
    /// None: what is there already was not counted yet.
    written: Option<Written>,
    deadline: Deadline,
}

impl Artifacts {
    pub(crate) fn new(
        folder: PathBuf,
        results: Option<PathBuf>,
        quota: Quota,
        deadline: Deadline,
    ) -> Self {
        // A folder that was granted may hold much that is not of this run.
        let of_run = results.as_ref().is_some_and(|results| folder.starts_with(results));
        let written = (!of_run).then(Written::default);
        Self { folder, results, quota, written, deadline }
    }

    /// Writes a file whole or not at all.
    pub(crate) fn put(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let path = names::to_write(name)?;
        let dir = self.dir_to_write(path).map_err(failed(name))?;
        let before = size(&dir, path).map_err(failed(name))?;
        let after = content.len() as u64;
        let grown = after.saturating_sub(before.unwrap_or(0));
        self.check(grown, before.is_none())?;
        write_whole(&dir, path, content).map_err(failed(name))?;
        self.was_written(before, after);
        Ok(())
    }

    /// Appends to a file. Returns its size after it.
    pub(crate) fn append(&mut self, name: &str, content: &[u8]) -> Result<u64, Fault> {
        let path = names::to_write(name)?;
        let dir = self.dir_to_write(path).map_err(failed(name))?;
        let before = size(&dir, path).map_err(failed(name))?;
        self.check(content.len() as u64, before.is_none())?;
        let mut options = options();
        options.append(true).create(true);
        let mut file = regular(dir.open_with(path, &options)).map_err(failed(name))?;
        let start = before.unwrap_or(0);
        if let Err(error) = file.write_all(content) {
            let _ = file.set_len(start);
            return Err(failed(name)(error));
        }
        let after = start + content.len() as u64;
        self.was_written(before, after);
        Ok(after)
    }

    /// Cuts a file to `size` bytes, where it is longer.
    pub(crate) fn cut(&mut self, name: &str, size: u64) -> Result<(), Fault> {
        let path = names::to_write(name)?;
        let dir = self.dir_to_write(path).map_err(failed(name))?;
        let Some(before) = self::size(&dir, path).map_err(failed(name))? else { return Ok(()) };
        if before > size {
            let mut options = options();
            options.write(true);
            let file = regular(dir.open_with(path, &options)).map_err(failed(name))?;
            file.set_len(size).map_err(failed(name))?;
            self.was_written(Some(before), size);
        }
        Ok(())
    }

    /// At most `count` bytes of a file from `offset`.
    pub(crate) fn read(&self, name: &str, offset: u64, count: u32) -> Result<Vec<u8>, Fault> {
        let (mut file, size) = self.open(name)?;
        if offset >= size {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset)).map_err(failed(name))?;
        let mut part = file.take(count.min(MOST_BYTES).into());
        part.read_to_end(&mut bytes).map_err(failed(name))?;
        Ok(bytes)
    }

    /// A file to read, and its size.
    pub(crate) fn open(&self, name: &str) -> Result<(std::fs::File, u64), Fault> {
        let place = names::place(name)?;
        let dir = self.dir_to_read(place).map_err(failed(name))?;
        let (Place::Own(path) | Place::Results(path)) = place;
        let mut options = options();
        options.read(true);
        let file = regular(dir.open_with(path, &options)).map_err(failed(name))?;
        let size = file.metadata().map_err(failed(name))?.len();
        Ok((file.into_std(), size))
    }

    /// Files below `folder`, of all depths, sorted by name.
    pub(crate) fn entries(&self, folder: &str) -> Result<Vec<Artifact>, Fault> {
        let place = match folder {
            "" => Place::Own(""),
            folder => names::place(folder)?,
        };
        match self.dir_to_read(place) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(failed(folder)(error)),
            Ok(dir) => listing::files(&dir, place, self.quota.files),
        }
    }

    /// The checksum of a file; of CRC-32 the bytes from the highest to the lowest.
    pub(crate) fn digest(&self, name: &str, algorithm: Algorithm) -> Result<Vec<u8>, Fault> {
        let (file, size) = self.open(name)?;
        let mut content = file.take(size);
        match algorithm {
            Algorithm::Crc32 => {
                let mut crc = crc32fast::Hasher::new();
                self.stream(name, &mut content, |chunk| crc.update(chunk))?;
                Ok(crc.finalize().to_be_bytes().to_vec())
            }
            Algorithm::Md5 => {
                let mut md5 = Md5::new();
                self.stream(name, &mut content, |chunk| md5.update(chunk))?;
                Ok(md5.finalize().to_vec())
            }
            Algorithm::Sha256 => {
                let mut sha256 = Sha256::new();
                self.stream(name, &mut content, |chunk| sha256.update(chunk))?;
                Ok(sha256.finalize().to_vec())
            }
        }
    }

    fn stream(
        &self,
        name: &str,
        content: &mut impl Read,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Fault> {
        let mut chunk = vec![0; CHUNK];
        loop {
            self.deadline.left().map_err(|over| Fault::Transient(over.to_string()))?;
            match content.read(&mut chunk).map_err(failed(name))? {
                0 => return Ok(()),
                read => take(&chunk[..read]),
            }
        }
    }

    /// The path of a file that SQLite opens itself, and its size: a regular one, or none yet.
    pub(crate) fn for_sqlite(&mut self, name: &str) -> Result<(PathBuf, Option<u64>), Fault> {
        let path = names::to_write(name)?;
        let dir = self.dir_to_write(path).map_err(failed(name))?;
        let size = size(&dir, path).map_err(failed(name))?;
        self.check(0, size.is_none())?;
        let folder = self.folder.canonicalize().map_err(failed(name))?;
        Ok((folder.join(path), size))
    }

    /// Bytes that may be written still.
    pub(crate) fn left(&mut self) -> Result<u64, Fault> {
        let quota = self.quota;
        Ok(self.written()?.left(quota))
    }

    /// A file was written: by SQLite too.
    pub(crate) fn was_written(&mut self, before: Option<u64>, after: u64) {
        if let Some(written) = &mut self.written {
            written.add(before, after);
        }
    }

    fn check(&mut self, grown: u64, new: bool) -> Result<(), Fault> {
        let quota = self.quota;
        self.written()?.check(quota, grown, new)
    }

    /// What was written so far, of this run's earlier sessions too.
    fn written(&mut self) -> Result<&Written, Fault> {
        let counted = match self.written.take() {
            Some(written) => written,
            None => Written::of(&self.entries("")?),
        };
        Ok(self.written.insert(counted))
    }

    fn dir_to_read(&self, place: Place<'_>) -> io::Result<Dir> {
        match (place, &self.results) {
            (Place::Own(_), _) => open_dir(&self.folder),
            (Place::Results(_), Some(results)) => open_dir(results),
            (Place::Results(_), None) => Err(ErrorKind::NotFound.into()),
        }
    }

    /// The folder, with those that `path` is in.
    fn dir_to_write(&self, path: &str) -> io::Result<Dir> {
        std::fs::create_dir_all(&self.folder)?;
        let dir = open_dir(&self.folder)?;
        if let Some((parent, _)) = path.rsplit_once('/') {
            dir.create_dir_all(parent)?;
        }
        Ok(dir)
    }
}

fn open_dir(path: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(path, ambient_authority())
}

/// Opening never waits, and follows no link.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    options.custom_flags(flags.cast_signed());
    options
}

fn regular(file: io::Result<File>) -> io::Result<File> {
    let file = file?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "is no regular file")),
    }
}

/// Bytes of a regular file; none: there is no file.
fn size(dir: &Dir, path: &str) -> io::Result<Option<u64>> {
    match dir.symlink_metadata(path) {
        Ok(about) if about.is_file() => Ok(Some(about.len())),
        Ok(_) => Err(io::Error::new(ErrorKind::InvalidInput, "is no regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_whole(dir: &Dir, path: &str, content: &[u8]) -> io::Result<()> {
    let unfinished = match path.rsplit_once('/') {
        Some((parent, _)) => format!("{parent}/{UNFINISHED}unfinished"),
        None => format!("{UNFINISHED}unfinished"),
    };
    let _ = dir.remove_file(&unfinished);
    let mut options = options();
    options.write(true).create_new(true);
    let written = dir.open_with(&unfinished, &options).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_data()
    });
    let renamed = written.and_then(|()| dir.rename(&unfinished, dir, path));
    if renamed.is_err() {
        let _ = dir.remove_file(&unfinished);
    }
    renamed
}

/// The library tells an attempt to leave the folder by an error that is not the system's.
fn failed(name: &str) -> impl Fn(io::Error) -> Fault {
    move |error| match error.kind() {
        ErrorKind::NotFound => refused(name, "does not exist"),
        ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
            refused(name, "leads out of its folder")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            refused(name, "cannot be written: the disk is full; free some space")
        }
        _ => refused(name, &format!("cannot be used: {error}")),
    }
}

#[cfg(test)]
mod tests;
