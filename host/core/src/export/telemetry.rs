//! Which spans and metrics a request becomes, as a conventions plugin describes it.

/// A value of an attribute, or a part of a span's name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A whole number.
    Integer(f64),
    /// True or false.
    Flag(bool),
    /// A field of the request.
    Field(String),
    /// A setting of the plan, by its path.
    Setting(String),
}

/// A test of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It is this text.
    Is(String),
    /// It exists.
    Present,
    /// It does not.
    Absent,
}

/// A condition on a field of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which.
    pub field: String,
    /// What must hold.
    pub test: Test,
}

/// An attribute; left out where its value is absent or a condition does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// All must hold.
    pub when: Vec<Condition>,
}

/// The kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A phase within this program.
    Internal,
    /// A request to a service.
    Client,
}

/// A span of each request where both its ends exist.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanShape {
    /// Its parts, with a blank between.
    pub name: Vec<Value>,
    /// Its kind.
    pub kind: SpanKind,
    /// The field of its start.
    pub start: String,
    /// The field of its end.
    pub end: String,
    /// The status is error where one holds.
    pub failed: Vec<Condition>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// An instrument of OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    /// A sum that grows.
    Counter,
    /// A sum.
    UpDownCounter,
    /// A distribution.
    Histogram,
    /// The last value.
    Gauge,
}

/// A measurement of each request, or of each row, where the field exists.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricShape {
    /// Its name.
    pub name: String,
    /// UCUM.
    pub unit: String,
    /// For people.
    pub description: String,
    /// Its instrument.
    pub instrument: Instrument,
    /// The field that is measured.
    pub value: String,
    /// What it is multiplied by.
    pub scale: f64,
    /// Of rows in place of requests.
    pub per_row: bool,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// What a conventions plugin describes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shapes {
    /// Attributes of the resource.
    pub service: Vec<Attribute>,
    /// The request's own span, then its children.
    pub spans: Vec<SpanShape>,
    /// Metrics.
    pub metrics: Vec<MetricShape>,
    /// Whether each turn's span is linked to that of the turn before it.
    pub link_turns: bool,
}
