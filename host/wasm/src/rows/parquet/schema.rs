//! What to read of a table's columns, as a tree: how levels and values become objects and arrays.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type};
use std::ops::Range;

/// What is read of a table.
pub(super) struct Projection {
    /// Members of a row.
    pub(super) members: Vec<(String, Node)>,
    /// The columns that are read, by their number in the file, in order.
    pub(super) columns: Vec<usize>,
}

/// A part of a row.
pub(super) struct Node {
    /// Its columns, by their position in [`Projection::columns`].
    pub(super) columns: Range<usize>,
    pub(super) shape: Shape,
}

/// How a part is written as JSON.
pub(super) enum Shape {
    /// A value of one column.
    Value,
    /// Null unless its definition level is above this.
    Optional(i16, Box<Node>),
    Object(Vec<(String, Node)>),
    Array(Levels, Box<Node>),
    /// A key and a value.
    Map(Levels, Box<Node>, Box<Node>),
}

/// Levels of what repeats.
#[derive(Clone, Copy)]
pub(super) struct Levels {
    /// There is an element if the definition level is above this.
    pub(super) definition: i16,
    /// And another one if the next repetition level is above this.
    pub(super) repetition: i16,
}

/// The columns named `wanted` (none: all), without what is binary.
pub(super) fn project(schema: &SchemaDescriptor, wanted: &[String]) -> Result<Projection, String> {
    let fields = schema.root_schema().get_fields();
    let known = |name: &String| fields.iter().any(|field| field.name() == name);
    if let Some(missing) = wanted.iter().find(|name| !known(name)) {
        let names: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name())).collect();
        return Err(format!("has no column `{missing}`; it has {}", names.join(", ")));
    }
    let mut walk = Walk { next: 0, columns: Vec::new() };
    let mut members = Vec::new();
    for field in fields {
        if wanted.is_empty() || wanted.iter().any(|name| name == field.name()) {
            let node = walk.field(field, Levels { definition: 0, repetition: 0 });
            members.extend(node.map(|node| (field.name().to_owned(), node)));
        } else {
            walk.next += leaves(field);
        }
    }
    Ok(Projection { members, columns: walk.columns })
}

/// Whether values of the type are bytes, not text or numbers.
pub(super) fn is_binary(field: &Type) -> bool {
    let physical = field.get_physical_type();
    let info = field.get_basic_info();
    matches!(physical, Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY)
        && !is_text(field)
        && info.converted_type() != ConvertedType::DECIMAL
        && !matches!(
            info.logical_type_ref(),
            Some(LogicalType::Decimal { .. } | LogicalType::Float16)
        )
}

/// Whether values of the type are text.
pub(super) fn is_text(field: &Type) -> bool {
    let info = field.get_basic_info();
    let converted = info.converted_type();
    field.get_physical_type() == Physical::BYTE_ARRAY
        && (matches!(converted, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON)
            || matches!(
                info.logical_type_ref(),
                Some(LogicalType::String | LogicalType::Enum | LogicalType::Json)
            ))
}

fn leaves(field: &Type) -> usize {
    if field.is_primitive() {
        1
    } else {
        field.get_fields().iter().map(|field| leaves(field)).sum()
    }
}

struct Walk {
    /// The number of the next column.
    next: usize,
    columns: Vec<usize>,
}

impl Walk {
    /// A field below the levels `above`; none: all of it is binary.
    fn field(&mut self, field: &Type, above: Levels) -> Option<Node> {
        let info = field.get_basic_info();
        let repetition = match info.has_repetition() {
            true => info.repetition(),
            false => Repetition::REQUIRED,
        };
        let Levels { definition, repetition: repeated } = above;
        let start = self.columns.len();
        let shape = match repetition {
            Repetition::REQUIRED => return self.present(field, above),
            Repetition::OPTIONAL => {
                let below = Levels { definition: definition + 1, repetition: repeated };
                Shape::Optional(definition, Box::new(self.present(field, below)?))
            }
            Repetition::REPEATED => {
                let below = Levels { definition: definition + 1, repetition: repeated + 1 };
                Shape::Array(above, Box::new(self.present(field, below)?))
            }
        };
        Some(Node { columns: start..self.columns.len(), shape })
    }

    /// A field where it is present.
    fn present(&mut self, field: &Type, levels: Levels) -> Option<Node> {
        let start = self.columns.len();
        let shape = if field.is_primitive() {
            self.next += 1;
            if is_binary(field) {
                return None;
            }
            self.columns.push(self.next - 1);
            Shape::Value
        } else {
            match (convention(field), field.get_fields()) {
                (Convention::List, [repeated]) => self.list(repeated, levels)?,
                (Convention::Map, [repeated]) => self.map(repeated, levels)?,
                (_, fields) => self.object(fields, levels)?,
            }
        };
        Some(Node { columns: start..self.columns.len(), shape })
    }

    fn object(&mut self, fields: &[std::sync::Arc<Type>], levels: Levels) -> Option<Shape> {
        let mut members = Vec::new();
        for field in fields {
            let node = self.field(field, levels);
            members.extend(node.map(|node| (field.name().to_owned(), node)));
        }
        (!members.is_empty()).then_some(Shape::Object(members))
    }

    /// A list: the repeated field is the element itself in files of old writers.
    fn list(&mut self, repeated: &Type, above: Levels) -> Option<Shape> {
        let Levels { definition, repetition } = above;
        let below = Levels { definition: definition + 1, repetition: repetition + 1 };
        let wrapped = match repeated.is_group().then(|| repeated.get_fields()) {
            Some([only]) if !is_element(repeated.name()) => Some(only),
            _ => None,
        };
        let element = match wrapped {
            Some(only) => self.field(only, below)?,
            None => self.present(repeated, below)?,
        };
        Some(Shape::Array(above, Box::new(element)))
    }

    /// A map whose values are binary is left out whole.
    fn map(&mut self, pair: &Type, above: Levels) -> Option<Shape> {
        let Levels { definition, repetition } = above;
        let below = Levels { definition: definition + 1, repetition: repetition + 1 };
        let [key, value] = pair.get_fields() else { return None };
        let kept = self.columns.len();
        let (key, value) = (self.field(key, below), self.field(value, below));
        let Some((key, value)) = key.zip(value) else {
            self.columns.truncate(kept);
            return None;
        };
        Some(Shape::Map(above, Box::new(key), Box::new(value)))
    }
}

enum Convention {
    List,
    Map,
    None,
}

/// What a group stands for: only if it holds one repeated field.
fn convention(field: &Type) -> Convention {
    let info = field.get_basic_info();
    let fields = field.get_fields();
    let repeats = |field: &Type| {
        let info = field.get_basic_info();
        info.has_repetition() && info.repetition() == Repetition::REPEATED
    };
    let [only] = fields else { return Convention::None };
    if !repeats(only) {
        return Convention::None;
    }
    let is_map = matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
        || matches!(info.logical_type_ref(), Some(LogicalType::Map));
    let is_list = info.converted_type() == ConvertedType::LIST
        || matches!(info.logical_type_ref(), Some(LogicalType::List));
    match only.is_group() && only.get_fields().len() == 2 && is_map {
        true => Convention::Map,
        false if is_list => Convention::List,
        false => Convention::None,
    }
}

/// Whether a repeated group of one field is an element, not a wrapper: the names that old writers used.
fn is_element(name: &str) -> bool {
    name == "array" || name.ends_with("_tuple")
}
