//! HTTP, files and tables that the host offers to exporters.

/// A part of a request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// As it is.
    Bytes(Vec<u8>),
    /// The content of an artifact, read by the host.
    Artifact(String),
    /// A kept value, by name.
    Kept(String),
}

/// When a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Never.
    Never,
    /// Where nothing can have been done: no connection, 429, 503.
    Unsent,
    /// Also where a response was lost or is 5xx.
    Always,
}

/// Where in a response a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a JSON body, by RFC 6901.
    Pointer(String),
    /// A header.
    Header(String),
    /// A cookie that the response sets.
    Cookie(String),
}

/// Takes a value out of a response and keeps it in the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Where it is.
    pub at: Location,
    /// The name by which later requests use it.
    pub name: String,
}

/// A request of an exporter.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// GET, POST, …
    pub method: String,
    /// May hold placeholders.
    pub url: String,
    /// May hold placeholders.
    pub headers: Vec<(String, String)>,
    /// Its parts, concatenated.
    pub body: Vec<Segment>,
    /// Compress the body.
    pub gzip: bool,
    /// Seconds for one try.
    pub timeout: f64,
    /// When it is sent again.
    pub retry: Retry,
    /// What is kept of the response.
    pub keep: Vec<Keep>,
    /// Bytes of the response that are wanted.
    pub max_bytes: u32,
}

/// A response, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, decompressed.
    pub body: Vec<u8>,
    /// There was more.
    pub truncated: bool,
}

/// A file of the exporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Relative, of plain parts.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// A checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// CRC-32 of IEEE 802.3.
    Crc32,
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
}

/// A value of an SQLite table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A floating-point number.
    Number(f64),
    /// A number stored as an integer.
    Integer(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A statement of SQL with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// One statement.
    pub sql: String,
    /// Bound in order.
    pub parameters: Vec<Value>,
}

/// The rows that a statement returned.
pub type Table = Vec<Vec<Value>>;
