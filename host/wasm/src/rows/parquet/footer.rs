//! A Parquet file's metadata, which its last bytes lead to: checked before it is parsed, since the
//! parser reserves memory for whatever it claims.

use super::thrift::{self, Bad, Seen};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Maximum length of the metadata: a thousand row groups of a hundred columns take 10 MB.
const MAX_METADATA: u64 = 32 << 20;

/// Levels of nesting of columns.
const DEPTH: usize = 24;

/// The length of the metadata, and `PAR1`.
const TAIL: u64 = 8;

/// Reads the metadata; errors follow the file's name.
pub(super) fn read(file: &File, size: u64) -> Result<ParquetMetaData, String> {
    let bytes = bytes(file, size)?;
    check(&bytes).map_err(|why| format!("has damaged metadata: {why}"))?;
    let metadata = ParquetMetaDataReader::decode_metadata(&bytes)
        .map_err(|error| format!("has damaged metadata: {error}"))?;
    let leaves = metadata.file_metadata().schema_descr().num_columns();
    for (number, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 || group.columns().len() != leaves {
            return Err(format!(
                "has damaged metadata: row group {number} does not fit the schema"
            ));
        }
    }
    Ok(metadata)
}

fn bytes(file: &File, size: u64) -> Result<Vec<u8>, String> {
    let io = |error: std::io::Error| format!("cannot be read: {error}");
    let mut magic = [0; 4];
    let mut tail = [0; TAIL as usize];
    if size < 4 + TAIL {
        return Err(format!("is not a Parquet file: it has {size} bytes"));
    }
    file.read_exact_at(&mut magic, 0).map_err(io)?;
    file.read_exact_at(&mut tail, size - TAIL).map_err(io)?;
    match (&magic, &tail[4..]) {
        (b"PAR1", b"PAR1") => {}
        (b"PARE", _) | (_, b"PARE") => return Err("is encrypted, which is not supported".into()),
        (b"PAR1", _) => return Err("is a truncated Parquet file: it does not end in PAR1".into()),
        _ => return Err("is not a Parquet file: it does not begin with PAR1".into()),
    }
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if length > size - 4 - TAIL {
        return Err("has damaged metadata: it claims to be longer than the file".into());
    }
    if length > MAX_METADATA {
        return Err(format!("has metadata of {length} bytes, {MAX_METADATA} at most are read"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, size - TAIL - length).map_err(io)?;
    Ok(bytes)
}

/// What the parser believes: lengths of lists, and the tree of columns, given by the number of
/// children of each node. It follows that tree by recursion.
fn check(bytes: &[u8]) -> Result<(), String> {
    let (mut children, mut nodes, mut open) = (0i64, 0i64, Vec::new());
    let mut bad = None;
    let walked = thrift::structure(bytes, |path, seen| match (path, seen) {
        ([2, 5], Seen::Number(number)) => children = number,
        ([2], Seen::End) => {
            nodes += 1;
            bad = bad.or(node(&mut open, children, bytes.len()));
            children = 0;
        }
        _ => {}
    });
    match walked {
        Err(Bad::Short) => Err("it is truncated".into()),
        Err(Bad::Damaged(what)) => Err(what.into()),
        Ok(_) if nodes == 0 => Err("it has no schema".into()),
        Ok(_) => bad.map_or(Ok(()), |bad| Err(bad.into())),
    }
}

/// Enters a node below the open ones, of which each holds the number of its children to come.
fn node(open: &mut Vec<i64>, children: i64, most: usize) -> Option<&'static str> {
    if let Some(left) = open.last_mut() {
        *left -= 1;
    }
    if children < 0 || children.cast_unsigned() > most as u64 {
        return Some("a column claims more parts than there are");
    }
    if children > 0 {
        open.push(children);
    }
    if open.len() > DEPTH {
        return Some("columns are nested too deeply");
    }
    while open.last().is_some_and(|left| *left <= 0) {
        open.pop();
    }
    None
}
