//! The records of a `.swanlab` file, as protobuf. Field numbers are SwanLab's; only fields that are
//! written are here.

use formats::time::Timestamp;
use prost::{Message, Oneof};

/// A record's number where it is not counted.
pub(crate) const START: i64 = -1;
pub(crate) const FINISH: i64 = -2;
pub(crate) const CONFIG: i64 = -3;

/// One entry of the file. One without a time is refused.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Record {
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
    #[prost(message, optional, tag = "2")]
    pub(crate) timestamp: Option<Timestamp>,
    #[prost(oneof = "Content", tags = "10, 11, 12, 13, 14, 16, 20")]
    pub(crate) content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Content {
    #[prost(message, tag = "10")]
    Start(Start),
    #[prost(message, tag = "11")]
    Finish(Finish),
    #[prost(message, tag = "12")]
    Column(Column),
    #[prost(message, tag = "13")]
    Scalar(Scalar),
    #[prost(message, tag = "14")]
    Media(Media),
    #[prost(message, tag = "16")]
    Log(Log),
    #[prost(message, tag = "20")]
    Save(Save),
}

/// The first record.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Start {
    #[prost(string, tag = "1")]
    pub(crate) project: String,
    #[prost(string, tag = "2")]
    pub(crate) workspace: String,
    #[prost(string, tag = "4")]
    pub(crate) name: String,
    #[prost(string, tag = "5")]
    pub(crate) description: String,
    #[prost(string, repeated, tag = "6")]
    pub(crate) tags: Vec<String>,
    #[prost(string, tag = "7")]
    pub(crate) group: String,
    #[prost(string, tag = "8")]
    pub(crate) job_type: String,
    #[prost(string, tag = "9")]
    pub(crate) color: String,
    #[prost(string, tag = "10")]
    pub(crate) id: String,
    /// 1: a run of this id goes on.
    #[prost(int32, tag = "11")]
    pub(crate) resume: i32,
    #[prost(message, optional, tag = "12")]
    pub(crate) started_at: Option<Timestamp>,
}

/// The last record.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Finish {
    /// 1 finished, 2 crashed, 3 aborted.
    #[prost(int32, tag = "1")]
    pub(crate) state: i32,
    #[prost(string, tag = "2")]
    pub(crate) error: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) finished_at: Option<Timestamp>,
}

/// A metric, before its first value.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Column {
    /// 1: not of the system.
    #[prost(int32, tag = "1")]
    pub(crate) column_class: i32,
    /// 1 scalar, 4 text, 6 echarts.
    #[prost(int32, tag = "2")]
    pub(crate) column_type: i32,
    #[prost(string, tag = "3")]
    pub(crate) column_key: String,
    #[prost(string, tag = "4")]
    pub(crate) column_name: String,
    #[prost(string, tag = "5")]
    pub(crate) section_name: String,
    /// 3: public.
    #[prost(int32, tag = "6")]
    pub(crate) section_type: i32,
    /// The key of the metric along the x axis.
    #[prost(string, optional, tag = "13")]
    pub(crate) x_axis: Option<String>,
    #[prost(bool, optional, tag = "14")]
    pub(crate) hidden: Option<bool>,
}

/// A number at a step.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Scalar {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(int64, tag = "2")]
    pub(crate) step: i64,
    #[prost(int32, tag = "3")]
    pub(crate) column_type: i32,
    #[prost(message, optional, tag = "4")]
    pub(crate) timestamp: Option<Timestamp>,
    #[prost(message, optional, tag = "5")]
    pub(crate) value: Option<Number>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Number {
    #[prost(double, tag = "1")]
    pub(crate) number: f64,
}

/// A text or a chart at a step.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Media {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(int64, tag = "2")]
    pub(crate) step: i64,
    #[prost(int32, tag = "3")]
    pub(crate) column_type: i32,
    #[prost(message, optional, tag = "4")]
    pub(crate) timestamp: Option<Timestamp>,
    #[prost(message, optional, tag = "5")]
    pub(crate) value: Option<MediaItems>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MediaItems {
    #[prost(message, repeated, tag = "1")]
    pub(crate) items: Vec<MediaItem>,
}

/// Its content, in the record itself: the file is whole without others.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct MediaItem {
    #[prost(string, tag = "1")]
    pub(crate) filename: String,
    #[prost(string, tag = "2")]
    pub(crate) sha256: String,
    #[prost(int64, tag = "3")]
    pub(crate) size: i64,
    #[prost(string, tag = "4")]
    pub(crate) caption: String,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) payload: Option<Vec<u8>>,
}

/// A line of the log.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Log {
    #[prost(string, tag = "1")]
    pub(crate) line: String,
    /// 0 info, 1 error.
    #[prost(int32, tag = "2")]
    pub(crate) level: i32,
    #[prost(message, optional, tag = "3")]
    pub(crate) timestamp: Option<Timestamp>,
    /// Its number, from 1.
    #[prost(int64, tag = "4")]
    pub(crate) epoch: i64,
}

/// A file.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Save {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    /// Where the SDK had it; `files/NAME` beside the record's file where that is not there.
    #[prost(string, tag = "2")]
    pub(crate) source_path: String,
    /// 0 a file of the user, which is not in the record; 1 the configuration, which is.
    #[prost(int32, tag = "5")]
    pub(crate) kind: i32,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(crate) payload: Option<Vec<u8>>,
}
