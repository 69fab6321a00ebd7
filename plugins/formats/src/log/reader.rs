//! Reads a log, for tests: written from the description of LevelDB's log, it shares nothing with the
//! writer.

/// The records of a file.
///
/// # Errors
/// What is wrong, and where.
pub fn records(file: &[u8], header: [u8; 7]) -> Result<Vec<Vec<u8>>, String> {
    if !file.starts_with(&header) {
        return Err("the file's header".into());
    }
    let (mut records, mut open) = (Vec::new(), None::<Vec<u8>>);
    for (number, block) in file.chunks(32_768).enumerate() {
        let mut rest = if number == 0 { &block[header.len()..] } else { block };
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
