//! Files that are damaged or hostile: each is refused with a reason, in little time and memory.

use super::*;
use std::io::Read;

fn refused(bytes: &[u8]) -> String {
    open(bytes).err().unwrap()
}

/// A file whose metadata is `metadata`.
fn with_metadata(body: &[u8], metadata: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    bytes.extend_from_slice(metadata);
    bytes.extend_from_slice(&(metadata.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"PAR1");
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let tail = bytes.len() - 8;
    let length = u32::from_le_bytes(bytes[tail..tail + 4].try_into().unwrap()) as usize;
    (&bytes[..tail - length], &bytes[tail - length..tail])
}

#[test]
fn files_of_another_kind_and_truncated_ones() {
    let good = table(9, 9, properties().build());
    assert_eq!(refused(b""), "is not a Parquet file: it has 0 bytes");
    assert_eq!(refused(b"[1,2,3,4,5,6,7]"), "is not a Parquet file: it does not begin with PAR1");
    assert_eq!(
        refused(&good[..good.len() - 1]),
        "is a truncated Parquet file: it does not end in PAR1"
    );
    let encrypted = [&good[..good.len() - 1], b"E"].concat();
    assert_eq!(refused(&encrypted), "is encrypted, which is not supported");
    assert_eq!(
        refused(b"PAR1\xff\xff\xff\x7fPAR1"),
        "has damaged metadata: it claims to be longer than the file"
    );
    assert_eq!(refused(&with_metadata(b"PAR1", b"")), "has damaged metadata: it is truncated");
}

#[test]
fn metadata_that_claims_what_is_not_there() {
    let good = table(9, 9, properties().build());
    let (body, metadata) = split(&good);
    for end in 0..metadata.len() {
        let said = refused(&with_metadata(body, &metadata[..end]));
        assert!(said.starts_with("has damaged metadata: "), "{said}");
    }
    // A list of 2^60 row groups.
    let list = [&[0x15, 2, 0x49, 0xfc][..], &varint(1 << 60), &[0]].concat();
    assert_eq!(refused(&with_metadata(b"PAR1", &list)), "has damaged metadata: it is truncated");
    // Structures within structures, a million deep.
    let nested = vec![0x1c; 1 << 20];
    assert_eq!(
        refused(&with_metadata(b"PAR1", &nested)),
        "has damaged metadata: it is nested too deeply"
    );
    // A schema of columns within columns, each with the name "a" and one child.
    let node = [0x48, 1, b'a', 0x15, 2, 0];
    let schema = [&[0x29, 0xfc][..], &varint(50_000), &node.repeat(50_000), &[0]].concat();
    assert_eq!(
        refused(&with_metadata(b"PAR1", &schema)),
        "has damaged metadata: columns are nested too deeply"
    );
    // A column with 2^30 children.
    let node = [&[0x48, 1, b'a', 0x15][..], &varint(1 << 31), &[0]].concat();
    let schema = [&[0x29, 0x1c][..], &node, &[0]].concat();
    assert_eq!(
        refused(&with_metadata(b"PAR1", &schema)),
        "has damaged metadata: a column claims more parts than there are"
    );
}

#[test]
fn a_row_group_that_claims_too_many_rows() {
    let good = table(9, 9, properties().build());
    let (body, metadata) = split(&good);
    // The row group's field 3, its number of rows: 9.
    let at = metadata.windows(2).rposition(|window| window == [0x16, 18]).unwrap();
    let claims = |rows: u64| {
        let metadata = [&metadata[..=at], &varint(rows * 2), &metadata[at + 2..]].concat();
        open(&with_metadata(body, &metadata)).unwrap()
    };
    let table = claims(1000);
    assert_eq!(table.count(), 1000);
    assert_eq!(read(&table, &[], 0, 1000).unwrap(), (0..9).map(row).collect::<Vec<_>>());
    let short =
        "is not readable at row 501: Parquet error: a column has fewer rows than its row group";
    assert_eq!(read(&table, &[], 500, 9).unwrap_err(), short);
    let huge = crate::rows::Rows::Parquet(Box::new(claims(1 << 60)));
    let said = huge.count().unwrap_err();
    assert_eq!(said, "has 1152921504606846976 rows; 4294967295 at most can be numbered");
}

#[test]
fn bytes_that_were_changed_never_end_the_process() {
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let properties =
            properties().set_compression(Compression::SNAPPY).set_writer_version(version);
        let good = table(40, 20, properties.build());
        for at in (4..good.len()).step_by(3) {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            if let Ok(table) = open(&bytes) {
                for first in [0, 25] {
                    let _ = read(&table, &[], first, 40);
                    let _ = table.cell(first, "image", 1 << 20, &StopFlag::default());
                }
            }
        }
    }
}

#[test]
fn a_page_that_decompresses_to_more_than_it_claims() {
    for (codec, level) in [
        ("zstd", Compression::ZSTD(ZstdLevel::default())),
        ("gzip", Compression::GZIP(GzipLevel::default())),
    ] {
        let bomb = match codec {
            "zstd" => zstd::encode_all(std::io::repeat(0).take(4 << 20), 3).unwrap(),
            _ => {
                let mut out =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                std::io::copy(&mut std::io::repeat(0).take(4 << 20), &mut out).unwrap();
                out.finish().unwrap()
            }
        };
        let mut into = Vec::new();
        let said = super::super::pages::decompress(level, &bomb, 1000, &mut into).unwrap_err();
        assert!(said.to_string().contains("a page does not decompress to the size that it claims"));
        assert!(into.capacity() < 1 << 16, "{} bytes were taken", into.capacity());
    }
}

#[test]
fn delta_lengths_that_are_not_there() {
    use super::super::delta::is_sound;
    // 128 values a block in 4 parts, 2^60 in all.
    let huge = [&varint(128)[..], &varint(4), &varint(1 << 60), &varint(0)].concat();
    assert!(!is_sound(Encoding::DELTA_LENGTH_BYTE_ARRAY, &huge, 1000));
    assert!(!is_sound(Encoding::DELTA_BYTE_ARRAY, &huge, 1000));
    // Sound shared beginnings, of which there is one, and then lengths that are not there.
    let one = [&varint(128)[..], &varint(4), &varint(1), &varint(0)].concat();
    assert!(is_sound(Encoding::DELTA_BYTE_ARRAY, &[&one[..], &one].concat(), 1000));
    assert!(!is_sound(Encoding::DELTA_BYTE_ARRAY, &[&one[..], &huge].concat(), 1000));
    assert!(!is_sound(Encoding::DELTA_BYTE_ARRAY, &one, 1000));
}
