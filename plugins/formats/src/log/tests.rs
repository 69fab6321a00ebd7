//! Records are read back by another reader.

use super::Log;
use super::reader;
use proptest::prelude::*;

const HEADER: [u8; 7] = *b":TEST\x01\x02";

fn records(file: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    reader::records(file, HEADER)
}

/// Each batch is framed by itself, as calls of the host are.
fn file(batches: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut file = Log::new(HEADER).bytes();
    for batch in batches {
        let mut log = Log::behind(file.len() as u64);
        batch.iter().for_each(|record| log.add_bytes(record));
        let size = log.size();
        file.extend(log.bytes());
        assert_eq!(size, file.len() as u64);
    }
    file
}

fn sizes() -> impl Strategy<Value = usize> {
    // Around what a block holds, behind the file's header and in later blocks.
    prop_oneof![0..40_usize, 32_700..32_800_usize, 65_480..65_560_usize, 0..100_000_usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn records_are_read_back(batches in prop::collection::vec(prop::collection::vec(sizes(), 1..4), 1..4)) {
        let batches: Vec<Vec<Vec<u8>>> = batches
            .iter()
            .map(|batch| batch.iter().map(|size| vec![(size % 251) as u8; *size]).collect())
            .collect();
        prop_assert_eq!(records(&file(&batches)), Ok(batches.concat()));
    }
}

#[test]
fn every_end_of_a_block_is_met() {
    // The first record ends 0 to 20 bytes before the block does.
    for left in 0..=20 {
        let first = vec![1; 32_768 - 7 - 7 - left];
        let batches = vec![vec![first], vec![vec![2; 10], Vec::new()]];
        assert_eq!(records(&file(&batches)), Ok(batches.concat()), "{left} bytes left");
    }
}

#[test]
fn a_checksum_covers_kind_and_content() {
    let whole = file(&[vec![b"abc".to_vec()]]);
    // zlib.crc32(b"\x01abc")
    assert_eq!(whole[7..], [&0x539D_20A9_u32.to_le_bytes()[..], &[3, 0, 1], b"abc"].concat());
    for byte in 7..whole.len() {
        let mut damaged = whole.clone();
        damaged[byte] ^= 4;
        assert!(records(&damaged).is_err(), "byte {byte}");
    }
}
