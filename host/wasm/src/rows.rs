//! Rows of a file, each as JSON: lines of .jsonl, elements of an array in .json, rows of .parquet.
//! What is indexed is indexed once, and shared by all instances.

mod parquet;
mod row;

use loadwright_core::stop::StopFlag;
use loadwright_files::{RowIndex, RowsError};
use parquet::Table;
use std::fs::File;
use std::sync::Arc;

/// The rows of a file, or of one array in it.
pub(crate) enum Rows {
    /// Lines, or elements of an array.
    Json {
        file: Arc<File>,
        index: RowIndex,
    },
    Parquet(Box<Table>),
}

/// Which rows, and what of them.
pub(crate) struct Wanted<'a> {
    /// Members; none: all.
    pub(crate) columns: &'a [String],
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Bytes that they may take.
    pub(crate) most: u64,
}

impl Rows {
    /// Finds the rows of `file` as its extension says. `at` is a JSON pointer to an array. Errors
    /// follow the file's name, as everywhere here.
    pub(crate) fn open(
        file: &Arc<File>,
        extension: &str,
        at: &str,
        stop: &StopFlag,
    ) -> Result<Self, String> {
        let stopped = || stop.is_raised();
        if extension != "json" && !at.is_empty() {
            return Err(format!(
                "is a .{extension} file: a JSON pointer (`{at}`) leads nowhere in it"
            ));
        }
        let index = match extension {
            "jsonl" | "ndjson" => RowIndex::filled_lines(&**file, &stopped),
            "json" => RowIndex::array(&**file, at, &stopped),
            "parquet" => {
                return Table::open(Arc::clone(file), stop)
                    .map(|table| Self::Parquet(Box::new(table)));
            }
            _ => return Err(unsupported(extension)),
        };
        let index = index.map_err(|error| error.to_string())?;
        Ok(Self::Json { file: Arc::clone(file), index })
    }

    /// Rows in all.
    pub(crate) fn count(&self) -> Result<u32, String> {
        let count = match self {
            Self::Json { index, .. } => index.count(),
            Self::Parquet(table) => table.count(),
        };
        u32::try_from(count)
            .map_err(|_| format!("has {count} rows; {} at most can be numbered", u32::MAX))
    }

    /// The rows that are wanted: as many as fit, and at least one; none at the end.
    pub(crate) fn read(
        &self,
        wanted: &Wanted<'_>,
        stop: &StopFlag,
    ) -> Result<Vec<Vec<u8>>, String> {
        match self {
            Self::Json { file, index } => read_json(file, index, wanted, stop),
            Self::Parquet(table) => table.read(wanted, stop),
        }
    }

    /// A binary cell of a table, `most` bytes at most.
    pub(crate) fn cell(
        &self,
        row: u32,
        column: &str,
        most: u64,
        stop: &StopFlag,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::Json { .. } => {
                Err("has no binary cells: those of .parquet files can be read".into())
            }
            Self::Parquet(table) => table.cell(row, column, most, stop),
        }
    }
}

fn unsupported(extension: &str) -> String {
    let what = match extension {
        "" => "has no extension".to_owned(),
        extension => format!("is a .{extension} file"),
    };
    format!("{what}; rows are read from .jsonl, .ndjson, .json and .parquet files")
}

fn read_json(
    file: &File,
    index: &RowIndex,
    wanted: &Wanted<'_>,
    stop: &StopFlag,
) -> Result<Vec<Vec<u8>>, String> {
    let first = u64::from(wanted.first);
    let numbers = first..first + u64::from(wanted.count);
    let stopped = || stop.is_raised();
    let found =
        index.read(file, numbers.clone(), wanted.most, &stopped).map_err(|error| match error {
            RowsError::TooLong { row } => too_long(row, wanted.most),
            other => other.to_string(),
        })?;
    let mut rows = Vec::with_capacity(found.len());
    for (number, row) in numbers.zip(found) {
        match row::project(row, wanted.columns) {
            Ok(row) => rows.push(row),
            // It fails when it is the first that is asked for.
            Err(_) if !rows.is_empty() => break,
            Err(error) => return Err(format!("is not usable at row {}: {error}", number + 1)),
        }
    }
    Ok(rows)
}

fn too_long(row: u64, most: u64) -> String {
    format!(
        "has a row ({}) that is longer than {} MiB, a quarter of the plugin's memory; raise \
         --plugin-memory",
        row + 1,
        most >> 20
    )
}

#[cfg(test)]
mod tests;
