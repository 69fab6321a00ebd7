//! Rows of lines and arrays, compared with independent implementations, and files that are damaged.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn never() -> bool {
    false
}

/// All rows, read in slices of `slice`.
fn all(index: &RowIndex, bytes: &[u8], slice: u64) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    loop {
        let first = rows.len() as u64;
        let some = index.read(bytes, first..first + slice, 1 << 20, &never).unwrap();
        if some.is_empty() {
            return rows;
        }
        rows.extend(some);
    }
}

fn parsed(rows: &[Vec<u8>]) -> Vec<Value> {
    rows.iter().map(|row| serde_json::from_slice(row).unwrap()).collect()
}

fn array(json: &str, pointer: &str) -> Result<RowIndex, RowsError> {
    RowIndex::array(json.as_bytes(), pointer, &never)
}

fn refused(json: &str, pointer: &str) -> String {
    array(json, pointer).unwrap_err().to_string()
}

/// Any JSON, with what could mislead a reader of brackets in its texts.
fn json() -> impl Strategy<Value = Value> {
    let text = "[\\[\\]{}\",:\\\\/a\n é\u{1f600}]{0,12}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((text, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn elements_in_any_slices_are_those_of_the_whole_document(
        elements in proptest::collection::vec(json(), 0..12),
        before in json(),
        pretty in any::<bool>(),
        slice in 1u64..9,
    ) {
        let whole = serde_json::json!({"a/b": before, "~c\"": [before, {"rows": elements}]});
        let text = if pretty {
            serde_json::to_string_pretty(&whole).unwrap()
        } else {
            whole.to_string()
        };
        let index = array(&text, "/~0c\"/1/rows").unwrap();
        prop_assert_eq!(index.count(), elements.len() as u64);
        prop_assert_eq!(&parsed(&all(&index, text.as_bytes(), slice)), &elements);
        let text = Value::from(elements.clone()).to_string();
        let index = array(&text, "").unwrap();
        prop_assert_eq!(&parsed(&all(&index, text.as_bytes(), slice)), &elements);
    }

    #[test]
    fn any_text_that_is_an_array_is_read_as_one_and_none_is_read_from_other_text(
        text in "[\\[\\]{}\",: a1\\\\]{0,16}",
    ) {
        let whole = serde_json::from_str::<Vec<Value>>(&text);
        let rows = array(&text, "").map(|index| all(&index, text.as_bytes(), 3));
        let rows = rows.ok().and_then(|rows| {
            rows.iter().map(|row| serde_json::from_slice::<Value>(row).ok()).collect::<Option<Vec<_>>>()
        });
        prop_assert_eq!(rows, whole.ok());
    }

    #[test]
    fn lines_that_are_not_blank(
        text in "[\n\r \t1]{0,60}",
        slice in 1u64..9,
    ) {
        let wanted: Vec<&str> = text.split('\n').map(str::trim_start).filter(|line| !line.is_empty()).collect();
        let index = RowIndex::filled_lines(text.as_bytes(), &never).unwrap();
        let rows = all(&index, text.as_bytes(), slice);
        prop_assert_eq!(index.count(), rows.len() as u64);
        let trimmed = |rows: &[u8]| String::from_utf8_lossy(rows).trim_end().to_owned();
        prop_assert_eq!(
            rows.iter().map(|row| trimmed(row)).collect::<Vec<_>>(),
            wanted.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>()
        );
    }
}

#[test]
fn arrays_of_many_blocks_are_read_from_any_row() {
    let element =
        |row: usize| format!("{{\"n\":{row},\"text\":\"{}\"}}", "\\\"]".repeat(row * 37 % 30_000));
    let elements: Vec<_> = (0..400).map(element).collect();
    let text = format!("[{}\n]", elements.join(" ,\n"));
    assert!(text.len() > 4 * BLOCK, "several blocks");
    let index = array(&text, "").unwrap();
    assert_eq!(index.count(), 400);
    for first in [0, 1, 2, 77, 198, 398, 399, 400, u64::from(u32::MAX)] {
        let rows = index.read(text.as_bytes(), first..first + 2, 1 << 20, &never).unwrap();
        let wanted: Vec<_> = elements
            .iter()
            .skip(first as usize)
            .take(2)
            .map(|row| row.as_bytes().to_vec())
            .collect();
        assert_eq!(rows, wanted, "from {first}");
    }
}

#[test]
fn an_index_is_small_whatever_the_rows_are() {
    let text = format!("[{}0]", "0,".repeat(1 << 20));
    assert_eq!(array(&text, "").unwrap().known.len(), 65, "a position every 32 KiB");
    let lines = vec![b'\n'; 1 << 20];
    assert_eq!(RowIndex::lines(&lines[..], &never).unwrap().known.len(), 32);
}

