//! Walks values in Thrift's compact encoding, in which Parquet writes its headers, before a parser
//! believes the lengths in them.

/// Levels of nesting: Parquet's own structures have six.
const DEPTH: usize = 16;

/// What a walk comes across. The path names fields from the outermost structure on; elements of a
/// list have the path of the list.
pub(super) enum Seen {
    /// An integer, or a boolean as 0 or 1.
    Number(i64),
    /// The end of a structure.
    End,
}

/// Why a walk ended early.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// The bytes end within a value.
    Short,
    /// It is no value of this encoding.
    Damaged(&'static str),
}

/// A walk over bytes.
struct Walk<'a, F> {
    bytes: &'a [u8],
    at: usize,
    path: Vec<i16>,
    seen: F,
}

/// Walks the structure that `bytes` begin with; returns its length.
pub(super) fn structure(bytes: &[u8], seen: impl FnMut(&[i16], Seen)) -> Result<usize, Bad> {
    let mut walk = Walk { bytes, at: 0, path: Vec::new(), seen };
    walk.fields()?;
    Ok(walk.at)
}

impl<F: FnMut(&[i16], Seen)> Walk<'_, F> {
    fn fields(&mut self) -> Result<(), Bad> {
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                (self.seen)(&self.path, Seen::End);
                return Ok(());
            }
            id = match head >> 4 {
                0 => i16::try_from(zigzag(self.varint()?))
                    .map_err(|_| Bad::Damaged("a field's id"))?,
                step => id.wrapping_add(i16::from(step)),
            };
            self.path.push(id);
            match head & 15 {
                flag @ (1 | 2) => (self.seen)(&self.path, Seen::Number(i64::from(flag == 1))),
                kind => self.value(kind)?,
            }
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8) -> Result<(), Bad> {
        match kind {
            1..=3 => self.skip(1),
            4..=6 => {
                let number = zigzag(self.varint()?);
                (self.seen)(&self.path, Seen::Number(number));
                Ok(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(usize::try_from(length).unwrap_or(usize::MAX))
            }
            9 | 10 => self.list(),
            12 if self.path.len() < DEPTH => self.fields(),
            12 => Err(Bad::Damaged("it is nested too deeply")),
            _ => Err(Bad::Damaged("a type that Parquet does not use")),
        }
    }

    fn list(&mut self) -> Result<(), Bad> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        // A reader reserves room for all elements: each has to be there, and structures in full.
        let least = if head & 15 == 12 { 2 } else { 1 };
        if count.saturating_mul(least) > (self.bytes.len() - self.at) as u64 {
            return Err(Bad::Short);
        }
        if self.path.len() >= DEPTH {
            return Err(Bad::Damaged("it is nested too deeply"));
        }
        for _ in 0..count {
            match head & 15 {
                kind @ (9 | 10) => {
                    self.path.push(0);
                    self.value(kind)?;
                    self.path.pop();
                }
                kind => self.value(kind)?,
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Bad> {
        let byte = *self.bytes.get(self.at).ok_or(Bad::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, count: usize) -> Result<(), Bad> {
        if count > self.bytes.len() - self.at {
            return Err(Bad::Short);
        }
        self.at += count;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Bad> {
        let (value, length) = varint(&self.bytes[self.at..])?;
        self.at += length;
        Ok(value)
    }
}

/// A number of 7 bits a byte, and its length.
pub(super) fn varint(bytes: &[u8]) -> Result<(u64, usize), Bad> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 127) << (7 * index);
        if byte & 128 == 0 {
            return Ok((value, index + 1));
        }
    }
    if bytes.len() < 10 { Err(Bad::Short) } else { Err(Bad::Damaged("a number has no end")) }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
