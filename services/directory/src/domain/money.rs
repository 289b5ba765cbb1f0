//! Amounts as people write them, in minor units of their currency.

/// How many decimals a currency has (ISO 4217): its minor unit is that power of a tenth.
pub fn decimals(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// The currencies in use (ISO 4217, list one, without metals, funds of no amount and codes for tests), in the order of
/// the alphabet.
#[rustfmt::skip]
const CURRENCIES: [&str; 165] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW",
    "CLF", "CLP", "CNY", "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN",
    "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG",
    "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW",
    "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK",
    "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR",
    "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR",
    "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW",
    "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
];

/// Whether a code is that of a currency in use.
pub fn is_currency(code: &str) -> bool {
    CURRENCIES.binary_search(&code).is_ok()
}

/// Reads a decimal as programs write it, such as `-1234.5`, into minor units: a point is the decimal sign and nothing
/// groups.
pub fn exact(text: &str, currency: &str) -> Result<i64, Error> {
    let decimals = decimals(currency);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(Error::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let places = usize::try_from(decimals).unwrap_or(0);
    let missing = places.checked_sub(fraction.len()).ok_or(Error::Decimals(decimals))?;
    format!("{sign}{whole}{fraction}{}", "0".repeat(missing)).parse().map_err(|_| Error::TooLarge)
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("must be a number such as 1234.50 or 1 234,50")]
    NotANumber,
    #[error("has more decimals than the currency, which has {0}")]
    Decimals(u32),
    #[error("is too large")]
    TooLarge,
}

/// Reads an amount with a decimal point or comma into minor units. Spaces and apostrophes group digits; where both a
/// point and a comma occur, the last is the decimal sign and the other groups. A sign may stand before, and a minus
/// after the number as some ledgers write it.
pub fn parse(text: &str, currency: &str) -> Result<i64, Error> {
    let decimals = decimals(currency);
    let mut text: String =
        text.trim().chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '\u{2019}')).collect();
    let mut negative = false;
    if let Some(rest) = text.strip_suffix('-') {
        (text, negative) = (rest.to_owned(), true);
    } else if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        (text, negative) = (rest.to_owned(), true);
    } else if let Some(rest) = text.strip_prefix('+') {
        text = rest.to_owned();
    }
    let (whole, fraction) = split(&text)?;
    // Three digits behind a single sign may be thousands: guessing would be wrong by a factor of thousand.
    if fraction.len() == 3 && decimals != 3 {
        return Err(Error::Decimals(decimals));
    }
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() || !(whole.to_owned() + fraction).bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::NotANumber);
    }
    let missing = usize::try_from(decimals)
        .unwrap_or(0)
        .checked_sub(fraction.len())
        .ok_or(Error::Decimals(decimals))?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(missing));
    let amount: i64 = digits.parse().map_err(|_| Error::TooLarge)?;
    Ok(if negative { -amount } else { amount })
}

