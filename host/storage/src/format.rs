//! The format of `records.db`: its version, whether this program can read it, and its tables.
//!
//! A new minor version adds tables or columns, and older programs read on; a new major version
//! changes the meaning of something that was there.

/// A version of the file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Files of another major version cannot be read.
    pub major: u32,
    /// Files of another minor version can.
    pub minor: u32,
}

/// The version that is written.
pub const CURRENT: Format = Format { major: 1, minor: 0 };

/// `PRAGMA application_id` of the file: "LdWr".
pub const APPLICATION: i32 = 0x4c64_5772;

/// Why a version cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A later program wrote it.
    #[error(
        "its format is {}.{}, and this program reads {}.x: use the program that wrote it, or a \
         later one", .0.major, .0.minor, CURRENT.major
    )]
    Newer(Format),
    /// An earlier program wrote it.
    #[error(
        "its format is {}.{}, and this program reads {}.x: use the program that wrote it",
        .0.major, .0.minor, CURRENT.major
    )]
    Older(Format),
}

impl Format {
    /// Whether this program can read files of this version.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self) -> Result<(), Unreadable> {
        match self.major.cmp(&CURRENT.major) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(Unreadable::Newer(self)),
            std::cmp::Ordering::Less => Err(Unreadable::Older(self)),
        }
    }
}

/// The tables. Columns that end in `_ns` are nanoseconds on the run's clock, whose zero is the
/// point's `origin_ns` on the wall clock; what does not exist is NULL. A request's trace id is in a
/// view: as a generated column it would be made for every row that is written, which costs a sixth of
/// it. `failure` is a view too, so that it cannot differ from the requests.
pub(crate) const TABLES: &str = "
CREATE TABLE run (
    format_major INTEGER NOT NULL,
    format_minor INTEGER NOT NULL,
    loadwright   TEXT NOT NULL,
    id           TEXT NOT NULL,
    started      REAL NOT NULL,
    points       TEXT NOT NULL
);
CREATE TABLE plugin (
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    version  TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    contract TEXT NOT NULL,
    source   TEXT NOT NULL,
    grants   TEXT NOT NULL
);
CREATE TABLE export (
    exporter    TEXT PRIMARY KEY,
    plugin      TEXT NOT NULL,
    version     TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    cursor      INTEGER NOT NULL,
    requests    INTEGER NOT NULL,
    point       INTEGER NOT NULL,
    point_ended INTEGER NOT NULL,
    state       TEXT NOT NULL,
    ending      TEXT NOT NULL,
    links       TEXT NOT NULL,
    losses      TEXT NOT NULL,
    at          REAL NOT NULL
);
CREATE TABLE point (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    origin_ns  INTEGER NOT NULL,
    begun_ns   INTEGER NOT NULL,
    first_id   INTEGER NOT NULL,
    plan       TEXT NOT NULL,
    end_reason TEXT,
    point_end  TEXT
);
CREATE TABLE request (
    id                      INTEGER PRIMARY KEY,
    point                   INTEGER NOT NULL,
    seq                     INTEGER NOT NULL,
    turn                    INTEGER NOT NULL,
    attempt                 INTEGER NOT NULL,
    last_attempt            INTEGER NOT NULL,
    warmup                  INTEGER NOT NULL,
    conversation            TEXT,
    labels                  TEXT,
    scheduled_ns            INTEGER NOT NULL,
    ready_ns                INTEGER,
    sent_ns                 INTEGER,
    connect_ns              INTEGER,
    resolved_ns             INTEGER,
    connected_ns            INTEGER,
    tls_ns                  INTEGER,
    head_ns                 INTEGER,
    first_output_ns         INTEGER,
    last_output_ns          INTEGER,
    end_ns                  INTEGER NOT NULL,
    streamed                INTEGER NOT NULL,
    status                  INTEGER,
    outcome                 TEXT NOT NULL,
    error                   TEXT,
    input_tokens            INTEGER,
    input_source            TEXT,
    output_tokens           INTEGER,
    output_source           TEXT,
    cached_tokens           INTEGER,
    reasoning_tokens        INTEGER,
    accepted_tokens         INTEGER,
    rejected_tokens         INTEGER,
    tokenizer_output_tokens INTEGER,
    dataset_input_tokens    INTEGER,
    finish_reason           TEXT,
    metrics                 TEXT,
    connection              INTEGER NOT NULL,
    reopened                INTEGER NOT NULL,
    bytes_sent              INTEGER NOT NULL,
    bytes_received          INTEGER NOT NULL
);
CREATE VIEW traced AS
    SELECT *, 'lw-' || point || '-' || seq || '-' || turn || '-' || attempt AS trace_id
    FROM request;
CREATE TABLE frame (
    request INTEGER PRIMARY KEY,
    count   INTEGER NOT NULL,
    encoded BLOB NOT NULL
);
CREATE TABLE sample (
    id              INTEGER PRIMARY KEY,
    point           INTEGER NOT NULL,
    at_ns           INTEGER NOT NULL,
    in_flight       INTEGER NOT NULL,
    ready           INTEGER NOT NULL,
    starved         INTEGER NOT NULL,
    backlog_bytes   INTEGER NOT NULL,
    stalls          INTEGER NOT NULL,
    cpu             REAL,
    timer_late_ns   INTEGER NOT NULL,
    generate_ns     INTEGER NOT NULL,
    format_ns       INTEGER NOT NULL,
    interpret_ns    INTEGER NOT NULL,
    clock_steps     INTEGER NOT NULL,
    plugin_restarts INTEGER NOT NULL,
    inexact_prompts INTEGER NOT NULL,
    refusal_waits   INTEGER NOT NULL,
    refusal_wait_ns INTEGER NOT NULL
);
CREATE VIEW failure AS
    WITH failed AS (
        SELECT point, outcome, sum(last_attempt) AS count, sum(NOT last_attempt) AS retried,
            min(CASE WHEN error IS NOT NULL THEN id END) AS first
        FROM request
        WHERE NOT warmup AND outcome NOT IN ('ok', 'cancelled', 'dropped')
        GROUP BY point, outcome
    )
    SELECT failed.point, failed.outcome AS class, count, retried, request.error AS sample
    FROM failed LEFT JOIN request ON request.id = failed.first;
";
