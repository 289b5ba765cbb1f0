//! Percent-encoding of paths and queries.

use std::borrow::Cow;

/// Decodes a path segment or query text. `plus` makes `+` a space, as in queries. `None` when an escape is broken or
/// the result is not UTF-8.
pub(crate) fn decode(text: &str, plus: bool) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| *byte == b'%' || (plus && *byte == b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'%' => {
                let (&[high, low], tail) = rest.split_first_chunk::<2>()?;
                decoded.push((digit(high)? << 4) | digit(low)?);
                rest = tail;
            }
            b'+' if plus => decoded.push(b' '),
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The pairs of a query string, undecoded.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_decode_to_text() {
        let table = [
            ("plain", false, Some("plain")),
            ("a%20b", false, Some("a b")),
            ("a+b", false, Some("a+b")),
            ("a+b", true, Some("a b")),
            ("%C3%A4", false, Some("ä")),
            ("%c3%a4", false, Some("ä")),
            ("%", false, None),
            ("%4", false, None),
            ("%zz", false, None),
            ("%+1", true, None),
            ("%ff", false, None),
        ];
        for (text, plus, decoded) in table {
            assert_eq!(decode(text, plus).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn a_query_splits_into_pairs() {
        let split: Vec<_> = pairs("a=1&&b&c=x=y&=z").collect();
        assert_eq!(split, [("a", "1"), ("b", ""), ("c", "x=y"), ("", "z")]);
    }
}
