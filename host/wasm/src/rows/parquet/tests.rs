//! Tables of this library's writer and of pyarrow, read in any slices, and files that are damaged.

use super::*;
use ::parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use std::io::Write;

mod damage;

const SCHEMA: &str = "message table {
    required int64 id;
    optional binary text (UTF8);
    optional binary image;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
}";

fn file(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(file)
}

fn open(bytes: &[u8]) -> Result<Table, String> {
    Table::open(file(bytes), &StopFlag::default())
}

fn read(table: &Table, columns: &[&str], first: u32, count: u32) -> Result<Vec<Value>, String> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let wanted = Wanted { columns: &columns, first, count, most: 1 << 20 };
    let read = table.read(&wanted, &StopFlag::default())?;
    Ok(read.iter().map(|row| serde_json::from_slice(row).unwrap()).collect())
}

fn all(table: &Table, slice: u32) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let some = read(table, &[], rows.len() as u32, slice).unwrap();
        if some.is_empty() {
            return rows;
        }
        rows.extend(some);
    }
}

/// Row `n` as JSON.
fn row(n: u32) -> Value {
    let tags = match n % 7 {
        0 => Value::Null,
        more => (1..more)
            .map(|tag| if tag == 3 { Value::Null } else { json!(format!("t{tag}")) })
            .collect(),
    };
    let text = if n % 5 == 4 {
        Value::Null
    } else {
        json!(format!("row \"{n}\" é").repeat(n as usize % 30))
    };
    json!({"id": u64::from(n) * 3_000_000_000, "text": text, "tags": tags})
}

fn image(n: u32) -> Option<Vec<u8>> {
    (n % 3 != 2).then(|| vec![n as u8; n as usize * 11 % 3000])
}

/// A table of rows 0 to `count`, `group` a row group.
fn table(count: u32, group: u32, properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for first in (0..count).step_by(group as usize) {
        let rows = first..(first + group).min(count);
        let mut out = writer.next_row_group().unwrap();
        let mut column = out.next_column().unwrap().unwrap();
        let ids: Vec<i64> = rows.clone().map(|n| i64::from(n) * 3_000_000_000).collect();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let texts: Vec<Option<ByteArray>> =
            rows.clone().map(|n| row(n)["text"].as_str().map(ByteArray::from)).collect();
        optional(&mut out, texts);
        optional(&mut out, rows.clone().map(|n| image(n).map(ByteArray::from)).collect());
        lists(&mut out, rows);
        out.close().unwrap();
    }
    writer.into_inner().unwrap()
}

type Group<'a> = ::parquet::file::writer::SerializedRowGroupWriter<'a, Vec<u8>>;

fn optional(out: &mut Group<'_>, cells: Vec<Option<ByteArray>>) {
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<ByteArray> = cells.into_iter().flatten().collect();
    let mut column = out.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
    column.close().unwrap();
}

fn lists(out: &mut Group<'_>, rows: std::ops::Range<u32>) {
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    for n in rows {
        let row = row(n);
        match row["tags"].as_array().map(Vec::as_slice) {
            None => (definitions.push(0), repetitions.push(0)),
            Some([]) => (definitions.push(1), repetitions.push(0)),
            Some(tags) => {
                for (index, tag) in tags.iter().enumerate() {
                    values.extend(tag.as_str().map(ByteArray::from));
                    definitions.push(if tag.is_null() { 2 } else { 3 });
                    repetitions.push(i16::from(index > 0));
                }
                ((), ())
            }
        };
    }
    let mut column = out.next_column().unwrap().unwrap();
    column
        .typed::<ByteArrayType>()
        .write_batch(&values, Some(&definitions), Some(&repetitions))
        .unwrap();
    column.close().unwrap();
}

fn properties() -> ::parquet::file::properties::WriterPropertiesBuilder {
    WriterProperties::builder().set_data_page_size_limit(2000).set_write_batch_size(16)
}

#[test]
fn rows_of_every_way_to_write_them_in_any_slices() {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::GZIP(GzipLevel::default()),
    ];
    let oracle: Vec<Value> = (0..500).map(row).collect();
    for (version, dictionary) in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0]
        .into_iter()
        .flat_map(|version| [(version, true), (version, false)])
    {
        for codec in codecs {
            let properties = properties()
                .set_compression(codec)
                .set_writer_version(version)
                .set_dictionary_enabled(dictionary);
            let table = open(&table(500, 170, properties.build())).unwrap();
            assert_eq!(table.count(), 500);
            assert_eq!(all(&table, 7), oracle, "{codec} {version:?} {dictionary}");
        }
    }
}

