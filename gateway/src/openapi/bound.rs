//! Declared bounds as JSON Schema.

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value as Bound};
use serde_json::{Value, json};

/// Rules inside rules.
pub(super) fn inner(rules: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    rules.has_field_by_name(name).then(|| rules.get_field_by_name(name)?.as_message().cloned())?
}

/// Fields of which at most one may be given.
pub(super) fn exclusive(message: &MessageDescriptor) -> Vec<Value> {
    let mut pairs = Vec::new();
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let names: Vec<_> = oneof.fields().map(|field| field.json_name().to_owned()).collect();
        for (at, one) in names.iter().enumerate() {
            // Both are declared again, since linters look for a required property beside it.
            pairs.extend(
                names[at + 1..].iter().map(
                    |other| json!({"not": {"required": [one, other], "properties": {one: {}, other: {}}}}),
                ),
            );
        }
    }
    pairs
}

/// Adds declared bounds to a schema.
pub(super) fn bound(schema: &mut Value, rules: &DynamicMessage, kind: &Kind) {
    const WORDS: [(&str, &[(&str, &str)]); 6] = [
        ("string", &[("min_len", "minLength"), ("max_len", "maxLength"), ("pattern", "pattern")]),
        ("bytes", &[("min_len", "minLength"), ("max_len", "maxLength")]),
        ("repeated", &[("min_items", "minItems"), ("max_items", "maxItems")]),
        ("int32", &[("gte", "minimum"), ("lte", "maximum")]),
        ("int64", &[("gte", "minimum"), ("lte", "maximum")]),
        ("double", &[("gte", "minimum"), ("lte", "maximum")]),
    ];
    for (of, words) in WORDS {
        let Some(rules) = inner(rules, of) else { continue };
        for (ours, theirs) in words {
            if !rules.has_field_by_name(ours) {
                continue;
            }
            let Some(value) = rules.get_field_by_name(ours) else { continue };
            schema[*theirs] = match (&*value, of) {
                // Bytes are counted before they become base64, which has four characters for three of them.
                (Bound::U64(length), "bytes") => (length.div_ceil(3) * 4).into(),
                (Bound::U64(number), _) => (*number).into(),
                (Bound::I64(number), _) => (*number).into(),
                (Bound::I32(number), _) => (*number).into(),
                (Bound::F64(number), _) => (*number).into(),
                (Bound::String(text), _) => text.clone().into(),
                _ => continue,
            };
        }
    }
    let required = rules.get_field_by_name("required").is_some_and(|value| value.as_bool() == Some(true));
    if required && *kind == Kind::String && schema.get("minLength").is_none() && schema["type"] == "string" {
        schema["minLength"] = 1.into();
    }
}
