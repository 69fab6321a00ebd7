//! A folder whose files only this user can have written. Owner and mode are checked on the open
//! folder and on each open file, never by path, so that nothing can be swapped in between. Files
//! and folders not created here are left alone. The contents are `cache`'s business.

use crate::clock;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_NOW};
use std::fs::{DirBuilder, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder's name below the cache folder, which may hold other things.
const NAME: &str = "compiled-plugins";

/// Maximum size of a file in bytes: ten times the compiled code of the largest guests.
const MAX_FILE: u64 = 1 << 30;

/// Maximum size of all files in bytes; the least recently used are removed first.
const MAX_TOTAL: u64 = 1 << 30;

/// Files unused for longer are removed.
const UNUSED: Duration = Duration::from_hours(90 * 24);

/// Partial files are removed after this: their process was killed while writing.
const ABANDONED: Duration = Duration::from_hours(1);

/// The time of a file's last use is updated about this often.
const TOUCH_AFTER: Duration = Duration::from_hours(24);

/// Suffix of files that are being written.
const PARTIAL: &str = ".partial";

/// Suffix of compiled code.
pub(super) const SUFFIX: &str = ".cwasm";

/// Suffix of what `describe` returned.
pub(super) const DESCRIBED: &str = ".described";

/// Mode bits that let other users write.
const WRITABLE: u32 = 0o022;

/// The open folder.
pub(super) struct PrivateFolder {
    folder: OwnedFd,
    path: PathBuf,
    user: u32,
}

/// A file in the folder.
struct Entry {
    name: String,
    bytes: u64,
    unused: Duration,
}

impl PrivateFolder {
    /// The folder below `parent`; both are created if missing.
    ///
    /// # Errors
    /// It cannot be created or opened, or others may have written to it: the cause and the remedy.
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
            format!("{shown} cannot be created: {error}; choose a writable --cache-dir")
        })?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let remedy = "remove it or choose another --cache-dir";
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
                "other users may write to {shown}; run `chmod go-w` on it or choose another \
                 --cache-dir"
            ));
        }
        Ok(Self { folder, path, user })
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a file; `None` if it is missing, or others may have written it.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, name, flags, Mode::empty()).ok()?;
        let file = File::from(file);
        let about = file.metadata().ok()?;
        let ours = about.uid() == self.user && about.mode() & WRITABLE == 0;
        if !about.is_file() || !ours || about.len() > MAX_FILE {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?);
        (&file).take(MAX_FILE).read_to_end(&mut bytes).ok()?;
        if unused(about.mtime()) > TOUCH_AFTER {
            touch(&file);
        }
        Some(bytes)
    }

    /// Writes a file atomically.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        // Two processes may write at once: each has its own partial file, and the last rename wins.
        let partial = format!("{:016x}{PARTIAL}", RandomState::new().hash_one(name));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, &partial, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        let written = parts.iter().try_for_each(|part| file.write_all(part));
        // Renamed before its bytes are on disk, it could be empty after a crash.
        let written = written
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(rustix::fs::renameat(&self.folder, &partial, &self.folder, name)?));
        if written.is_err() {
            self.remove(&partial);
        }
        written
    }

    /// Removes files that are long unused, and the least recently used beyond the maximum size. Files
    /// with other suffixes were not written here: they stay and do not count.
    pub(super) fn prune(&self) {
        let mut files = self.entries();
        files.sort_unstable_by_key(|file| file.unused);
        let mut total = 0;
        for file in files {
            let old = if file.name.ends_with(PARTIAL) { ABANDONED } else { UNUSED };
            total += file.bytes;
            if file.unused > old || total > MAX_TOTAL {
                self.remove(&file.name);
            }
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let Ok(entries) = rustix::fs::Dir::read_from(&self.folder) else { return Vec::new() };
        let named =
            entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(Into::into));
        let found = named.filter_map(|name: String| {
            if ![SUFFIX, DESCRIBED, PARTIAL].iter().any(|suffix| name.ends_with(suffix)) {
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
        // Best effort: a file that cannot be removed now is tried again next time.
        let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
    }
}

/// Records in its modification time that a file was used now.
fn touch(file: &File) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    // Fails on a read-only file system, where nothing is pruned either.
    let _ = rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now });
}

/// Time since `seconds` after the Unix epoch.
fn unused(seconds: i64) -> Duration {
    clock::wall().saturating_sub(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// The user whose rights this process has.
#[expect(unsafe_code, reason = "the call has no other face in the crates at hand")]
fn user() -> u32 {
    // SAFETY: geteuid takes nothing, cannot fail and touches no memory.
    unsafe { libc::geteuid() }
}