#[test]
fn delta_encoded_texts() {
    for encoding in [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY] {
        let properties =
            properties().set_dictionary_enabled(false).set_column_encoding("text".into(), encoding);
        let properties = properties.set_column_encoding("id".into(), Encoding::DELTA_BINARY_PACKED);
        let table = open(&table(300, 300, properties.build())).unwrap();
        assert_eq!(all(&table, 50), (0..300).map(row).collect::<Vec<_>>(), "{encoding}");
    }
}

#[test]
fn rows_and_cells_from_anywhere_in_any_order() {
    let table = open(&table(500, 170, properties().build())).unwrap();
    let stop = StopFlag::default();
    let mut place = 0u32;
    for _ in 0..200 {
        place = place.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let n = (place >> 8) % 500;
        assert_eq!(
            read(&table, &[], n, 2).unwrap(),
            (n..500.min(n + 2)).map(row).collect::<Vec<_>>()
        );
        assert_eq!(read(&table, &["id"], n, 1).unwrap(), [json!({"id": row(n)["id"]})]);
        match (image(n), table.cell(n, "image", 1 << 20, &stop)) {
            (Some(image), cell) => assert_eq!(cell.unwrap(), image),
            (None, cell) => {
                let said = format!("has no value in that column at row {}", n + 1);
                assert_eq!(cell.unwrap_err(), said);
            }
        }
    }
    assert_eq!(read(&table, &[], 500, 9).unwrap(), [] as [Value; 0]);
    assert_eq!(read(&table, &["image"], 3, 1).unwrap(), [json!({})], "binary cells are left out");
}

#[test]
fn many_threads_share_a_table() {
    let table = open(&table(500, 170, properties().build())).unwrap();
    let next = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(16, std::sync::atomic::Ordering::Relaxed);
                    if first >= 500 {
                        return;
                    }
                    let wanted: Vec<_> = (first..500.min(first + 16)).map(row).collect();
                    assert_eq!(read(&table, &[], first, 16).unwrap(), wanted);
                }
            });
        }
    });
}

#[test]
fn a_file_of_pyarrow() {
    let table = open(include_bytes!("tests/pyarrow.parquet")).unwrap();
    let oracle: Vec<Value> = serde_json::from_slice(include_bytes!("tests/pyarrow.json")).unwrap();
    let rows = all(&table, 3);
    assert_eq!(rows.len(), oracle.len());
    for (n, (mut row, mut wanted)) in rows.into_iter().zip(oracle).enumerate() {
        // Writers of dates differ in what they show beside the date.
        let day = row["day"].take();
        assert!(day.as_str().unwrap().starts_with(wanted["day"].take().as_str().unwrap()), "{day}");
        let bytes = wanted["image"].as_object_mut().map(|image| image.remove("bytes").unwrap());
        assert_eq!(row, wanted);
        let cell = table.cell(n as u32, "image.bytes", 1 << 20, &StopFlag::default());
        match bytes {
            None => assert!(cell.is_err()),
            Some(bytes) => assert_eq!(json!(cell.unwrap()), bytes),
        }
    }
}

#[test]
fn as_many_rows_as_fit_and_too_long_ones_are_passed() {
    let table = open(&table(500, 170, properties().build())).unwrap();
    let stop = StopFlag::default();
    let read = |first, most| table.read(&Wanted { columns: &[], first, count: 500, most }, &stop);
    let lengths: Vec<u64> = read(0, 1 << 20).unwrap().iter().map(|row| row.len() as u64).collect();
    let mut row = 0;
    while row < 500 {
        match read(row as u32, 200) {
            Ok(rows) => {
                assert!(!rows.is_empty());
                let got: Vec<u64> = rows.iter().map(|row| row.len() as u64).collect();
                assert_eq!(got, lengths[row..row + got.len()]);
                assert!(got.iter().sum::<u64>() <= 200);
                row += got.len();
            }
            Err(error) => {
                assert!(lengths[row] > 200 && error.contains("is longer than"), "{error}");
                row += 1;
            }
        }
    }
}

#[test]
fn what_is_not_there_is_said() {
    let table = open(&table(5, 5, properties().build())).unwrap();
    let stop = StopFlag::default();
    assert_eq!(
        read(&table, &["id", "x"], 0, 1).unwrap_err(),
        "has no column `x`; it has `id`, `text`, `image`, `tags`"
    );
    for column in ["x", "text", "tags.list.element"] {
        let said = table.cell(0, column, 9, &stop).unwrap_err();
        assert_eq!(said, format!("has no binary column `{column}`; it has `image`"));
    }
    assert_eq!(table.cell(5, "image", 9, &stop).unwrap_err(), "has no row 6: it has 5");
    assert_eq!(
        table.cell(4, "image", 9, &stop).unwrap_err(),
        "has a cell of 44 bytes at row 5; 9 at most are read"
    );
}
