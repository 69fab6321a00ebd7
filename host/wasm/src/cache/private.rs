//! A folder whose files nobody but this user can have written. Owner and mode are checked on the
//! open folder and on each open file, never by path, so that nothing can be exchanged in between.
//! Nothing is changed that was not made here. What the files hold is `cache`'s business.

use crate::clock;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_NOW};
use std::fs::{DirBuilder, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder's name below the one that the user gave, which may hold other things.
const NAME: &str = "compiled-plugins";

/// Bytes of a file at most: compiled code of the largest guests is a tenth of it.
const FILE: u64 = 1 << 30;

/// Bytes of all files at most; the ones unused for longest go first.
const TOTAL: u64 = 1 << 30;

/// Files unused for longer go.
const UNUSED: Duration = Duration::from_hours(90 * 24);

/// Files that a process was killed while writing go after this.
const ABANDONED: Duration = Duration::from_hours(1);

/// The time of a file's last use is noted about this often.
const NOTED: Duration = Duration::from_hours(24);

/// EndReason of files that are being written.
const PARTIAL: &str = ".partial";

/// EndReason of the files that are kept.
pub(super) const KEPT: &str = ".cwasm";

/// Others may write to what has one of these bits.
const WRITABLE: u32 = 0o022;

/// The folder, open.
pub(super) struct PrivateFolder {
    folder: OwnedFd,
    path: PathBuf,
    user: u32,
}

/// A file found while the folder is gone through.
struct Entry {
    name: String,
    bytes: u64,
    unused: Duration,
}

impl PrivateFolder {
    /// The folder below `parent`; both are made where they do not exist.
    ///
    /// # Errors
    /// It cannot be made or opened, or others may have written to it: why, and what to do.
    pub(super) fn open(parent: &Path) -> Result<Self, String> {
        let path = parent.join(NAME);
        let shown = path.display();
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        let made = builder.recursive(true).create(parent);
        let made = made.and_then(|()| match builder.recursive(false).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        });
        made.map_err(|error| {
            format!("{shown} cannot be created: {error}; give a writable folder by --cache-dir")
        })?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let remedy = "remove it, or give another --cache-dir";
        let folder = rustix::fs::open(&path, flags, Mode::empty())
            .map_err(|error| format!("{shown} cannot be opened as a folder: {error}; {remedy}"))?;
        let about = rustix::fs::fstat(&folder)
            .map_err(|error| format!("{shown} cannot be checked: {error}; {remedy}"))?;
        let user = user();
        if about.st_uid != user {
            return Err(format!("{shown} belongs to another user; {remedy}"));
        }
        if about.st_mode & WRITABLE != 0 {
            return Err(format!(
                "other users may write to {shown}; run `chmod go-w` on it, or give another \
                 --cache-dir"
            ));
        }
        Ok(Self { folder, path, user })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a file; none where it is missing, or others may have written it.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, name, flags, Mode::empty()).ok()?;
        let file = File::from(file);
        let about = file.metadata().ok()?;
        let ours = about.uid() == self.user && about.mode() & WRITABLE == 0;
        if !about.is_file() || !ours || about.len() > FILE {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?);
        (&file).take(FILE).read_to_end(&mut bytes).ok()?;
        if unused(about.mtime()) > NOTED {
            note_use(&file);
        }
        Some(bytes)
    }

    /// Writes a file: whole under its name, or not at all.
    ///
    /// # Errors
    /// The system refuses it.
    pub(super) fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        // Two processes may write at once: each has a file of its own, and the last one counts.
        let partial = format!("{:016x}{PARTIAL}", RandomState::new().hash_one(name));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, &partial, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        let written = parts.iter().try_for_each(|part| file.write_all(part));
        // Renamed before its bytes are on the disk, it could be empty after a crash.
        let written = written
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(rustix::fs::renameat(&self.folder, &partial, &self.folder, name)?));
        if written.is_err() {
            self.remove(&partial);
        }
        written
    }

    /// Removes what has not been used for long, and what is too much. Files of other names were not
    /// made here: they stay, and do not count.
    pub(super) fn prune(&self) {
        let mut files = self.entries();
        files.sort_unstable_by_key(|file| file.unused);
        let mut total = 0;
        for file in files {
            let old = if file.name.ends_with(PARTIAL) { ABANDONED } else { UNUSED };
            total += file.bytes;
            if file.unused > old || total > TOTAL {
                self.remove(&file.name);
            }
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let Ok(entries) = rustix::fs::Dir::read_from(&self.folder) else { return Vec::new() };
        let named =
            entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(Into::into));
        let found = named.filter_map(|name: String| {
            if !(name.ends_with(KEPT) || name.ends_with(PARTIAL)) {
                return None;
            }
            let about = rustix::fs::statat(&self.folder, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let regular = rustix::fs::FileType::from_raw_mode(about.st_mode).is_file();
            let bytes = u64::try_from(about.st_size).unwrap_or_default();
            regular.then(|| Entry { name, bytes, unused: unused(about.st_mtime) })
        });
        found.collect()
    }

    fn remove(&self, name: &str) {
        // Best effort: what cannot be removed stays until it can.
        let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
    }
}

/// Notes that a file was used now, in its time of modification.
fn note_use(file: &File) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    // A file system that is mounted read-only refuses it; nothing is pruned there either.
    let _ = rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now });
}

/// How long ago `seconds` after the Unix epoch was.
fn unused(seconds: i64) -> Duration {
    clock::wall().saturating_sub(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// The user whose rights this process has.
#[expect(unsafe_code, reason = "the call has no other face in the crates at hand")]
fn user() -> u32 {
    // SAFETY: geteuid takes nothing, cannot fail and touches no memory.
    unsafe { libc::geteuid() }
}
