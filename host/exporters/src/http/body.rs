//! Bodies of requests: parts one after the other, files among them read while they are sent.

use crate::usage::Usage;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzEncoder;
use hyper::body::{Body, Frame, SizeHint};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes of one frame.
const FRAME: usize = 64 << 10;

/// A part of a body.
#[derive(Debug)]
pub(super) enum Part {
    Bytes(Bytes),
    /// A file, of this many bytes.
    File(File, u64),
}

type Source = Box<dyn Read + Send + Sync>;

/// A body that is being sent.
pub(super) struct Upload {
    source: Source,
    /// Bytes that are still to come; none: not known, since they are compressed on the way.
    left: Option<u64>,
    usage: Usage,
}

impl Upload {
    /// The body of these parts.
    pub(super) fn new(parts: Vec<Part>, gzip: bool, usage: Usage) -> io::Result<Self> {
        let is_file = |part: &Part| matches!(part, Part::File(..));
        let streamed = parts.iter().any(is_file);
        let mut length = 0;
        let mut source: Source = Box::new(io::empty());
        for part in parts {
            let (next, bytes): (Source, u64) = match part {
                Part::Bytes(bytes) => {
                    let length = bytes.len() as u64;
                    (Box::new(Cursor::new(bytes)), length)
                }
                Part::File(file, length) => (Box::new(file.take(length)), length),
            };
            length += bytes;
            source = Box::new(source.chain(next));
        }
        if !gzip {
            return Ok(Self { source, left: Some(length), usage });
        }
        let mut compressed = GzEncoder::new(source, Compression::fast());
        if streamed {
            return Ok(Self { source: Box::new(compressed), left: None, usage });
        }
        let mut bytes = Vec::new();
        compressed.read_to_end(&mut bytes)?;
        let left = Some(bytes.len() as u64);
        Ok(Self { source: Box::new(Cursor::new(bytes)), left, usage })
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let mut frame = vec![0; FRAME];
        let read = match self.source.read(&mut frame) {
            Err(error) => return Poll::Ready(Some(Err(error))),
            Ok(read) => read,
        };
        if read == 0 {
            let cut = self.left.is_some_and(|left| left > 0);
            let error =
                || Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file became shorter"));
            return Poll::Ready(cut.then(error));
        }
        self.left = self.left.map(|left| left.saturating_sub(read as u64));
        self.usage.add_sent(read);
        frame.truncate(read);
        Poll::Ready(Some(Ok(Frame::data(frame.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
