//! Single values from text: path variables, query parameters, and those JSON values that are written as strings.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Datelike, NaiveDate};
use prost_reflect::{DynamicMessage, MapKey, Value};

use super::shape::{Enumeration, Is, Known, MessageId, Shapes};

/// The message of a day, which a query writes as one text.
pub(crate) const DAY: &str = "google.type.Date";

/// The longest duration that protobuf allows, about 10,000 years, in seconds.
const LONGEST_DURATION: i64 = 315_576_000_000;

/// Reads a value of any single kind from text, as in a path or a query.
///
/// # Errors
/// What is wrong, for people.
pub(crate) fn from_text(shapes: &Shapes, is: Is, text: &str) -> Result<Value, String> {
    match is {
        Is::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("is not true or false".to_owned()),
        },
        Is::Double => finite(text).map(Value::F64),
        Is::Float => narrow(finite(text)?).map(Value::F32),
        Is::Int32 | Is::Sint32 | Is::Sfixed32 => whole(text).map(Value::I32),
        Is::Int64 | Is::Sint64 | Is::Sfixed64 => whole(text).map(Value::I64),
        Is::Uint32 | Is::Fixed32 => whole(text).map(Value::U32),
        Is::Uint64 | Is::Fixed64 => whole(text).map(Value::U64),
        Is::String => Ok(Value::String(text.to_owned())),
        Is::Bytes => bytes(text),
        Is::Enum(id) => enum_name(shapes.enumeration(id), text).map(Value::EnumNumber),
        Is::Message(id) => message_from_text(shapes, id, text).map(Value::Message),
    }
}

/// Reads a message whose JSON form is a string.
pub(crate) fn message_from_text(
    shapes: &Shapes,
    id: MessageId,
    text: &str,
) -> Result<DynamicMessage, String> {
    let shape = shapes.message(id);
    let mut message = DynamicMessage::new(shape.descriptor.clone());
    match shape.known {
        Some(Known::Timestamp) => {
            let (seconds, nanos) = timestamp(text)?;
            message.set_field_by_number(1, Value::I64(seconds));
            message.set_field_by_number(2, Value::I32(nanos));
        }
        Some(Known::Duration) => {
            let (seconds, nanos) = duration(text)?;
            message.set_field_by_number(1, Value::I64(seconds));
            message.set_field_by_number(2, Value::I32(nanos));
        }
        Some(Known::FieldMask) => {
            let paths = text.split(',').map(str::trim).filter(|path| !path.is_empty());
            message
                .set_field_by_number(1, Value::List(paths.map(|p| Value::String(snake_case(p))).collect()));
        }
        Some(Known::Wrapper) => {
            message.set_field_by_number(1, from_text(shapes, shape.fields[0].is, text)?);
        }
        None if shape.descriptor.full_name() == DAY => {
            let day = day(text)?;
            let part = |part: u32| Value::I32(i32::try_from(part).unwrap_or_default());
            message.set_field_by_number(1, Value::I32(day.year()));
            message.set_field_by_number(2, part(day.month()));
            message.set_field_by_number(3, part(day.day()));
        }
        Some(Known::Free) | None => return Err("is an object, name its fields one by one".to_owned()),
    }
    Ok(message)
}

/// Reads the key of a map.
pub(crate) fn map_key(is: Is, text: &str) -> Result<MapKey, String> {
    match is {
        Is::Bool => {
            text.parse().map(MapKey::Bool).map_err(|_| "has a key other than true or false".to_owned())
        }
        Is::Int32 | Is::Sint32 | Is::Sfixed32 => whole(text).map(MapKey::I32),
        Is::Int64 | Is::Sint64 | Is::Sfixed64 => whole(text).map(MapKey::I64),
        Is::Uint32 | Is::Fixed32 => whole(text).map(MapKey::U32),
        Is::Uint64 | Is::Fixed64 => whole(text).map(MapKey::U64),
        _ => Ok(MapKey::String(text.to_owned())),
    }
}

/// Reads base64 in either alphabet, with or without padding.
pub(crate) fn bytes(text: &str) -> Result<Value, String> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let decoded = if text.contains(['-', '_']) { URL_SAFE.decode(text) } else { STANDARD.decode(text) };
    decoded.map(|bytes| Value::Bytes(bytes.into())).map_err(|_| "is not base64".to_owned())
}

