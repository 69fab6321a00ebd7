//! Rows of JSON in any slices, against the whole file; columns; and files that are damaged.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;

fn rows(extension: &str, text: &[u8], at: &str) -> Result<Rows, String> {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, text).unwrap();
    Rows::open(&Arc::new(file), extension, at, &StopFlag::default())
}

fn read(rows: &Rows, columns: &[&str], first: u32, count: u32) -> Result<Vec<String>, String> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let wanted = Wanted { columns: &columns, first, count, most: 1 << 20 };
    let read = rows.read(&wanted, &StopFlag::default())?;
    Ok(read.into_iter().map(|row| String::from_utf8(row).unwrap()).collect())
}

fn never_read(extension: &str, text: &str, at: &str) -> String {
    rows(extension, text.as_bytes(), at).err().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn columns_of_rows_in_any_slices(
        objects in proptest::collection::vec(
            proptest::collection::btree_map("[ab\"\\\\c]{0,2}", "[\\[\\]{},:\"\\\\\n é]{0,9}", 0..6),
            0..30,
        ),
        wanted in proptest::collection::vec("[ab\"\\\\c]{0,2}", 1..4),
        slice in 1u32..9,
        lines in any::<bool>(),
    ) {
        let text = match lines {
            true => objects.iter().map(|row| json!(row).to_string() + "\n").collect(),
            false => serde_json::to_string_pretty(&json!({"rows": objects})).unwrap(),
        };
        let (extension, at) = if lines { ("jsonl", "") } else { ("json", "/rows") };
        let rows = rows(extension, text.as_bytes(), at).unwrap();
        prop_assert_eq!(rows.count().unwrap() as usize, objects.len());
        let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        loop {
            let some = read(&rows, &names, found.len() as u32, slice).unwrap();
            if some.is_empty() {
                break;
            }
            found.extend(some.iter().map(|row| serde_json::from_str::<Value>(row).unwrap()));
        }
        let oracle: Vec<Value> = objects
            .iter()
            .map(|row| json!(row.iter().filter(|(name, _)| wanted.contains(name)).collect::<std::collections::BTreeMap<_, _>>()))
            .collect();
        prop_assert_eq!(found, oracle);
    }
}

#[test]
fn numbers_and_texts_come_as_they_are_written() {
    let text = r#"{"big":123456789012345678901234567890.10,"a":1E5,"t":"\u00e9","a":2}"#;
    let rows = rows("jsonl", text.as_bytes(), "").unwrap();
    assert_eq!(read(&rows, &[], 0, 1).unwrap(), [text]);
    let columns = read(&rows, &["t", "a", "big", "none"], 0, 1).unwrap();
    assert_eq!(columns, [r#"{"big":123456789012345678901234567890.10,"a":2,"t":"\u00e9"}"#]);
    assert_eq!(read(&rows, &["none"], 0, 1).unwrap(), ["{}"]);
}

#[test]
fn a_bad_row_fails_alone() {
    let text = b"{\"a\":1}\n\n[1\n\"\xff\"\n7\n{\"a\":2}";
    let rows = rows("ndjson", text, "").unwrap();
    assert_eq!(rows.count(), Ok(5));
    assert_eq!(read(&rows, &[], 0, 9).unwrap(), ["{\"a\":1}"]);
    let said = |first, columns: &[&str]| read(&rows, columns, first, 9).unwrap_err();
    assert_eq!(
        said(1, &[]),
        "is not usable at row 2: it is not JSON: EOF while parsing a list at line 1 column 2"
    );
    assert!(said(2, &[]).starts_with("is not usable at row 3: it is not JSON: invalid unicode"));
    assert_eq!(
        said(3, &["a"]),
        "is not usable at row 4: it is not an object, so it has no columns"
    );
    assert_eq!(read(&rows, &[], 3, 9).unwrap(), ["7", "{\"a\":2}"]);
    assert_eq!(read(&rows, &["a"], 4, 9).unwrap(), ["{\"a\":2}"]);
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let text = format!("[{},\"{}\",{},1]", deep(127), "[".repeat(999), deep(1 << 20));
    let rows = rows("json", text.as_bytes(), "").unwrap();
    assert_eq!(read(&rows, &[], 0, 9).unwrap().len(), 2, "brackets in a text are no nesting");
    let wanted = Wanted { columns: &[], first: 2, count: 1, most: 4 << 20 };
    let said = rows.read(&wanted, &StopFlag::default()).unwrap_err();
    assert_eq!(said, "is not usable at row 3: it is nested more than 127 levels deep");
    assert_eq!(read(&rows, &[], 3, 9).unwrap(), ["1"]);
}

#[test]
fn rows_that_are_too_long_and_files_that_have_none() {
    let rows = rows("json", format!("[\"{}\",2]", "x".repeat(3 << 20)).as_bytes(), "").unwrap();
    assert_eq!(
        read(&rows, &[], 0, 9).unwrap_err(),
        "has a row (1) that is longer than 1 MiB, a quarter of the plugin's memory; raise \
         --plugin-memory"
    );
    assert_eq!(read(&rows, &[], 1, 9).unwrap(), ["2"]);
    assert_eq!(
        rows.cell(0, "a", 9, &StopFlag::default()).unwrap_err(),
        "has no binary cells: those of .parquet files can be read"
    );
    assert_eq!(
        never_read("", "", ""),
        "has no extension; rows are read from .jsonl, .ndjson, .json and .parquet files"
    );
    assert_eq!(
        never_read("jsonl", "1", "/a"),
        "is a .jsonl file: a JSON pointer (`/a`) leads nowhere in it"
    );
    assert_eq!(never_read("json", "[1", ""), "is truncated: it ends where `,` or `]` should be");
}

#[test]
fn a_stop_ends_indexing_and_reading() {
    let stop = StopFlag::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    fs::write(&path, "[1,2]").unwrap();
    let file = Arc::new(File::open(path).unwrap());
    let rows = Rows::open(&file, "json", "", &stop).unwrap();
    stop.raise();
    for extension in ["json", "jsonl", "parquet"] {
        let said = Rows::open(&file, extension, "", &stop).err().unwrap();
        assert_eq!(said, "was not read: the run was stopped");
    }
    let wanted = Wanted { columns: &[], first: 0, count: 1, most: 9 };
    assert_eq!(rows.read(&wanted, &stop).unwrap_err(), "was not read: the run was stopped");
}
