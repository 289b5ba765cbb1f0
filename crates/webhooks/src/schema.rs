//! JSON Schemas of event data, worked out of the descriptors: the form is that of protobuf's JSON mapping, with every
//! field present.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

/// The schema of a message.
pub(crate) fn of(message: &MessageDescriptor, description: &str) -> Value {
    let mut schema = object(message);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!(message.name()));
    schema.insert("description".to_owned(), json!(description));
    Value::Object(schema)
}

/// What a comment in the contract says, on one line.
pub(crate) fn comment(message: &MessageDescriptor) -> String {
    said(&message.parent_file(), message.path())
}

fn object(message: &MessageDescriptor) -> Map<String, Value> {
    let mut properties = Map::new();
    for field in message.fields() {
        let mut schema = of_field(&field);
        let text = said(&message.parent_file(), field.path());
        if let Some(schema) = schema.as_object_mut().filter(|_| !text.is_empty()) {
            schema.insert("description".to_owned(), json!(text));
        }
        properties.insert(field.json_name().to_owned(), schema);
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn of_field(field: &FieldDescriptor) -> Value {
    if field.is_map() {
        let values = match field.kind() {
            Kind::Message(entry) => of_kind(&entry.map_entry_value_field().kind()),
            _ => json!({}),
        };
        return json!({"type": "object", "additionalProperties": values});
    }
    let one = of_kind(&field.kind());
    if field.is_list() { json!({"type": "array", "items": one}) } else { one }
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX})
        }
        Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        // Numbers of 64 bits are texts in JSON, where many readers would round them.
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "pattern": "^-?[0-9]+$"}),
        Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "pattern": "^[0-9]+$"}),
        Kind::Float | Kind::Double => json!({"type": "number"}),
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::Enum(values) => {
            let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
            json!({"type": "string", "enum": names})
        }
        Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
            json!({"type": "string", "format": "date-time"})
        }
        Kind::Message(message) => Value::Object(object(message)),
    }
}

/// The comment at a path of a file (descriptor.proto, `SourceCodeInfo`).
fn said(file: &prost_reflect::FileDescriptor, path: &[i32]) -> String {
    let locations = file.file_descriptor_proto().source_code_info.as_ref();
    let comment = locations
        .and_then(|info| info.location.iter().find(|location| location.path == path))
        .map(|location| location.leading_comments())
        .unwrap_or_default();
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}