/// Reads the name of an enum's value.
pub(crate) fn enum_name(enumeration: &Enumeration, text: &str) -> Result<i32, String> {
    enumeration.numbers.get(text).copied().ok_or_else(|| {
        let names: Vec<_> =
            enumeration.names.values().map(|name| String::from_utf8_lossy(name).replace('"', "")).collect();
        format!("is not one of {}", names.join(", "))
    })
}

/// A whole number that fits.
pub(crate) fn whole<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    // The standard parser takes "+1", which JSON does not.
    if text.starts_with('+') {
        return Err("is not a whole number".to_owned());
    }
    text.parse().map_err(|_| "is not a whole number in range".to_owned())
}

fn finite(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "is not a number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("is not a finite number".to_owned()) }
}

/// A number as a single-precision one.
pub(crate) fn narrow(number: f64) -> Result<f32, String> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an overflow becomes infinite, which is refused below"
    )]
    let narrowed = number as f32;
    if narrowed.is_finite() { Ok(narrowed) } else { Err("is out of range".to_owned()) }
}

fn timestamp(text: &str) -> Result<(i64, i32), String> {
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| "is not a time like 2026-01-31T12:00:00Z (RFC 3339)".to_owned())?
        .to_utc();
    let nanos = time.timestamp_subsec_nanos();
    // chrono writes a leap second as more than a second of nanoseconds; protobuf has no leap seconds.
    if !(1..=9999).contains(&time.year()) || nanos >= 1_000_000_000 {
        return Err("is a time that can't be kept, years go from 1 to 9999".to_owned());
    }
    Ok((time.timestamp(), i32::try_from(nanos).unwrap_or_default()))
}

fn day(text: &str) -> Result<NaiveDate, String> {
    // The parser of the library takes shorter and signed numbers too.
    let has_form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = has_form.then(|| text.parse::<NaiveDate>().ok()).flatten().filter(|day| day.year() >= 1);
    day.ok_or_else(|| "is not a day like 2026-01-31".to_owned())
}

fn duration(text: &str) -> Result<(i64, i32), String> {
    parse_duration(text).ok_or_else(|| "is not a duration like 3.5s".to_owned())
}

fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (seconds, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let seconds: i64 = seconds.parse().ok().filter(|seconds| *seconds <= LONGEST_DURATION)?;
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

/// `displayName.x` as `display_name.x`; text in snake case stays as it is.
pub(crate) fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
            snake.push(letter.to_ascii_lowercase());
        } else {
            snake.push(letter);
        }
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_with_up_to_nine_decimals() {
        let table = [
            ("3s", Some((3, 0))),
            ("3.5s", Some((3, 500_000_000))),
            ("-0.000000001s", Some((0, -1))),
            ("315576000000s", Some((315_576_000_000, 0))),
            ("315576000001s", None),
            ("3", None),
            (".5s", None),
            ("3.s", None),
            ("1.0000000001s", None),
            ("--1s", None),
            ("1e3s", None),
        ];
        for (text, value) in table {
            assert_eq!(parse_duration(text), value, "{text}");
        }
    }

    #[test]
    fn times_are_rfc_3339_with_a_zone() {
        assert_eq!(timestamp("1970-01-01T00:00:01.5Z"), Ok((1, 500_000_000)));
        assert_eq!(timestamp("1970-01-01T01:00:00+01:00"), Ok((0, 0)));
        for text in ["2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2016-12-31T23:59:60Z", ""]
        {
            assert!(timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_of_the_calendar() {
        assert_eq!(day("2024-02-29"), Ok(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()));
        for text in
            ["2026-02-29", "2026-1-31", "0000-01-01", "-001-01-01", "2026-01-31T00:00:00Z", "20260131", ""]
        {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_fit_or_are_refused() {
        assert_eq!(whole::<i32>("-5"), Ok(-5));
        for text in ["+5", "5.0", "", "2147483648", "0x10", " 5"] {
            assert!(whole::<i32>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        for text in ["NaN", "inf", "1e999"] {
            assert!(finite(text).is_err(), "{text}");
        }
        assert!(narrow(1e300).is_err());
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        for text in ["+/8=", "+/8", "-_8=", "-_8"] {
            assert_eq!(bytes(text), Ok(Value::Bytes(vec![0xfb, 0xff].into())), "{text}");
        }
        assert!(bytes("a b").is_err());
    }

    #[test]
    fn camel_case_paths_become_snake_case() {
        assert_eq!(snake_case("displayName.firstName"), "display_name.first_name");
        assert_eq!(snake_case("display_name"), "display_name");
    }
}
