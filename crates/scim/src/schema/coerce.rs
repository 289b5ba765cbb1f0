//! Makes a client's value what the schema says it is, or says why it cannot be.
//!
//! What the dialects write is read as meant: `"True"` for true, one element in an array for a single value,
//! `{"value": x}` for x, x for `{"value": x}`. Null, an empty text and an empty array are no value
//! (RFC 7643, section 2.5). A text is kept to the letter.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::{Attribute, DataType};
use crate::Error;

/// The value to keep; none where the value stands for no value.
pub(crate) fn coerce(attribute: &Attribute, value: &Value) -> Result<Option<Value>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::Array(items) if attribute.multi_valued => several(attribute, items),
        _ if attribute.multi_valued => several(attribute, std::slice::from_ref(value)),
        Value::Array(items) => match items.as_slice() {
            [] => Ok(None),
            [only] => single(attribute, only),
            _ => Err(Error::value(format!("{} takes one value, not several", attribute.name))),
        },
        _ => single(attribute, value),
    }
}

fn several(attribute: &Attribute, items: &[Value]) -> Result<Option<Value>, Error> {
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    for item in items {
        let Some(item) = single(attribute, item)? else { continue };
        if seen.insert(identity(&item)) {
            kept.push(item);
        }
    }
    one_primary(attribute, &kept)?;
    Ok(Some(kept).filter(|kept| !kept.is_empty()).map(Value::Array))
}

/// What makes an element the same as another: value and type (RFC 7643, section 2.4), else everything.
pub(crate) fn identity(item: &Value) -> String {
    match (item.get("value"), item.get("type")) {
        (Some(value), Some(kind)) => format!("{value} {kind}"),
        (Some(value), None) => format!("{value}"),
        _ => item.to_string(),
    }
}

fn single(attribute: &Attribute, value: &Value) -> Result<Option<Value>, Error> {
    if value.is_null() || value.as_str().is_some_and(str::is_empty) {
        return Ok(None);
    }
    if attribute.data_type == DataType::Complex {
        return complex(attribute, value);
    }
    // No database keeps it in a text, and no name has it.
    if value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(Error::value(format!("{} must not contain the character U+0000", attribute.name)));
    }
    if let Some(inner) = value.as_object().and_then(|object| object.get("value")) {
        return if inner.is_object() { Err(mismatch(attribute)) } else { coerce(attribute, inner) };
    }
    simple(attribute, value).map(Some)
}

fn simple(attribute: &Attribute, value: &Value) -> Result<Value, Error> {
    let fits = match (attribute.data_type, value) {
        (DataType::Boolean, Value::Bool(_)) => true,
        (DataType::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
            return Ok(true.into());
        }
        (DataType::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
            return Ok(false.into());
        }
        (DataType::Integer, Value::Number(number)) => number.is_i64(),
        (DataType::Decimal, Value::Number(_)) => true,
        (DataType::String, Value::String(text)) => return words(attribute, text),
        (DataType::Reference, Value::String(text)) => text.chars().count() <= attribute.longest,
        (DataType::DateTime, Value::String(text)) => DateTime::parse_from_rfc3339(text).is_ok(),
        (DataType::Binary, Value::String(text)) => {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte))
        }
        _ => false,
    };
    if fits { Ok(value.clone()) } else { Err(mismatch(attribute)) }
}

fn words(attribute: &Attribute, text: &str) -> Result<Value, Error> {
    if text.chars().count() > attribute.longest {
        let longest = attribute.longest;
        return Err(Error::value(format!("{} takes at most {longest} characters", attribute.name)));
    }
    if !attribute.closed {
        return Ok(text.into());
    }
    let known = attribute.canonical_values.iter().find(|known| known.eq_ignore_ascii_case(text));
    known.map(|known| Value::from(*known)).ok_or_else(|| {
        Error::value(format!("{} is one of {}", attribute.name, attribute.canonical_values.join(", ")))
    })
}

