use super::{HEADER, frame};
use proptest::prelude::*;

/// The checksum of IEEE 802.3, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

/// Reads a file block by block, as the format is described; shares nothing with the writer.
pub(crate) fn records(file: &[u8]) -> Vec<Vec<u8>> {
    assert_eq!(&file[..7], b":W&B\xE1\xBE\x00");
    let mut records = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    for (number, block) in file.chunks(32_768).enumerate() {
        let mut at = if number == 0 { 7 } else { 0 };
        while at + 7 <= block.len() {
            let length = usize::from(u16::from_le_bytes([block[at + 4], block[at + 5]]));
            let kind = block[at + 6];
            let sum = u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
            assert!(at + 7 + length <= block.len(), "a chunk crosses the end of block {number}");
            assert_eq!(sum, crc(&block[at + 6..at + 7 + length]), "block {number}, byte {at}");
            let part = &block[at + 7..at + 7 + length];
            match (kind, open.take()) {
                (1, None) => records.push(part.to_vec()),
                (2, None) => open = Some(part.to_vec()),
                (3, Some(mut whole)) => {
                    whole.extend_from_slice(part);
                    open = Some(whole);
                }
                (4, Some(mut whole)) => {
                    whole.extend_from_slice(part);
                    records.push(whole);
                }
                (kind, open) => panic!("chunk of type {kind} while open: {}", open.is_some()),
            }
            at += 7 + length;
        }
        assert!(block[at..].iter().all(|byte| *byte == 0), "the end of a block is zeros");
    }
    assert!(open.is_none(), "the last record is cut off");
    records
}

fn file(records: &[Vec<u8>]) -> Vec<u8> {
    let mut file = HEADER.to_vec();
    for record in records {
        let framed = frame(file.len() as u64, record);
        file.extend_from_slice(&framed);
    }
    file
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        lengths in prop::collection::vec(prop_oneof![0_usize..200, 32_700_usize..32_800, 0_usize..80_000], 0..6),
        salt in any::<u8>(),
    ) {
        let given: Vec<Vec<u8>> = lengths
            .iter()
            .enumerate()
            .map(|(n, length)| (0..*length).map(|at| (at * 31 + n) as u8 ^ salt).collect())
            .collect();
        prop_assert_eq!(records(&file(&given)), given);
    }
}

#[test]
fn every_rest_of_a_block_is_filled_or_padded() {
    for rest in 0..=20_usize {
        let given = vec![vec![7; 32_768 - 7 - 7 - rest], vec![8; 40], vec![]];
        assert_eq!(records(&file(&given)), given, "{rest} bytes are left in the block");
    }
}