#[test]
fn as_many_rows_as_fit_and_at_least_one() {
    let text = format!("[1,2,\"{}\",4]", "x".repeat(100));
    let index = array(&text, "").unwrap();
    let read = |first, most| index.read(text.as_bytes(), first..9, most, &never);
    assert_eq!(read(0, 1).unwrap(), [b"1"]);
    assert_eq!(read(0, 101).unwrap(), [b"1", b"2"]);
    assert_eq!(read(2, 101).unwrap_err().to_string(), "has a row that is too long: 2");
    assert_eq!(read(2, 102).unwrap().len(), 1);
    assert_eq!(read(3, 101).unwrap(), [b"4"]);
    assert_eq!(read(0, 1000).unwrap().len(), 4);
    let lines = vec![b'\n'; 1 << 20];
    let index = RowIndex::lines(&lines[..], &never).unwrap();
    let rows = index.read(&lines[..], 0..u64::MAX, 1 << 16, &never).unwrap();
    assert_eq!(rows.len(), (1usize << 16).div_ceil(17), "empty rows take memory too");
}

#[test]
fn what_is_not_there_is_said() {
    let doc = r#"{"a":{"b":[1]},"n":1,"l":[[5],{}],"":[9]}"#;
    assert_eq!(refused(doc, ""), "has no array at ``: there is an object");
    assert_eq!(refused(doc, "/x"), "has no array at `/x`: `` has no `x`");
    assert_eq!(refused(doc, "/a/c"), "has no array at `/a/c`: `/a` has no `c`");
    assert_eq!(refused(doc, "/n/c"), "has no array at `/n/c`: `/n` has no `c`");
    assert_eq!(refused(doc, "/n"), "has no array at `/n`: there is another value");
    assert_eq!(refused(doc, "/l/2"), "has no array at `/l/2`: `/l` has no `2`");
    assert_eq!(refused(doc, "/l/00"), "has no array at `/l/00`: `/l` has no `00`");
    assert_eq!(refused(doc, "a"), "has no array at `a`: a JSON pointer begins with `/`");
    for (pointer, row) in [("/a/b", "1"), ("/l/0", "5"), ("/", "9")] {
        let rows = all(&array(doc, pointer).unwrap(), doc.as_bytes(), 1);
        assert_eq!(rows, [row.as_bytes()], "{pointer}");
    }
}

#[test]
fn damaged_documents_say_where() {
    assert_eq!(refused("", ""), "is truncated: it ends where an array should be");
    assert_eq!(refused("[1,", ""), "is truncated: it ends where a value should be");
    assert_eq!(refused("[1", ""), "is truncated: it ends where `,` or `]` should be");
    assert_eq!(refused("[\"ab", ""), "is truncated: it ends where the end of a string should be");
    assert_eq!(refused("[\"a\\", ""), "is truncated: it ends where the end of a string should be");
    let open = "is truncated: it ends where the end of an object or array should be";
    assert_eq!(refused("[{\"a\":[1]", ""), open);
    assert_eq!(refused(&"[".repeat(3 << 20), ""), open);
    let at = |at, found, wanted| {
        format!(
            "is not JSON: at byte {at} is `{}`, where {wanted} should be",
            char::escape_default(found)
        )
    };
    assert_eq!(refused("[1,]", ""), at(3, ']', "a value"));
    assert_eq!(refused("[1,,2]", ""), at(3, ',', "a value"));
    assert_eq!(refused("[1 2]", ""), at(3, '2', "`,` or `]`"));
    assert_eq!(refused("[1}", ""), at(2, '}', "`,` or `]`"));
    assert_eq!(refused("[1] x", ""), at(4, 'x', "the end of the file"));
    assert_eq!(refused("PAR1", ""), at(0, 'P', "an array"));
    assert_eq!(refused("\u{feff}[]", ""), at(0, '\u{ef}', "an array"));
    assert_eq!(refused("{\"a\" 1}", "/b"), at(5, '1', "`:`"));
    assert_eq!(refused("{a:1}", "/b"), at(1, 'a', "a name of a member"));
    assert_eq!(refused("{\"a\":1", "/b"), "is truncated: it ends where `,` or `}` should be");
}

#[test]
fn long_names_are_passed_and_escaped_ones_are_found() {
    let long = "k".repeat(1 << 20);
    let doc = format!("{{\"{long}\":1,\"\\u0061\":[7]}}");
    assert_eq!(array(&doc, "/a").unwrap().count(), 1);
}

#[test]
fn a_stop_ends_indexing_and_reading() {
    let text = b"[1,2]";
    let stopped = RowIndex::array(&text[..], "", &|| true).unwrap_err();
    assert_eq!(stopped.to_string(), "was not read: the run was stopped");
    let index = RowIndex::array(&text[..], "", &never).unwrap();
    assert!(matches!(index.read(&text[..], 0..1, 9, &|| true), Err(RowsError::Stopped)));
}
