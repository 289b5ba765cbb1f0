//! The protobuf wire format, read in place.

/// A field's value as it lies on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Raw<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
}

/// The bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reply is not a protobuf message")]
pub(crate) struct Damaged;

/// A position in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// The beginning of a message.
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field, or `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Raw<'a>)>, Damaged> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| Damaged)?;
        let raw = match tag & 7 {
            0 => Raw::Varint(self.varint()?),
            1 => Raw::Fixed64(u64::from_le_bytes(*self.chunk()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Damaged)?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
                self.rest = rest;
                Raw::Bytes(bytes)
            }
            5 => Raw::Fixed32(u32::from_le_bytes(*self.chunk()?)),
            _ => return Err(Damaged),
        };
        Ok(Some((number, raw)))
    }

    /// Whether the message is read to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next number of a packed list.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Damaged> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Damaged)?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    /// The next fixed number of a packed list.
    pub(crate) fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], Damaged> {
        let (chunk, rest) = self.rest.split_first_chunk().ok_or(Damaged)?;
        self.rest = rest;
        Ok(chunk)
    }
}

/// The last occurrence of a field that holds bytes. Peers write a single field once, so the last one is all of it.
pub(crate) fn last_bytes(message: &[u8], wanted: u32) -> Result<Option<&[u8]>, Damaged> {
    let mut cursor = Cursor::new(message);
    let mut found = None;
    while let Some((number, raw)) = cursor.next()? {
        if let Raw::Bytes(bytes) = raw
            && number == wanted
        {
            found = Some(bytes);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_place() {
        let bytes =
            [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 1, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0, 0, 0];
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(cursor.next(), Ok(Some((1, Raw::Varint(150)))));
        assert_eq!(cursor.next(), Ok(Some((2, Raw::Bytes(b"hi")))));
        assert_eq!(cursor.next(), Ok(Some((3, Raw::Fixed32(1)))));
        assert_eq!(cursor.next(), Ok(Some((4, Raw::Fixed64(2)))));
        assert_eq!(cursor.next(), Ok(None));
    }

    #[test]
    fn cut_messages_are_damaged() {
        for bytes in [&[0x08][..], &[0x12, 5, b'h'], &[0x1d, 1], &[0x0b], &[0xff; 11]] {
            let mut cursor = Cursor::new(bytes);
            assert_eq!(cursor.next(), Err(Damaged), "{bytes:?}");
        }
    }
}
