//! Takes any bytes as a JSON document. If it is an array, its elements in slices of any size are those
//! that serde_json finds; if it is not, some element or the index says so. Other documents, lines and
//! pointers never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_files::{RowIndex, RowsError};
use serde_json::Value;

fn never() -> bool {
    false
}

/// All rows, in slices; none: one of them is no JSON.
fn parsed(index: &RowIndex, bytes: &[u8], slice: u64) -> Result<Option<Vec<Value>>, RowsError> {
    let mut rows = Vec::new();
    loop {
        let first = rows.len() as u64;
        let some = index.read(bytes, first..first + slice, 1 << 20, &never)?;
        if some.is_empty() {
            assert_eq!(index.count(), first);
            return Ok(Some(rows));
        }
        for row in some {
            let Ok(row) = serde_json::from_slice(&row) else { return Ok(None) };
            rows.push(row);
        }
    }
}

fuzz_target!(|input: (&[u8], u8, &str)| {
    let (bytes, slice, pointer) = input;
    let slice = u64::from(slice).max(1);
    let whole = serde_json::from_slice::<Vec<Value>>(bytes).ok();
    let rows = RowIndex::array(bytes, "", &never).and_then(|index| parsed(&index, bytes, slice));
    // Nesting is limited in the whole document one level earlier.
    if let Some(whole) = whole {
        assert_eq!(rows.ok().flatten().as_ref(), Some(&whole));
        let nested = serde_json::json!({"before": [[]], "rows": whole}).to_string();
        let index = RowIndex::array(nested.as_bytes(), "/rows", &never).expect("it is there");
        let rows = parsed(&index, nested.as_bytes(), slice).expect("it is sound");
        assert_eq!(rows.expect("they are JSON"), whole);
    }
    let _ = RowIndex::array(bytes, pointer, &never).map(|index| parsed(&index, bytes, slice));
    let lines = RowIndex::filled_lines(bytes, &never).expect("any bytes are lines");
    let _ = parsed(&lines, bytes, slice);
});
