//! One value: a number, a text, a message.

use std::fmt;

use prost_reflect::{DeserializeOptions, DynamicMessage, Value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{MessageSeed, Reader};
use crate::rest::scalar;
use crate::rest::shape::{Is, Known, MessageId};

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct ValueSeed<'r, 'a> {
    pub(super) reader: &'r Reader<'a>,
    pub(super) is: Is,
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
