//! JSON into messages.
//!
//! The edge reads a strict form of proto JSON, the one that `/openapi.json` describes: no unknown fields, no field
//! twice, enums by name, numbers as numbers (64-bit ones also as strings), and no null, because a field that is left
//! out says the same. Strictness finds the caller's mistakes while they are cheap, and each one is named by its path.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use prost_reflect::{DeserializeOptions, DynamicMessage, Value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::scalar;
use super::shape::{Field, Is, Known, MessageId, Repeat, Shapes};

/// Deeper nesting than any request has; less than the depth at which a service refuses to decode.
const DEEPEST: usize = 60;

/// A body that is not what the contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The path of the field in JSON names, `answers[2].score`; empty when the text itself is broken.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) description: String,
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
}

/// A message that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The message.
    pub(crate) message: DynamicMessage,
    /// The paths of the fields that were there, in proto names: what an update without a mask changes. Fields that
    /// only services set are left out, so that a resource can be sent back as it was read.
    pub(crate) present: Vec<String>,
}

/// Reads one JSON document as a message.
///
/// # Errors
/// The first mistake, with its place.
pub(crate) fn message(shapes: &Shapes, id: MessageId, json: &[u8]) -> Result<Parsed, Malformed> {
    let reader = Reader { shapes, trail: RefCell::default(), present: RefCell::default() };
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = MessageSeed { reader: &reader, id }
        .deserialize(&mut deserializer)
        .and_then(|message| deserializer.end().map(|()| message));
    match read {
        Ok(message) => Ok(Parsed { message, present: reader.present.into_inner() }),
        Err(error) => Err(malformed(&error, &reader.trail.into_inner())),
    }
}

fn malformed(error: &serde_json::Error, trail: &[Step<'_>]) -> Malformed {
    let text = error.to_string();
    // The place is given apart from the message.
    let description = match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    };
    let mut field = String::new();
    for step in trail {
        step.show(&mut field);
    }
    Malformed { field, description, line: error.line(), column: error.column() }
}

#[derive(Debug)]
enum Step<'a> {
    Field { json: Cow<'a, str>, name: Option<&'a str> },
    Item(usize),
}

impl Step<'_> {
    fn show(&self, path: &mut String) {
        match self {
            Self::Field { json, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(json);
            }
            Self::Item(index) => path.push_str(&format!("[{index}]")),
        }
    }
}

struct Reader<'a> {
    shapes: &'a Shapes,
    /// Where the reading is; it stays where an error happened.
    trail: RefCell<Vec<Step<'a>>>,
    present: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    fn enter(&self, step: Step<'a>) {
        self.trail.borrow_mut().push(step);
    }

    fn leave(&self) {
        self.trail.borrow_mut().pop();
    }

    /// Notes the field of the trail's end as present, unless it lies in a list or a map, which change as a whole.
    fn note(&self) {
        let trail = self.trail.borrow();
        let names: Option<Vec<&str>> = trail
            .iter()
            .map(|step| match step {
                Step::Field { name, .. } => *name,
                Step::Item(_) => None,
            })
            .collect();
        if let Some(names) = names {
            self.present.borrow_mut().push(names.join("."));
        }
    }
}

struct MessageSeed<'r, 'a> {
    reader: &'r Reader<'a>,
    id: MessageId,
}

