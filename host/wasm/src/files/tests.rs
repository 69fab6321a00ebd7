//! Lines and bytes of files, compared with an independent implementation.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::symlink;

fn set(bytes: &[u8]) -> (tempfile::TempDir, FileSet) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.txt");
    fs::write(&path, bytes).unwrap();
    (folder, open("data", path))
}

fn open(name: &str, path: PathBuf) -> FileSet {
    FileSet::open(vec![(name.into(), path)], StopFlag::default()).unwrap()
}

/// Independent: splits at every `\n`; what follows the last one counts only if it is not empty.
fn oracle(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    for line in &mut lines {
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    lines
}

proptest! {
    #[test]
    fn any_range_of_lines_of_any_file(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'x')], 0..600),
        first in 0u32..400,
        count in 0u32..400,
    ) {
        let (_folder, files) = set(&bytes);
        let all = oracle(&bytes);
        let wanted: Vec<_> =
            all.into_iter().skip(first as usize).take(count as usize).collect();
        prop_assert_eq!(files.lines("data", first, count, 1 << 20).unwrap(), wanted);
    }
}

#[test]
fn lines_longer_than_a_block_and_files_of_many_blocks() {
    let mut bytes = Vec::new();
    for line in 0..300u32 {
        bytes.extend(std::iter::repeat_n(b'a' + (line % 26) as u8, (line as usize * 997) % 90_000));
        bytes.extend_from_slice(if line % 3 == 0 { b"\r\n" } else { b"\n" });
    }
    let (_folder, files) = set(&bytes);
    let all = oracle(&bytes);
    for first in [0, 1, 63, 64, 65, 130, 299, 300] {
        let got = files.lines("data", first, 3, 1 << 20).unwrap();
        assert_eq!(got, all.iter().skip(first as usize).take(3).cloned().collect::<Vec<_>>());
    }
    // As many lines as fit are returned, and repeated calls return all of them.
    let mut got: Vec<Vec<u8>> = Vec::new();
    loop {
        let some = files.lines("data", got.len() as u32, 300, 1 << 20).unwrap();
        let (bytes, room) = (some.iter().map(Vec::len).sum::<usize>(), 1 << 20);
        assert!(bytes <= room);
        if some.is_empty() {
            break;
        }
        let next = all.get(got.len() + some.len()).map_or(room, Vec::len);
        assert!(bytes + next + 1 >= room, "{} lines have room for one more", some.len());
        got.extend(some);
    }
    assert_eq!(got, all);
}

#[test]
fn a_line_that_is_too_long_is_an_error_and_the_next_one_is_read() {
    let (_folder, files) = set(format!("a\n{}\nc\n", "b".repeat(3 << 20)).as_bytes());
    assert_eq!(files.lines("data", 0, 9, 2 << 20).unwrap(), [b"a"]);
    assert_eq!(
        files.lines("data", 1, 9, 2 << 20).unwrap_err(),
        "line 2 of `data` is longer than 2 MiB, a quarter of the plugin's memory; raise \
         --plugin-memory"
    );
    assert_eq!(files.lines("data", 2, 9, 2 << 20).unwrap(), [b"c"]);
    assert_eq!(files.lines("data", 1, 1, 4 << 20).unwrap()[0].len(), 3 << 20);
}

#[test]
fn bytes_at_an_offset() {
    let (_folder, files) = set(b"0123456789");
    assert_eq!(files.size("data").unwrap(), 10);
    assert_eq!(files.read("data", 3.0, 4).unwrap(), b"3456");
    assert_eq!(files.read("data", 8.0, 100).unwrap(), b"89");
    assert_eq!(files.read("data", 99.0, 1).unwrap(), b"");
    for bad in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
        assert!(files.read("data", bad, 1).unwrap_err().ends_with("is not a position in a file"));
    }
}

#[test]
fn unknown_names() {
    let (_folder, files) = set(b"");
    assert_eq!(files.size("/etc/passwd").unwrap_err(), "unknown file ``; available: `data`");
    assert_eq!(files.size("other").unwrap_err(), "unknown file `other`; available: `data`");
    let none = FileSet::default();
    assert_eq!(
        none.size("dataset-path").unwrap_err(),
        "it needs a file, but none was given; give --dataset-path"
    );
}

