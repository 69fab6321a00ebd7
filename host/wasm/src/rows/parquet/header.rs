//! The header of one page.

use super::thrift::{self, Bad, Seen};
use parquet::basic::Encoding;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes read for a header at first, and at most: it may hold the smallest and the largest value.
const STEP: u64 = 1 << 12;
const MOST: u64 = 16 << 20;

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Index,
    Dictionary,
    DataV2,
}

/// What a page's header says.
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) uncompressed: u64,
    pub(super) compressed: u64,
    pub(super) values: u32,
    pub(super) encoding: Encoding,
    pub(super) nulls: u32,
    pub(super) rows: u32,
    /// Bytes of levels; 0 but for the second version's pages.
    pub(super) definition: u32,
    pub(super) repetition: u32,
    pub(super) is_compressed: bool,
    /// Encodings of the levels of definition and repetition, where a page of the first version has them.
    pub(super) level_encodings: [Option<i64>; 2],
    /// Position of what follows the header.
    pub(super) body: u64,
}

impl Header {
    /// Bytes of levels before what may be compressed.
    pub(super) fn levels(&self) -> u64 {
        u64::from(self.definition) + u64::from(self.repetition)
    }
}

/// Numbers of a header by their fields, as they are met.
#[derive(Default)]
struct Numbers {
    kind: Option<i64>,
    uncompressed: Option<i64>,
    compressed: Option<i64>,
    values: Option<i64>,
    encoding: Option<i64>,
    nulls: i64,
    rows: i64,
    definition: i64,
    repetition: i64,
    uncompressed_values: bool,
    level_encodings: [Option<i64>; 2],
}

impl Numbers {
    fn take(&mut self, path: &[i16], number: i64) {
        match path {
            [1] => self.kind = Some(number),
            [2] => self.uncompressed = Some(number),
            [3] => self.compressed = Some(number),
            [5 | 7 | 8, 1] => self.values = Some(number),
            [5 | 7, 2] | [8, 4] => self.encoding = Some(number),
            [5, 3] => self.level_encodings[0] = Some(number),
            [5, 4] => self.level_encodings[1] = Some(number),
            [8, 2] => self.nulls = number,
            [8, 3] => self.rows = number,
            [8, 5] => self.definition = number,
            [8, 6] => self.repetition = number,
            [8, 7] => self.uncompressed_values = number == 0,
            _ => {}
        }
    }

    fn header(&self, body: u64) -> Option<Header> {
        let natural =
            |number: i64| u32::try_from(number).ok().filter(|number| *number <= i32::MAX as u32);
        let kind = match self.kind? {
            0 => Kind::Data,
            1 => Kind::Index,
            2 => Kind::Dictionary,
            3 => Kind::DataV2,
            _ => return None,
        };
        let index = kind == Kind::Index;
        Some(Header {
            kind,
            uncompressed: natural(self.uncompressed?)?.into(),
            compressed: natural(self.compressed?)?.into(),
            values: if index { 0 } else { natural(self.values?)? },
            encoding: if index { Encoding::PLAIN } else { encoding(self.encoding?)? },
            nulls: natural(self.nulls)?,
            rows: natural(self.rows)?,
            definition: natural(self.definition)?,
            repetition: natural(self.repetition)?,
            is_compressed: !self.uncompressed_values,
            level_encodings: self.level_encodings,
            body,
        })
        .filter(|header| header.kind == Kind::DataV2 || header.levels() == 0)
    }
}

fn encoding(number: i64) -> Option<Encoding> {
    Some(match number {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return None,
    })
}

/// Reads the header at `at`, in a column that ends at `end`.
pub(super) fn read(file: &File, at: u64, end: u64) -> Result<Header, &'static str> {
    let mut most = STEP;
    loop {
        let wanted = most.min(end - at);
        let mut bytes = vec![0; usize::try_from(wanted).map_err(|_| "a page is too large")?];
        file.read_exact_at(&mut bytes, at).map_err(|_| "the file ends within a page")?;
        let mut numbers = Numbers::default();
        let walked = thrift::structure(&bytes, |path, seen| {
            if let Seen::Number(number) = seen {
                numbers.take(path, number);
            }
        });
        match walked {
            Ok(length) => {
                return numbers.header(at + length as u64).ok_or("a page's header is damaged");
            }
            Err(Bad::Short) if wanted == most && most < MOST => most *= 16,
            Err(_) => return Err("a page's header is damaged"),
        }
    }
}
