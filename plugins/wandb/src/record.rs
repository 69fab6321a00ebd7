//! The records of a `.wandb` file: the messages that are written, with the fields that are filled in.

use crate::history::Line;
use formats::time::Timestamp;
use prost::{Enumeration, Message, Oneof};

/// One record.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Record {
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
    #[prost(oneof = "Kind", tags = "2, 3, 6, 10, 12, 13, 17, 18, 21, 22")]
    pub(crate) kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Kind {
    #[prost(message, tag = "2")]
    History(History),
    #[prost(message, tag = "3")]
    Summary(Items),
    #[prost(message, tag = "6")]
    Files(Files),
    #[prost(message, tag = "10")]
    Alert(Alert),
    #[prost(message, tag = "12")]
    Metric(Metric),
    #[prost(message, tag = "13")]
    Output(Output),
    #[prost(message, tag = "17")]
    Run(Run),
    #[prost(message, tag = "18")]
    Exit(Exit),
    #[prost(message, tag = "21")]
    Header(Header),
    #[prost(message, tag = "22")]
    Footer(Footer),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Header {
    #[prost(message, optional, tag = "1")]
    pub(crate) version: Option<Version>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Version {
    #[prost(string, tag = "1")]
    pub(crate) producer: String,
    #[prost(string, tag = "2")]
    pub(crate) min_consumer: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Run {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) entity: String,
    #[prost(string, tag = "3")]
    pub(crate) project: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) config: Option<Items>,
    #[prost(string, tag = "6")]
    pub(crate) group: String,
    #[prost(string, tag = "7")]
    pub(crate) job_type: String,
    #[prost(string, tag = "8")]
    pub(crate) display_name: String,
    #[prost(string, tag = "9")]
    pub(crate) notes: String,
    #[prost(string, repeated, tag = "10")]
    pub(crate) tags: Vec<String>,
    #[prost(message, optional, tag = "17")]
    pub(crate) started: Option<Timestamp>,
}

/// A config, or a summary: both have the same fields.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Items {
    #[prost(message, repeated, tag = "1")]
    pub(crate) update: Vec<Item>,
}

/// A key with its value in JSON; of a config, a summary or a line of history.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Item {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "16")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct History {
    #[prost(message, repeated, tag = "1")]
    pub(crate) items: Vec<Item>,
    #[prost(message, optional, tag = "2")]
    pub(crate) step: Option<Step>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Step {
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metric {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) step_metric: String,
    #[prost(message, optional, tag = "6")]
    pub(crate) options: Option<MetricOptions>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct MetricOptions {
    #[prost(bool, tag = "1")]
    pub(crate) step_sync: bool,
    #[prost(bool, tag = "2")]
    pub(crate) hidden: bool,
    #[prost(bool, tag = "3")]
    pub(crate) defined: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Files {
    #[prost(message, repeated, tag = "1")]
    pub(crate) files: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct File {
    #[prost(string, tag = "1")]
    pub(crate) path: String,
    #[prost(enumeration = "Policy", tag = "2")]
    pub(crate) policy: i32,
    #[prost(enumeration = "FileKind", tag = "3")]
    pub(crate) kind: i32,
}

/// When a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub(crate) enum Policy {
    /// The first of the format, which is not used.
    Now = 0,
    /// At the end of the run.
    End = 1,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub(crate) enum FileKind {
    Other = 0,
    Media = 2,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Alert {
    #[prost(string, tag = "1")]
    pub(crate) title: String,
    #[prost(string, tag = "2")]
    pub(crate) text: String,
    #[prost(string, tag = "3")]
    pub(crate) level: String,
    /// Milliseconds.
    #[prost(int64, tag = "4")]
    pub(crate) wait: i64,
}

/// A line of the log, with its end.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Output {
    /// 0 errors, 1 what else there is.
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) timestamp: Option<Timestamp>,
    #[prost(string, tag = "3")]
    pub(crate) line: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Exit {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    /// Seconds.
    #[prost(int32, tag = "2")]
    pub(crate) runtime: i32,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Footer {}

/// The members of a line as items.
pub(crate) fn items(line: &Line) -> Vec<Item> {
    line.iter().map(|(key, value)| Item { key: key.clone(), value: value.to_string() }).collect()
}