fn mismatch(attribute: &Attribute) -> Error {
    let wanted = match attribute.data_type {
        DataType::String => "a string",
        DataType::Boolean => "true or false",
        DataType::Decimal => "a number",
        DataType::Integer => "a whole number",
        DataType::DateTime => "a date and time such as 2026-05-01T08:00:00Z",
        DataType::Binary => "base64",
        DataType::Reference => "a URI",
        DataType::Complex => "an object",
    };
    Error::value(format!("{} takes {wanted}", attribute.name))
}

/// Keeps what the schema names and a client may write. Parts that say what a value is for are nothing without one.
fn complex(attribute: &Attribute, value: &Value) -> Result<Option<Value>, Error> {
    let mut kept = Map::new();
    match value {
        Value::Object(given) => {
            for (name, value) in given {
                let Some(sub) = attribute.sub(name) else { continue };
                if sub.is_taken()
                    && let Some(value) = coerce(sub, value)?
                {
                    kept.insert(sub.name.to_owned(), value);
                }
            }
            if let Some(sub) = attribute.default_sub().filter(|sub| !kept.contains_key(sub.name))
                && let Some(id) = referred(attribute, given)
            {
                kept.insert(sub.name.to_owned(), id.into());
            }
        }
        simple => {
            let sub = attribute.default_sub().ok_or_else(|| mismatch(attribute))?;
            kept.extend(coerce(sub, simple)?.map(|value| (sub.name.to_owned(), value)));
        }
    }
    if is_hollow(attribute, &kept) {
        return Ok(None);
    }
    if let Some(missing) =
        attribute.sub_attributes.iter().find(|sub| sub.required && !kept.contains_key(sub.name))
    {
        return Err(Error::value(format!("{}.{} is required", attribute.name, missing.name)));
    }
    Ok(Some(Value::Object(kept)))
}

/// The id at the end of a reference that a client gives in place of it.
fn referred<'v>(attribute: &Attribute, given: &'v Map<String, Value>) -> Option<&'v str> {
    let sub = attribute.sub("$ref").filter(|sub| sub.derived)?;
    let reference = given.iter().find(|(key, _)| key.eq_ignore_ascii_case(sub.name))?.1.as_str()?;
    reference.rsplit('/').next().filter(|id| !id.is_empty())
}

/// Whether nothing is left but labels.
pub(crate) fn is_hollow(attribute: &Attribute, parts: &Map<String, Value>) -> bool {
    let labels: &[&str] = if attribute.multi_valued || attribute.default_sub().is_some() {
        &["type", "primary", "display", "displayName", "$ref"]
    } else {
        &[]
    };
    parts.keys().all(|name| labels.contains(&name.as_str()))
}

fn is_primary(item: &Value) -> bool {
    item.get("primary") == Some(&Value::Bool(true))
}

/// RFC 7643, section 2.4: primary is true no more than once.
fn one_primary(attribute: &Attribute, items: &[Value]) -> Result<(), Error> {
    if items.iter().filter(|item| is_primary(item)).count() > 1 {
        return Err(Error::value(format!("only one of {} is primary", attribute.name)));
    }
    Ok(())
}

/// Lets a new primary take the place of the old (RFC 7644, section 3.5.2).
pub(crate) fn settled_primary(
    attribute: &Attribute,
    items: &mut [Value],
    touched: impl Fn(usize) -> bool,
) -> Result<(), Error> {
    if items.iter().filter(|item| is_primary(item)).count() < 2 {
        return Ok(());
    }
    let fresh = |index: usize, item: &Value| touched(index) && is_primary(item);
    if items.iter().enumerate().filter(|(index, item)| fresh(*index, item)).count() == 1 {
        for (index, item) in items.iter_mut().enumerate() {
            if is_primary(item) && !touched(index) {
                item["primary"] = false.into();
            }
        }
    }
    one_primary(attribute, items)
}
