//! Values of statements and of the tables that they return.

use loadwright_core::export::http::Value;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};

/// The most rows and bytes that one call returns.
const MOST_ROWS: usize = 100_000;
const MOST_BYTES: usize = 16 << 20;

/// Whole numbers above this one are not exact in the contract.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A parameter.
pub(super) fn to_sql(value: &Value) -> Result<ToSqlOutput<'_>, String> {
    Ok(match value {
        Value::Null => ToSqlOutput::Owned(SqlValue::Null),
        Value::Number(number) => ToSqlOutput::Owned(SqlValue::Real(*number)),
        Value::Integer(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
            ToSqlOutput::Owned(SqlValue::Integer(*number as i64))
        }
        Value::Integer(number) => return Err(format!("{number} is no whole number below 2^53")),
        Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Value::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
    })
}

/// A value of a row.
pub(super) fn from_sql(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number as f64),
        ValueRef::Real(number) => Value::Number(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// What a call may still return.
#[derive(Debug)]
pub(super) struct Room {
    rows: usize,
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { rows: MOST_ROWS, bytes: MOST_BYTES }
    }
}

impl Room {
    /// Takes a row out of it.
    pub(super) fn take(&mut self, row: &[Value]) -> Result<(), String> {
        let bytes: usize = row.iter().map(bytes).sum();
        match (self.rows.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(rows), Some(bytes)) => *self = Self { rows, bytes },
            _ => return Err(format!("returns more than {MOST_ROWS} rows or {MOST_BYTES} bytes")),
        }
        Ok(())
    }
}

fn bytes(value: &Value) -> usize {
    let own = match value {
        Value::Null | Value::Number(_) | Value::Integer(_) => 0,
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
    };
    size_of::<Value>() + own
}