impl<'de> DeserializeSeed<'de> for MessageSeed<'_, '_> {
    type Value = DynamicMessage;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<DynamicMessage, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_, '_> {
    type Value = DynamicMessage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DynamicMessage, A::Error> {
        let shape = self.reader.shapes.message(self.id);
        let mut message = DynamicMessage::new(shape.descriptor.clone());
        let mut seen = vec![false; shape.fields.len()];
        let mut chosen: Vec<Option<&str>> = vec![None; shape.oneofs.len()];
        if self.reader.trail.borrow().len() > DEEPEST {
            return Err(A::Error::custom(format!("nested deeper than {DEEPEST} levels")));
        }
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let Some(field) = shape.by_name(&key) else {
                self.reader.enter(Step::Field { json: Cow::Owned(key.into_owned()), name: None });
                return Err(A::Error::custom("is not a field here"));
            };
            self.reader.enter(Step::Field { json: Cow::Borrowed(&field.json_name), name: Some(&field.name) });
            let place = shape.by_number(field.number).unwrap_or_default();
            if std::mem::replace(&mut seen[place], true) {
                return Err(A::Error::custom("is given twice"));
            }
            if let Some(slot) = field.oneof.and_then(|oneof| chosen.get_mut(oneof))
                && let Some(other) = slot.replace(&field.json_name)
            {
                return Err(A::Error::custom(format!("can't be given together with {other}")));
            }
            let noted = self.reader.present.borrow().len();
            let value = map.next_value_seed(FieldSeed { reader: self.reader, field })?;
            if !field.output_only && changes_as_a_whole(self.reader, field, &value, noted) {
                self.reader.note();
            }
            message.set_field(&field.descriptor, value);
            self.reader.leave();
        }
        Ok(message)
    }
}

/// Whether a present field is changed as a whole. The fields of a nested message are noted one by one instead, unless
/// it is empty.
fn changes_as_a_whole(reader: &Reader<'_>, field: &Field, value: &Value, noted_before: usize) -> bool {
    let Is::Message(id) = field.is else { return true };
    field.repeat != Repeat::Single
        || reader.shapes.message(id).known.is_some()
        || (reader.present.borrow().len() == noted_before
            && value.as_message().is_none_or(|message| message.fields().next().is_none()))
}

