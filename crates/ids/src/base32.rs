//! 128 bits as 26 characters of Crockford's base32, in lower case, most significant first.
//!
//! Parsing is strict: Crockford's leniency (upper case, `o` for `0`, `l` for `1`) would give one thing several
//! names, and a name is also a key.

/// Characters that a 128-bit value takes: 26 of 5 bits hold 130, so the first is never above `7`.
pub(crate) const LENGTH: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The value of each byte, or 255 where the byte is not in the alphabet.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

pub(crate) fn encode(value: u128) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    let mut rest = value;
    for character in text.iter_mut().rev() {
        *character = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    text
}

pub(crate) fn decode(text: &str) -> Option<u128> {
    let text: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
    // Two bits of the first character lie beyond the 128th: they must be clear, or two texts had one value.
    if VALUES[text[0] as usize] > 7 {
        return None;
    }
    text.iter().try_fold(0, |value: u128, byte| match VALUES[*byte as usize] {
        u8::MAX => None,
        digit => Some((value << 5) | u128::from(digit)),
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn encodes_the_known_values() {
        let cases = [
            (0, "00000000000000000000000000"),
            (1, "00000000000000000000000001"),
            (31, "0000000000000000000000000z"),
            (32, "00000000000000000000000010"),
            (u128::MAX, "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        ];
        for (value, text) in cases {
            assert_eq!(encode(value), text.as_bytes(), "{value}");
            assert_eq!(decode(text), Some(value), "{text}");
        }
    }

    #[test]
    fn refuses_every_text_that_encode_would_not_write() {
        for text in [
            "",
            "0",
            "0000000000000000000000000",
            "000000000000000000000000000",
            "80000000000000000000000000",
            "0000000000000000000000000A",
            "0000000000000000000000000o",
            "0000000000000000000000000i",
            "0000000000000000000000000l",
            "0000000000000000000000000u",
            "0000000000000000000000000-",
            "000000000000000000000000\u{e4}",
        ] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
