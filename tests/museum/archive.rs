//! The archive of prebuilt components, for the tests of several crates: unpacked once a build.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The archive of contract 0.1.
const ARCHIVE: &[u8] = include_bytes!("0.1.0.tar.zst");

/// Bytes of a header of a tar archive, to which contents are padded.
const BLOCK: usize = 512;

/// The prebuilt component `name`, with its extension.
pub(crate) fn component(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(path.exists(), "{name} is not in the archive");
    path
}

/// The folder of all components of the archive.
pub(crate) fn folder() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    ARCHIVE.hash(&mut hasher);
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("museum");
    let folder = parent.join(format!("{:016x}", hasher.finish()));
    if !folder.exists() {
        fs::create_dir_all(&parent).expect("writable");
        let beside = tempfile::tempdir_in(&parent).expect("writable");
        unpack(beside.path());
        // Another test may have been quicker: what it unpacked is the same.
        let _ = fs::rename(beside.path(), &folder);
    }
    folder
}

fn unpack(folder: &Path) {
    let mut tar = Vec::new();
    let mut decoder = zstd::Decoder::new(ARCHIVE).expect("an archive");
    decoder.read_to_end(&mut tar).expect("a whole archive");
    let mut rest = tar.as_slice();
    while let Some((header, content)) = rest.split_at_checked(BLOCK)
        && header[0] != 0
    {
        let name = header[..100].split(|byte| *byte == 0).next().expect("a name");
        let name = std::str::from_utf8(name).expect("text");
        let size = std::str::from_utf8(&header[124..135]).expect("text");
        let size = usize::from_str_radix(size.trim(), 8).expect("an octal number");
        fs::write(folder.join(name), &content[..size]).expect("writable");
        rest = &content[size.next_multiple_of(BLOCK)..];
    }
}