/// Reads a field: one value, a list or a map.
struct FieldSeed<'r, 'a> {
    reader: &'r Reader<'a>,
    field: &'a Field,
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.field.repeat {
            Repeat::Single => ValueSeed { reader: self.reader, is: self.field.is }.deserialize(deserializer),
            Repeat::List | Repeat::Map => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.field.repeat == Repeat::List { "a list" } else { "an object" })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        if self.field.repeat != Repeat::List {
            return Err(A::Error::custom("expected an object"));
        }
        let mut values = Vec::new();
        loop {
            self.reader.enter(Step::Item(values.len()));
            let next = seq.next_element_seed(ValueSeed { reader: self.reader, is: self.field.is })?;
            self.reader.leave();
            match next {
                Some(value) => values.push(value),
                None => return Ok(Value::List(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Is::Message(entry) = self.field.is else { return Err(A::Error::custom("expected a list")) };
        let entry = self.reader.shapes.message(entry);
        let (Repeat::Map, [key_field, value_field]) = (self.field.repeat, &entry.fields[..]) else {
            return Err(A::Error::custom("expected a list"));
        };
        let mut values = HashMap::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let parsed = scalar::map_key(key_field.is, &key);
            self.reader.enter(Step::Field { json: Cow::Owned(key.into_owned()), name: None });
            let parsed = parsed.map_err(A::Error::custom)?;
            let value = map.next_value_seed(ValueSeed { reader: self.reader, is: value_field.is })?;
            if values.insert(parsed, value).is_some() {
                return Err(A::Error::custom("is given twice"));
            }
            self.reader.leave();
        }
        Ok(Value::Map(values))
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
struct ValueSeed<'r, 'a> {
    reader: &'r Reader<'a>,
    is: Is,
}

impl ValueSeed<'_, '_> {
    fn expectation(&self) -> &'static str {
        match self.is {
            Is::Double | Is::Float => "a number",
            Is::Int32 | Is::Sint32 | Is::Sfixed32 | Is::Uint32 | Is::Fixed32 => "a whole number",
            Is::Int64 | Is::Sint64 | Is::Sfixed64 | Is::Uint64 | Is::Fixed64 => {
                "a whole number, as a number or a string"
            }
            Is::Bool => "true or false",
            Is::String => "a string",
            Is::Bytes => "a string of base64",
            Is::Enum(_) => "the name of an enum value",
            Is::Message(id) => match self.reader.shapes.message(id).known {
                Some(Known::Timestamp) => "a time like \"2026-01-31T12:00:00Z\"",
                Some(Known::Duration) => "a duration like \"3.5s\"",
                Some(Known::FieldMask) => "field paths separated by commas",
                Some(Known::Wrapper | Known::Free) => "a value",
                None => "an object",
            },
        }
    }

    /// A message whose only field has the given value.
    fn wrap(&self, id: MessageId, read: impl FnOnce(Self) -> Result<Value, String>) -> Result<Value, String> {
        let shape = self.reader.shapes.message(id);
        let field = &shape.fields[0];
        let value = read(Self { is: field.is, ..*self })?;
        let mut message = DynamicMessage::new(shape.descriptor.clone());
        message.set_field(&field.descriptor, value);
        Ok(Value::Message(message))
    }

    fn wrapper(&self) -> Option<MessageId> {
        match self.is {
            Is::Message(id) if self.reader.shapes.message(id).known == Some(Known::Wrapper) => Some(id),
            _ => None,
        }
    }

    fn number(self, text: &str, number: f64) -> Result<Value, String> {
        if let Some(id) = self.wrapper() {
            return self.wrap(id, |inner| inner.number(text, number));
        }
        match self.is {
            Is::Double => Ok(Value::F64(number)),
            Is::Float => scalar::narrow(number).map(Value::F32),
            Is::String | Is::Bytes | Is::Bool | Is::Enum(_) | Is::Message(_) => {
                Err(format!("invalid type: number, expected {}", self.expectation()))
            }
            _ => scalar::from_text(self.reader.shapes, self.is, text),
        }
    }

    fn boolean(self, value: bool) -> Result<Value, String> {
        match (self.wrapper(), self.is) {
            (Some(id), _) => self.wrap(id, |inner| inner.boolean(value)),
            (None, Is::Bool) => Ok(Value::Bool(value)),
            (None, _) => Err(format!("invalid type: boolean, expected {}", self.expectation())),
        }
    }

    fn text(self, text: &str) -> Result<Value, String> {
        if let Some(id) = self.wrapper() {
            return self.wrap(id, |inner| inner.text(text));
        }
        match self.is {
            Is::Double | Is::Float | Is::Bool => {}
            Is::Int32 | Is::Sint32 | Is::Sfixed32 | Is::Uint32 | Is::Fixed32 => {}
            Is::Message(id) if self.reader.shapes.message(id).known.is_none() => {}
            _ => return scalar::from_text(self.reader.shapes, self.is, text),
        }
        Err(format!("invalid type: string, expected {}", self.expectation()))
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if let Is::Message(id) = self.is {
            let shape = self.reader.shapes.message(id);
            if shape.known == Some(Known::Free) {
                // Free JSON has no shape of ours to check against.
                let options = DeserializeOptions::new().deny_unknown_fields(true);
                let descriptor = shape.descriptor.clone();
                return DynamicMessage::deserialize_with_options(descriptor, deserializer, &options)
                    .map(Value::Message);
            }
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expectation())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.boolean(value).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "used for floating-point fields only")]
        self.number(&value.to_string(), value as f64).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "used for floating-point fields only")]
        self.number(&value.to_string(), value as f64).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // 3.0 is a whole number in JSON; it shows as "3".
        self.number(&value.to_string(), value).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.text(value).map_err(E::custom)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        match self.is {
            Is::Enum(id) if self.reader.shapes.enumeration(id).is_null => Ok(Value::EnumNumber(0)),
            _ => Err(E::custom(format!("is null, leave it out or give {}", self.expectation()))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        match self.is {
            Is::Message(id) if self.reader.shapes.message(id).known.is_none() => {
                MessageSeed { reader: self.reader, id }.visit_map(map).map(Value::Message)
            }
            _ => Err(A::Error::custom(format!("invalid type: object, expected {}", self.expectation()))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _seq: A) -> Result<Value, A::Error> {
        Err(A::Error::custom(format!("invalid type: list, expected {}", self.expectation())))
    }
}
