//! The blob's bytes by hand, and its round trip for any frames and any bytes.

use super::*;
use crate::arbitrary;
use proptest::prelude::*;

#[test]
fn bytes_are_as_described() {
    let frames = [
        OutputFrame {
            at: 1_000,
            user: 1_001,
            tokens: None,
            channel: Channel::Output,
            shared: false,
        },
        OutputFrame {
            at: 999,
            user: 990,
            tokens: Some(300),
            channel: Channel::ToolCall,
            shared: true,
        },
    ];
    let mut blob = Vec::new();
    encode(&frames, &mut blob);
    // 1000 zigzag is 2000 = 0b1111_1010000; 1 is 2. Then flags 2 | 4 | 8, -1 is 1, -9 is 17, and
    // 300 = 0b10_0101100.
    assert_eq!(blob, [0, 0b1101_0000, 0b1111, 2, 14, 1, 17, 0b1010_1100, 0b10]);
}

#[test]
fn a_paced_stream_takes_nine_bytes_a_token() {
    let frames: Vec<OutputFrame> = (1..=64)
        .map(|n| OutputFrame {
            at: n * 20_000_000,
            user: n * 20_000_000 + 40_000,
            tokens: Some(1),
            channel: Channel::Output,
            shared: false,
        })
        .collect();
    let mut blob = Vec::new();
    encode(&frames, &mut blob);
    assert_eq!(blob.len(), 64 * 9);
}

#[test]
fn what_is_not_frames_is_refused() {
    assert_eq!(decode(&[0, 0x80]), Err(FrameError::Cut));
    assert_eq!(decode(&[0x13, 0, 0]), Err(FrameError::Flags(0x13)));
    // A count of 2^32, and a varint of more than 64 bits.
    assert_eq!(decode(&[8, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10]), Err(FrameError::TooLarge));
    let endless = [&[0u8][..], &[0xff; 9], &[0x7f, 0]].concat();
    assert_eq!(decode(&endless), Err(FrameError::TooLarge));
}

proptest! {
    #[test]
    fn any_frames_come_back(frames in arbitrary::frames()) {
        let mut blob = Vec::new();
        encode(&frames, &mut blob);
        prop_assert_eq!(decode(&blob), Ok(frames));
    }

    #[test]
    fn any_bytes_are_read_or_refused(blob in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(frames) = decode(&blob) {
            let mut again = Vec::new();
            encode(&frames, &mut again);
            prop_assert_eq!(decode(&again), Ok(frames));
        }
    }
}