/// The digits before and after the decimal sign.
fn split(text: &str) -> Result<(String, &str), Error> {
    let ungrouped = |whole: &str, sign: char| -> Result<String, Error> {
        let mut groups = whole.split(sign);
        let first = groups.next().unwrap_or_default();
        if whole.contains(sign) && (first.is_empty() || first.len() > 3) {
            return Err(Error::NotANumber);
        }
        let mut digits = first.to_owned();
        for group in groups {
            // A group of another size is a second decimal sign, not a thousand.
            if group.len() != 3 {
                return Err(Error::NotANumber);
            }
            digits.push_str(group);
        }
        Ok(digits)
    };
    match (text.rfind('.'), text.rfind(',')) {
        (None, None) => Ok((text.to_owned(), "")),
        (Some(point), Some(comma)) => {
            let (at, grouping) = if point > comma { (point, ',') } else { (comma, '.') };
            Ok((ungrouped(&text[..at], grouping)?, &text[at + 1..]))
        }
        (Some(at), None) | (None, Some(at)) => {
            let sign = if text[at..].starts_with('.') { '.' } else { ',' };
            if text[..at].contains(sign) {
                // The same sign twice can only group: 1.234.567.
                Ok((ungrouped(text, sign)?, ""))
            } else {
                Ok((text[..at].to_owned(), &text[at + 1..]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, currency, minor) in [
            ("12", "EUR", 1_200),
            ("12.5", "EUR", 1_250),
            ("12,50", "EUR", 1_250),
            ("0,05", "EUR", 5),
            ("1 234,50", "EUR", 123_450),
            ("1\u{a0}234,50", "SEK", 123_450),
            ("1.234,50", "EUR", 123_450),
            ("1,234.50", "USD", 123_450),
            ("1'234.50", "CHF", 123_450),
            ("1.234.567", "EUR", 123_456_700),
            ("12.5000", "EUR", 1_250),
            ("-3", "EUR", -300),
            ("3,20-", "EUR", -320),
            ("+3", "EUR", 300),
            ("1200", "JPY", 1_200),
            ("1200.00", "JPY", 1_200),
            ("1.234", "KWD", 1_234),
            ("0", "EUR", 0),
        ] {
            assert_eq!(parse(text, currency), Ok(minor), "{text} {currency}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", "abc", "1e3", "1,2,3", ".5x", "1..2", "1.23,45,6", "0x10", "1,23.456.7"] {
            assert_eq!(parse(text, "EUR"), Err(Error::NotANumber), "{text}");
        }
        assert_eq!(parse("1.0055", "EUR"), Err(Error::Decimals(2)));
        assert_eq!(parse("1.500", "EUR"), Err(Error::Decimals(2)), "one and a half, or fifteen hundred");
        assert_eq!(parse("0.5", "JPY"), Err(Error::Decimals(0)));
        assert_eq!(parse("99999999999999999999", "EUR"), Err(Error::TooLarge));
    }

    #[test]
    fn amounts_of_programs_are_read_exactly() {
        for (text, currency, minor) in [
            ("1500.50", "EUR", 150_050),
            ("-0.5", "EUR", -50),
            ("12.340000", "EUR", 1_234),
            ("1.234", "KWD", 1_234),
            ("1200.0", "JPY", 1_200),
            ("-92233720368547758.08", "EUR", i64::MIN),
        ] {
            assert_eq!(exact(text, currency), Ok(minor), "{text} {currency}");
        }
        for text in ["", "-", ".5", "1.", "1,5", "1e3", "+1", "1 000", "--1", "1.2.3"] {
            assert_eq!(exact(text, "EUR"), Err(Error::NotANumber), "{text}");
        }
        assert_eq!(exact("1.005", "EUR"), Err(Error::Decimals(2)));
        assert_eq!(exact("92233720368547758.08", "EUR"), Err(Error::TooLarge));
    }

    #[test]
    fn currencies_that_are_not_in_use_are_none() {
        assert!(CURRENCIES.is_sorted());
        assert!(["EUR", "JPY", "KWD", "UYW", "ZWG"].into_iter().all(is_currency));
        assert!(!["", "eur", "FIM", "XXX", "XTS", "XAU", "EU"].into_iter().any(is_currency));
    }

    proptest! {
        #[test]
        fn what_is_written_out_is_read_back(minor in -1_000_000_000_000_i64..1_000_000_000_000) {
            let sign = if minor < 0 { "-" } else { "" };
            let (whole, cents) = (minor.abs() / 100, minor.abs() % 100);
            prop_assert_eq!(parse(&format!("{sign}{whole}.{cents:02}"), "EUR"), Ok(minor));
            prop_assert_eq!(parse(&format!("{sign}{whole},{cents:02}"), "EUR"), Ok(minor));
        }

        #[test]
        fn no_text_whatever_panics(text: String) {
            let _ = parse(&text, "EUR");
        }
    }
}
