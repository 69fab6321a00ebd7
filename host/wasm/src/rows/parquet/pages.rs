//! Pages of one column in one row group. Each is checked before memory is taken for it: what a page
//! claims, and what it decompresses to.

use super::delta;
use super::header::{self, Header, Kind};
use loadwright_core::stop::StopFlag;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum size of a page: writers aim at 1 MiB, but some put a thousand images into one.
const MAX_PAGE: u64 = 256 << 20;

/// Maximum size of a dictionary: its values are held one by one.
const MAX_DICTIONARY: u64 = 64 << 20;

/// Values that one row may have in one column.
const MAX_ROW_VALUES: u64 = 4 << 20;

/// The one encoding of levels that is in use.
const RLE: i64 = 3;

/// What the pages of a column take, as its reader sees it.
#[derive(Default)]
pub(super) struct Gauge {
    /// Bytes of the page in use, and of the dictionary.
    page: AtomicU64,
    dictionary: AtomicU64,
    /// Values in pages that were begun since this was set to 0.
    values: AtomicU64,
}

impl Gauge {
    /// Bytes that are held.
    pub(super) fn held(&self) -> u64 {
        self.page.load(Ordering::Relaxed) + self.dictionary.load(Ordering::Relaxed)
    }

    /// To be called before each row.
    pub(super) fn begin_row(&self) {
        self.values.store(0, Ordering::Relaxed);
    }
}

/// Reads the pages of one column in one row group.
pub(super) struct Pages {
    file: Arc<File>,
    at: u64,
    end: u64,
    compression: Compression,
    /// Whether there are levels of repetition, and of definition.
    repeats: bool,
    defines: bool,
    gauge: Arc<Gauge>,
    stop: StopFlag,
    next: Option<Header>,
}

impl Pages {
    pub(super) fn new(
        file: &Arc<File>,
        chunk: &ColumnChunkMetaData,
        gauge: &Arc<Gauge>,
        stop: &StopFlag,
    ) -> Result<Self> {
        let start = match chunk.dictionary_page_offset() {
            Some(offset) if offset > 0 => offset.min(chunk.data_page_offset()),
            _ => chunk.data_page_offset(),
        };
        let range = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
        let size = file.metadata()?.len();
        let end = range.and_then(|(start, length)| start.checked_add(length));
        let Some((at, end)) = range.map(|range| range.0).zip(end.filter(|end| *end <= size)) else {
            return Err(damaged("a column is said to be where the file has ended"));
        };
        Ok(Self {
            file: Arc::clone(file),
            at,
            end,
            compression: chunk.compression(),
            repeats: chunk.column_descr().max_rep_level() > 0,
            defines: chunk.column_descr().max_def_level() > 0,
            gauge: Arc::clone(gauge),
            stop: stop.clone(),
            next: None,
        })
    }

    /// The header of the next page that is not an index; none: there is none.
    fn header(&mut self) -> Result<Option<&Header>> {
        while self.next.is_none() && self.at < self.end {
            if self.stop.is_raised() {
                return Err(damaged("the run was stopped"));
            }
            let header = header::read(&self.file, self.at, self.end).map_err(damaged)?;
            self.check(&header)?;
            if header.kind == Kind::Index {
                self.at = header.body + header.compressed;
            } else {
                self.next = Some(header);
            }
        }
        Ok(self.next.as_ref())
    }

