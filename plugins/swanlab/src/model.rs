//! What an experiment in SwanLab is made of, whether it goes to a server, to a file or to the local
//! dashboard.

use formats::text::hex;
use serde::{Deserialize, Serialize};

/// An experiment: a point of the sweep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Experiment {
    /// Of the run and the point: the same in every try.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<String>,
    pub(crate) group: String,
    /// `#RRGGBB`.
    pub(crate) color: String,
    /// Seconds since the Unix epoch.
    pub(crate) started: f64,
    /// `{key: {"value", "sort", "desc"}}`; not needed to go on with it.
    #[serde(skip)]
    pub(crate) config: serde_json::Value,
}

/// The kind of work, as SwanLab lists it.
pub(crate) const JOB_TYPE: &str = "load-test";

/// Of the lines of a sweep's points in one chart, over and over: seven that most people can tell apart.
pub(crate) const COLORS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#528d59"];

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar,
    Text,
    Chart,
}

impl Kind {
    /// The type of a column on the server.
    pub(crate) fn server(self) -> &'static str {
        match self {
            Self::Scalar => "FLOAT",
            Self::Text => "TEXT",
            Self::Chart => "ECHARTS",
        }
    }

    /// The number of the type in a file.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Scalar => 1,
            Self::Text => 4,
            Self::Chart => 6,
        }
    }

    /// The folder of its contents, their extension and their media type.
    pub(crate) fn content(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Chart => ("echarts", "json", "application/json"),
            Self::Text | Self::Scalar => ("text", "txt", "text/plain"),
        }
    }
}

/// A metric, declared before its first value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) key: String,
    /// For people.
    pub(crate) label: String,
    pub(crate) kind: Kind,
    /// The metric along the x axis; none: the step.
    pub(crate) x_axis: Option<&'static str>,
    /// Without a chart of its own.
    pub(crate) hidden: bool,
}

impl Column {
    /// The part of the page that its chart is in.
    pub(crate) fn section(&self) -> Option<&str> {
        self.key.split_once('/').map(|(section, _)| section)
    }
}

/// A number at a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) key: String,
    pub(crate) step: i64,
    pub(crate) value: f64,
    /// Seconds since the Unix epoch.
    pub(crate) at: f64,
}

/// A text or a chart at step 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Media {
    pub(crate) key: String,
    pub(crate) kind: Kind,
    pub(crate) content: Vec<u8>,
    /// Seconds since the Unix epoch.
    pub(crate) at: f64,
}

impl Media {
    /// `000-5d41402a.txt`, and the digest that its middle begins.
    pub(crate) fn file(&self) -> (String, String) {
        let digest = hex(&<sha2::Sha256 as sha2::Digest>::digest(&self.content));
        (format!("000-{}.{}", &digest[..8], self.kind.content().1), digest)
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) text: String,
    pub(crate) error: bool,
    /// Seconds since the Unix epoch.
    pub(crate) at: f64,
}

/// A file of the run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attachment {
    pub(crate) name: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) content: Vec<u8>,
}

/// What one call adds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Batch {
    /// Of all that is new in this batch, or was in one before.
    pub(crate) columns: Vec<Column>,
    pub(crate) scalars: Vec<Scalar>,
    pub(crate) media: Vec<Media>,
    pub(crate) lines: Vec<Line>,
    pub(crate) files: Vec<Attachment>,
}

/// How an experiment ends, in SwanLab's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum End {
    Finished,
    Crashed,
    Aborted,
}

/// The end of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Finish {
    pub(crate) end: End,
    /// Why it is not finished; or empty.
    pub(crate) error: String,
    /// Seconds since the Unix epoch.
    pub(crate) at: f64,
}