#[test]
fn files_outside_of_a_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir_all(inside.join("deep")).unwrap();
    fs::write(folder.path().join("secret"), "s").unwrap();
    fs::write(inside.join("b"), "bb").unwrap();
    fs::write(inside.join("deep/a"), "aaa").unwrap();
    symlink("deep/../b", inside.join("link")).unwrap();
    symlink(folder.path().join("secret"), inside.join("escape")).unwrap();
    let files = open("images", inside);
    let entry = |name: &str, folder, size| Entry { name: name.into(), folder, size };
    let all = [
        entry("b", false, 2),
        entry("deep", true, 0),
        entry("escape", false, 0),
        entry("link", false, 2),
    ];
    assert_eq!(files.entries("images", 0, 9, 1 << 20).unwrap(), all);
    assert_eq!(files.entries("images", 1, 2, 1 << 20).unwrap(), all[1..3]);
    assert_eq!(files.entries("images", 1, 9, 1).unwrap(), all[1..2], "at least one");
    assert_eq!(files.entries("images", 4, 9, 1 << 20).unwrap(), []);
    assert_eq!(files.entries("images/deep", 0, 9, 1 << 20).unwrap(), [entry("a", false, 3)]);
    assert_eq!(
        files.entries("images/..", 0, 9, 9).unwrap_err(),
        "`images/..` leads out of its folder"
    );
    assert_eq!(files.size("images/deep/a").unwrap(), 3);
    assert_eq!(files.size("images/link").unwrap(), 2);
    for out in
        ["images/../secret", "images//etc/passwd", "images/escape", "images/./deep/../../secret"]
    {
        let said = files.size(out).unwrap_err();
        assert_eq!(said, format!("`{out}` is outside of --images"));
    }
    assert_eq!(files.size("images").unwrap_err(), "`images` is a folder, not a file");
}

#[test]
fn the_number_of_open_files_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..200 {
        fs::write(folder.path().join(format!("{index:03}")), index.to_string()).unwrap();
    }
    let files = open("images", folder.path().into());
    for Entry { name, .. } in files.entries("images", 0, 999, 1 << 20).unwrap() {
        files.lines(&format!("images/{name}"), 0, 1, 100).unwrap();
    }
    let here = folder.path().to_string_lossy().into_owned();
    let open =
        fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    let open = open.filter(|path| path.to_string_lossy().starts_with(&format!("{here}/"))).count();
    assert!((1..=64).contains(&open), "{open} of 200 are open");
}

#[test]
fn ranges_that_the_host_reads_are_in_the_file() {
    let (_folder, files) = set(b"0123456789");
    let range = |offset, length| files.range(&Range { name: "data", offset, length });
    assert_eq!(range(2.0, Some(3.0)).unwrap(), b"234");
    assert_eq!(range(7.0, None).unwrap(), b"789");
    assert_eq!(range(10.0, None).unwrap(), b"");
    assert_eq!(
        range(7.0, Some(4.0)).unwrap_err(),
        "`data` has 10 bytes: 4 bytes from 7 are not in it"
    );
    for (offset, length) in [
        (11.0, None),
        (-1.0, None),
        (0.5, None),
        (f64::NAN, None),
        (0.0, Some(f64::INFINITY)),
        (1.0, Some(-1.0)),
    ] {
        assert!(
            range(offset, length).unwrap_err().contains("are not in it"),
            "{offset} {length:?}"
        );
    }
}

#[test]
fn what_is_too_large_for_a_body_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse");
    fs::File::create(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    let files = open("data", path);
    let range = Range { name: "data", offset: 0.0, length: None };
    assert_eq!(files.range(&range).unwrap_err(), "268435457 bytes of `data` are more than 256 MiB");
}

#[test]
fn rows_by_name_and_each_array_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.JSON"), r#"{"a":[1,2,3],"b":[4]}"#).unwrap();
    fs::write(folder.path().join("a.csv"), "a,b").unwrap();
    let files = open("data", folder.path().into());
    assert_eq!(files.count_rows("data/a.JSON", "/a").unwrap(), 3);
    assert_eq!(files.count_rows("data/a.JSON", "/b").unwrap(), 1);
    let wanted = Wanted { columns: &[], first: 1, count: 9, most: 99 };
    assert_eq!(files.read_rows("data/a.JSON", "/a", &wanted).unwrap(), [b"2", b"3"]);
    assert_eq!(
        files.count_rows("data/a.csv", "").unwrap_err(),
        "`data/a.csv` is a .csv file; rows are read from .jsonl, .ndjson, .json and .parquet files"
    );
    assert_eq!(files.count_rows("data", "").unwrap_err(), "`data` is a folder, not a file");
    for number in 0..16 {
        let _ = files.count_rows("data/a.JSON", &format!("/{number}"));
    }
    assert_eq!(
        files.count_rows("data/a.JSON", "/99").unwrap_err(),
        "`data/a.JSON` has more than 16 arrays that are read; name fewer"
    );
    assert_eq!(files.count_rows("data/a.JSON", "/a").unwrap(), 3, "known ones are read still");
}

#[test]
fn pipes_and_devices_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let files = open("data", folder.path().into());
    let refused = files.count_rows("data/pipe.jsonl", "").unwrap_err();
    assert_eq!(refused, "`data/pipe.jsonl` is a pipe, not a regular file");
    for path in [pipe, "/dev/zero".into()] {
        let refused =
            FileSet::open(vec![("data".into(), path)], StopFlag::default()).err().unwrap();
        assert!(refused.to_string().ends_with("not a regular file; give a readable file"));
    }
}
