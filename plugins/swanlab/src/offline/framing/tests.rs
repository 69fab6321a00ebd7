//! Framed records are read back by another reader, written from the description of LevelDB's log.

use super::Framing;
use proptest::prelude::*;

/// The records of a file; a fault says what is wrong and where.
pub(crate) fn records(file: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    if file.get(..7) != Some(b":SWL\xD6\xE1\x02".as_slice()) {
        return Err("the file's header".into());
    }
    let (mut records, mut open) = (Vec::new(), None::<Vec<u8>>);
    for (number, block) in file.chunks(32_768).enumerate() {
        let mut rest = if number == 0 { &block[7..] } else { block };
        while rest.len() >= 7 {
            let (head, body) = rest.split_at(7);
            let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
            let part = body.get(..length).ok_or(format!("a chunk cut off in block {number}"))?;
            let sum = crc32(&[&head[6..], part].concat());
            if sum.to_le_bytes() != head[..4] {
                return Err(format!("a checksum in block {number}"));
            }
            let mut record = match (head[6], open.take()) {
                (1 | 2, None) => Vec::new(),
                (3 | 4, Some(begun)) => begun,
                (kind, _) => return Err(format!("a chunk of kind {kind} in block {number}")),
            };
            record.extend_from_slice(part);
            if matches!(head[6], 1 | 4) {
                records.push(record);
            } else {
                open = Some(record);
            }
            rest = &body[length..];
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(format!("padding in block {number}"));
        }
    }
    if open.is_some() { Err("a record without its end".into()) } else { Ok(records) }
}

/// CRC-32 of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

/// Each batch is framed by itself, as calls of the host are.
fn file(batches: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut file = Vec::new();
    for batch in batches {
        let mut framing = Framing::behind(file.len() as u64);
        batch.iter().for_each(|record| framing.add(record));
        file.extend(framing.bytes());
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
    // The first record ends 0 to 8 bytes before the block does.
    for left in 0..9 {
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
