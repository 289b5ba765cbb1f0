//! Messages into JSON, straight from the wire: no message is built in between.
//!
//! Fields appear in the order of their numbers, those without presence also when they have their default, as proto
//! JSON with defaults printed has it.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{DynamicMessage, SerializeOptions};

use super::shape::{Field, Is, Known, MessageId, Repeat, Shape, Shapes};
use super::wire::{Cursor, Damaged, Raw};

/// Why a reply can't be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The bytes are no message.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// A string is not UTF-8.
    #[error("a string of the reply is not UTF-8")]
    Text(#[from] std::str::Utf8Error),
    /// A value has no JSON form.
    #[error("the reply has no JSON form")]
    Json(#[from] serde_json::Error),
    /// The buffer refused, which a buffer in memory does not.
    #[error("the reply can't be written")]
    Io(#[from] std::io::Error),
    /// Free JSON that can't be decoded.
    #[error("a free value of the reply can't be decoded")]
    Decode(#[from] prost::DecodeError),
}

/// Most messages have no more fields than this; for them the places of values are kept on the stack.
const FEW: usize = 24;

/// Where the values of one field lie.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The value of a single field.
    value: Option<Raw<'a>>,
    /// The message from the first item of a list on.
    from: Option<Cursor<'a>>,
    /// How many occurrences there are.
    count: usize,
}

const NOWHERE: Place<'static> = Place { value: None, from: None, count: 0 };

/// Writes a message as JSON.
///
/// # Errors
/// When the bytes are not such a message.
pub(crate) fn message(shapes: &Shapes, id: MessageId, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let shape = shapes.message(id);
    if let Some(known) = shape.known {
        return well_known(shapes, shape, known, bytes, out);
    }
    if shape.fields.len() <= FEW {
        object(shapes, shape, bytes, &mut [NOWHERE; FEW], out)
    } else {
        object(shapes, shape, bytes, &mut vec![NOWHERE; shape.fields.len()], out)
    }
}

/// Writes one field of a message as a JSON value by itself, as `response_body` asks for.
///
/// # Errors
/// When the bytes are not such a message.
pub(crate) fn field(
    shapes: &Shapes,
    id: MessageId,
    at: usize,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let shape = shapes.message(id);
    let mut places = vec![NOWHERE; shape.fields.len()];
    locate(shape, bytes, &mut places)?;
    let field = &shape.fields[at];
    match (field.is, field.repeat, places[at].count) {
        // A message that is not there has to be something; an object with every default is what callers expect.
        (Is::Message(inner), Repeat::Single, 0) => message(shapes, inner, &[], out),
        _ => field_value(shapes, field, &places[at], out),
    }
}

fn object<'a>(
    shapes: &Shapes,
    shape: &Shape,
    bytes: &'a [u8],
    places: &mut [Place<'a>],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    locate(shape, bytes, places)?;
    out.push(b'{');
    let mut first = true;
    for (field, place) in shape.fields.iter().zip(places.iter()) {
        if field.presence && place.count == 0 {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        out.extend_from_slice(&field.key);
        field_value(shapes, field, place, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// One pass over the message that notes where each field is.
fn locate<'a>(shape: &Shape, bytes: &'a [u8], places: &mut [Place<'a>]) -> Result<(), Error> {
    let mut cursor = Cursor::new(bytes);
    loop {
        let before = cursor;
        let Some((number, raw)) = cursor.next()? else { return Ok(()) };
        let Some(at) = shape.by_number(number) else { continue };
        if let Some(oneof) = shape.fields[at].oneof {
            // Of a oneof the last one counts.
            for (field, place) in shape.fields.iter().zip(places.iter_mut()) {
                if field.oneof == Some(oneof) && field.number != number {
                    *place = NOWHERE;
                }
            }
        }
        let place = &mut places[at];
        place.count += 1;
        if shape.fields[at].repeat == Repeat::Single {
            place.value = Some(raw);
        } else if place.from.is_none() {
            place.from = Some(before);
        }
    }
}

fn field_value(shapes: &Shapes, field: &Field, place: &Place<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    match field.repeat {
        Repeat::Single => single(shapes, field.is, place.value, out),
        Repeat::List => list(shapes, field, place, out),
        Repeat::Map => map(shapes, field, place, out),
    }
}

/// The occurrences of a field, which the place knows the first of.
fn occurrences<'a>(
    field: &Field,
    place: &Place<'a>,
    mut each: impl FnMut(Raw<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(mut cursor) = place.from else { return Ok(()) };
    let mut left = place.count;
    while left > 0 {
        let Some((number, raw)) = cursor.next()? else { return Ok(()) };
        if number == field.number {
            left -= 1;
            each(raw)?;
        }
    }
    Ok(())
}

fn list(shapes: &Shapes, field: &Field, place: &Place<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    out.push(b'[');
    let mut first = true;
    let mut item = |raw: Raw<'_>, out: &mut Vec<u8>| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        single(shapes, field.is, Some(raw), out)
    };
    occurrences(field, place, |raw| match (raw, field.is) {
        (Raw::Bytes(_), Is::String | Is::Bytes | Is::Message(_)) => item(raw, out),
        (Raw::Bytes(packed), is) => {
            let mut cursor = Cursor::new(packed);
            while !cursor.is_done() {
                let raw = match is {
                    Is::Double | Is::Fixed64 | Is::Sfixed64 => {
                        Raw::Fixed64(u64::from_le_bytes(*cursor.chunk()?))
                    }
                    Is::Float | Is::Fixed32 | Is::Sfixed32 => {
                        Raw::Fixed32(u32::from_le_bytes(*cursor.chunk()?))
                    }
                    _ => Raw::Varint(cursor.varint()?),
                };
                item(raw, out)?;
            }
            Ok(())
        }
        _ => item(raw, out),
    })?;
    out.push(b']');
    Ok(())
}

fn map(shapes: &Shapes, field: &Field, place: &Place<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let Is::Message(entry) = field.is else { return Err(Damaged.into()) };
    let [key, value] = &shapes.message(entry).fields[..] else { return Err(Damaged.into()) };
    out.push(b'{');
    let mut first = true;
    occurrences(field, place, |raw| {
        let Raw::Bytes(entry) = raw else { return Err(Damaged.into()) };
        let (mut key_raw, mut value_raw) = (None, None);
        let mut cursor = Cursor::new(entry);
        while let Some((number, raw)) = cursor.next()? {
            match number {
                1 => key_raw = Some(raw),
                2 => value_raw = Some(raw),
                _ => {}
            }
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let start = out.len();
        single(shapes, key.is, key_raw, out)?;
        if out.get(start) != Some(&b'"') {
            // Keys of JSON objects are strings, whatever the keys of the map are.
            out.insert(start, b'"');
            out.push(b'"');
        }
        out.push(b':');
        single(shapes, value.is, value_raw, out)
    })?;
    out.push(b'}');
    Ok(())
}

/// One value; an absent one shows its default.
fn single(shapes: &Shapes, is: Is, raw: Option<Raw<'_>>, out: &mut Vec<u8>) -> Result<(), Error> {
    #[expect(clippy::cast_possible_truncation, reason = "protobuf keeps the low 32 bits of a wider number")]
    #[expect(
        clippy::cast_possible_wrap,
        reason = "the wire carries signed numbers as their two's complement"
    )]
    match (is, raw) {
        (Is::Bool, raw) => out.extend_from_slice(if varint(raw)? == 0 { b"false" } else { b"true" }),
        (Is::Int32, raw) => write!(out, "{}", varint(raw)? as i32)?,
        (Is::Int64, raw) => write!(out, "\"{}\"", varint(raw)? as i64)?,
        (Is::Uint32, raw) => write!(out, "{}", varint(raw)? as u32)?,
        (Is::Uint64, raw) => write!(out, "\"{}\"", varint(raw)?)?,
        (Is::Sint32, raw) => write!(out, "{}", zigzag(varint(raw)? & 0xffff_ffff) as i32)?,
        (Is::Sint64, raw) => write!(out, "\"{}\"", zigzag(varint(raw)?))?,
        (Is::Fixed32, raw) => write!(out, "{}", fixed32(raw)?)?,
        (Is::Sfixed32, raw) => write!(out, "{}", fixed32(raw)? as i32)?,
        (Is::Fixed64, raw) => write!(out, "\"{}\"", fixed64(raw)?)?,
        (Is::Sfixed64, raw) => write!(out, "\"{}\"", fixed64(raw)? as i64)?,
        (Is::Float, raw) => float(f32::from_bits(fixed32(raw)?), out)?,
        (Is::Double, raw) => double(f64::from_bits(fixed64(raw)?), out)?,
        (Is::String, raw) => serde_json::to_writer(out, std::str::from_utf8(bytes(raw)?)?)?,
        (Is::Bytes, raw) => write!(out, "\"{}\"", STANDARD.encode(bytes(raw)?))?,
        (Is::Enum(id), raw) => {
            let number = varint(raw)? as i32;
            let enumeration = shapes.enumeration(id);
            match enumeration.names.get(&number) {
                _ if enumeration.is_null => out.extend_from_slice(b"null"),
                Some(name) => out.extend_from_slice(name),
                None => write!(out, "{number}")?,
            }
        }
        (Is::Message(id), raw) => message(shapes, id, bytes(raw)?, out)?,
    }
    Ok(())
}

fn varint(raw: Option<Raw<'_>>) -> Result<u64, Damaged> {
    match raw {
        None => Ok(0),
        Some(Raw::Varint(value)) => Ok(value),
        Some(_) => Err(Damaged),
    }
}

fn fixed32(raw: Option<Raw<'_>>) -> Result<u32, Damaged> {
    match raw {
        None => Ok(0),
        Some(Raw::Fixed32(value)) => Ok(value),
        Some(_) => Err(Damaged),
    }
}

fn fixed64(raw: Option<Raw<'_>>) -> Result<u64, Damaged> {
    match raw {
        None => Ok(0),
        Some(Raw::Fixed64(value)) => Ok(value),
        Some(_) => Err(Damaged),
    }
}

fn bytes(raw: Option<Raw<'_>>) -> Result<&[u8], Damaged> {
    match raw {
        None => Ok(&[]),
        Some(Raw::Bytes(value)) => Ok(value),
        Some(_) => Err(Damaged),
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn float(value: f32, out: &mut Vec<u8>) -> Result<(), Error> {
    match unusual(f64::from(value)) {
        Some(word) => out.extend_from_slice(word),
        None => serde_json::to_writer(out, &value)?,
    }
    Ok(())
}

fn double(value: f64, out: &mut Vec<u8>) -> Result<(), Error> {
    match unusual(value) {
        Some(word) => out.extend_from_slice(word),
        None => serde_json::to_writer(out, &value)?,
    }
    Ok(())
}

/// Numbers that JSON has no numbers for.
fn unusual(value: f64) -> Option<&'static [u8]> {
    match value {
        value if value.is_nan() => Some(b"\"NaN\""),
        f64::INFINITY => Some(b"\"Infinity\""),
        f64::NEG_INFINITY => Some(b"\"-Infinity\""),
        _ => None,
    }
}

fn well_known(
    shapes: &Shapes,
    shape: &Shape,
    known: Known,
    message: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    match known {
        Known::Timestamp => {
            let timestamp: prost_types::Timestamp = prost::Message::decode(message)?;
            write!(out, "\"{timestamp}\"")?;
        }
        Known::Duration => {
            let duration: prost_types::Duration = prost::Message::decode(message)?;
            write!(out, "\"{duration}\"")?;
        }
        Known::FieldMask => {
            let mask: prost_types::FieldMask = prost::Message::decode(message)?;
            let paths: Vec<_> = mask.paths.iter().map(|path| camel_case(path)).collect();
            serde_json::to_writer(out, &paths.join(","))?;
        }
        Known::Wrapper => {
            let mut places = [NOWHERE];
            locate(shape, message, &mut places)?;
            single(shapes, shape.fields[0].is, places[0].value, out)?;
        }
        Known::Free => {
            let message = DynamicMessage::decode(shape.descriptor.clone(), message)?;
            let options = SerializeOptions::new().skip_default_fields(false);
            message.serialize_with_options(&mut serde_json::Serializer::new(out), &options)?;
        }
    }
    Ok(())
}

/// `display_name.x` as `displayName.x`.
pub(crate) fn camel_case(path: &str) -> String {
    let mut camel = String::with_capacity(path.len());
    let mut upper = false;
    for letter in path.chars() {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            camel.push(letter.to_ascii_uppercase());
        } else {
            camel.push(letter);
        }
    }
    camel
}