    fn check(&self, header: &Header) -> Result<()> {
        let most = if header.kind == Kind::Dictionary { MAX_DICTIONARY } else { MAX_PAGE };
        if header.uncompressed > most || header.compressed > most {
            let mib = most >> 20;
            return Err(damaged(&format!("a page is larger than {mib} MiB; write smaller pages")));
        }
        if header.compressed > self.end - header.body {
            return Err(damaged("a page is said to be longer than its column"));
        }
        let wanted = [self.defines, self.repeats];
        let odd = |(wanted, encoding): (&bool, &Option<i64>)| *wanted && *encoding != Some(RLE);
        if header.kind == Kind::Data && wanted.iter().zip(&header.level_encodings).any(odd) {
            return Err(damaged("levels are in an encoding that nobody writes any more"));
        }
        // A dictionary's values are all decoded, and take 4 bytes at least, except short fixed ones.
        let values = u64::from(header.values);
        if header.kind == Kind::Dictionary && values > (header.uncompressed / 4).max(1 << 16) {
            return Err(damaged("a dictionary claims more values than it has bytes"));
        }
        if self.repeats && values > MAX_ROW_VALUES {
            return Err(damaged("a page of lists has more than 4 Mi values; write smaller pages"));
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Option<Header>> {
        self.header()?;
        let Some(header) = self.next.take() else { return Ok(None) };
        self.at = header.body + header.compressed;
        Ok(Some(header))
    }

    fn body(&self, header: &Header) -> Result<Vec<u8>> {
        let mut bytes = vec![0; to_usize(header.compressed)?];
        self.file.read_exact_at(&mut bytes, header.body)?;
        // Levels of the second version's pages are never compressed.
        let (levels, rest) = bytes
            .split_at_checked(header.levels() as usize)
            .ok_or_else(|| damaged("a page is shorter than its levels"))?;
        if !header.is_compressed || self.compression == Compression::UNCOMPRESSED {
            return Ok(bytes);
        }
        let size = header.uncompressed.saturating_sub(header.levels());
        let mut whole = levels.to_vec();
        decompress(self.compression, rest, size, &mut whole)?;
        Ok(whole)
    }

    /// Whether the values, which begin behind the levels, can be decoded without harm.
    fn is_sound(&self, header: &Header, body: &[u8]) -> bool {
        let mut at = header.levels() as usize;
        if header.kind == Kind::Data {
            for _ in 0..usize::from(self.repeats) + usize::from(self.defines) {
                let length = body.get(at..).and_then(|rest| rest.first_chunk::<4>());
                at = match length {
                    Some(length) => at.saturating_add(4 + u32::from_le_bytes(*length) as usize),
                    None => return false,
                };
            }
        }
        let values = body.get(at..);
        values.is_some_and(|values| delta::is_sound(header.encoding, values, header.values.into()))
    }

    fn page(&self, header: &Header) -> Result<Page> {
        let body = self.body(header)?;
        let size = body.len() as u64;
        if header.kind == Kind::Dictionary {
            self.gauge.dictionary.store(size * 2, Ordering::Relaxed);
            let encoding = header.encoding;
            return Ok(Page::DictionaryPage {
                buf: body.into(),
                num_values: header.values,
                encoding,
                is_sorted: false,
            });
        }
        if !self.is_sound(header, &body) {
            return Err(damaged("a page's values are damaged"));
        }
        self.gauge.page.store(size, Ordering::Relaxed);
        let begun = self.gauge.values.fetch_add(header.values.into(), Ordering::Relaxed);
        if self.repeats && begun > MAX_ROW_VALUES {
            return Err(damaged("a row has more than 4 Mi values in one column"));
        }
        let (num_values, encoding) = (header.values, header.encoding);
        Ok(match header.kind {
            Kind::DataV2 => Page::DataPageV2 {
                buf: body.into(),
                num_values,
                encoding,
                num_nulls: header.nulls,
                num_rows: header.rows,
                def_levels_byte_len: header.definition,
                rep_levels_byte_len: header.repetition,
                is_compressed: false,
                statistics: None,
            },
            _ => Page::DataPage {
                buf: body.into(),
                num_values,
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            },
        })
    }
}

/// Appends what `bytes` decompress to, which has to be `size` bytes.
pub(super) fn decompress(
    codec: Compression,
    bytes: &[u8],
    size: u64,
    into: &mut Vec<u8>,
) -> Result<()> {
    let before = into.len();
    let most = size + 1;
    match codec {
        _ if size == 0 => {}
        Compression::SNAPPY => {
            let claimed =
                snap::raw::decompress_len(bytes).map_err(|error| damaged(&error.to_string()))?;
            if claimed as u64 == size {
                into.resize(before + claimed, 0);
                snap::raw::Decoder::new()
                    .decompress(bytes, &mut into[before..])
                    .map_err(|error| damaged(&error.to_string()))?;
            }
        }
        Compression::ZSTD(_) => {
            zstd::Decoder::with_buffer(bytes)?.take(most).read_to_end(into)?;
        }
        Compression::GZIP(_) => {
            flate2::read::MultiGzDecoder::new(bytes).take(most).read_to_end(into)?;
        }
        other => {
            let codec = other.to_string();
            let name = codec.split('(').next().unwrap_or_default();
            return Err(damaged(&format!(
                "its compression, {name}, is not supported; write it with ZSTD, SNAPPY or GZIP"
            )));
        }
    }
    if (into.len() - before) as u64 == size {
        Ok(())
    } else {
        Err(damaged("a page does not decompress to the size that it claims"))
    }
}

fn to_usize(size: u64) -> Result<usize> {
    usize::try_from(size).map_err(|_| damaged("a page is too large"))
}

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let header = self.take()?;
        header.map(|header| self.page(&header)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Ok(self.header()?.map(|header| PageMetadata {
            num_rows: (header.kind == Kind::DataV2).then_some(header.rows as usize),
            num_levels: (header.kind != Kind::Dictionary).then_some(header.values as usize),
            is_dict: header.kind == Kind::Dictionary,
        }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.take().map(|_| ())
    }
}
