//! Makes one row's JSON of the levels and values of its columns.

use super::column::{Cell, Column};
use super::schema::{Levels, Node, Shape};
use parquet::errors::{ParquetError, Result};

/// Why a row could not be made.
pub(super) enum RowError {
    TooLong,
    Parquet(ParquetError),
}

impl From<ParquetError> for RowError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

/// Writes one row, `most` bytes at most.
pub(super) struct Assembly<'a> {
    pub(super) columns: &'a mut [Column],
    pub(super) text: Vec<u8>,
    pub(super) most: usize,
}

impl Assembly<'_> {
    pub(super) fn object(&mut self, members: &[(String, Node)]) -> Result<(), RowError> {
        self.write(b"{")?;
        for (index, (name, node)) in members.iter().enumerate() {
            if index > 0 {
                self.write(b",")?;
            }
            self.string(name)?;
            self.write(b":")?;
            self.node(node)?;
        }
        self.write(b"}")
    }

    fn node(&mut self, node: &Node) -> Result<(), RowError> {
        match &node.shape {
            Shape::Value => self.value(node),
            Shape::Object(members) => self.object(members),
            Shape::Optional(level, inner) => {
                if self.columns[node.columns.start].definition()? > *level {
                    self.node(inner)
                } else {
                    self.pass(node)?;
                    self.write(b"null")
                }
            }
            Shape::Array(levels, element) => {
                self.repeat(node, *levels, b"[]", &|row| row.node(element))
            }
            Shape::Map(levels, key, value) => self.repeat(node, *levels, b"{}", &|row| {
                row.key(key)?;
                row.write(b":")?;
                row.node(value)
            }),
        }
    }

    /// As many elements as the levels of the first column say.
    fn repeat(
        &mut self,
        node: &Node,
        levels: Levels,
        brackets: &[u8; 2],
        element: &dyn Fn(&mut Self) -> Result<(), RowError>,
    ) -> Result<(), RowError> {
        let first = node.columns.start;
        self.write(&brackets[..1])?;
        if self.columns[first].definition()? > levels.definition {
            loop {
                element(self)?;
                if self.columns[first].repetition() <= levels.repetition {
                    break;
                }
                self.write(b",")?;
            }
        } else {
            self.pass(node)?;
        }
        self.write(&brackets[1..])
    }

    /// A key has to be text.
    fn key(&mut self, key: &Node) -> Result<(), RowError> {
        let at = self.text.len();
        self.node(key)?;
        if self.text.get(at) != Some(&b'"') {
            let plain = self.text.split_off(at);
            self.string(&String::from_utf8_lossy(&plain))?;
        }
        Ok(())
    }

    fn pass(&mut self, node: &Node) -> Result<(), RowError> {
        for column in &mut self.columns[node.columns.clone()] {
            column.pass()?;
        }
        Ok(())
    }

    fn value(&mut self, node: &Node) -> Result<(), RowError> {
        match self.columns[node.columns.start].cell()? {
            Cell::Plain(field) => self.write(field.to_json_value().to_string().as_bytes()),
            Cell::Text(bytes) => match std::str::from_utf8(bytes.data()) {
                Ok(text) => self.string(text),
                Err(_) => Err(ParquetError::General("a text is not UTF-8".into()).into()),
            },
            Cell::Binary(_) => self.write(b"null"),
        }
    }

    fn string(&mut self, text: &str) -> Result<(), RowError> {
        self.room(text.len() + 2)?;
        serde_json::to_writer(&mut self.text, text)
            .map_err(|error| ParquetError::General(error.to_string()))?;
        self.room(0)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RowError> {
        self.room(bytes.len())?;
        self.text.extend_from_slice(bytes);
        Ok(())
    }

    fn room(&self, more: usize) -> Result<(), RowError> {
        if self.text.len() + more > self.most { Err(RowError::TooLong) } else { Ok(()) }
    }
}
