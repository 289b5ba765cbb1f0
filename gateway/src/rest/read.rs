//! JSON into messages.
//!
//! The edge reads a strict form of proto JSON, the one that `/openapi.json` describes: no unknown fields, no field
//! twice, enums by name, numbers as numbers (64-bit ones also as strings), and no null, because a field that is left
//! out says the same. Strictness finds the caller's mistakes while they are cheap, and each one is named by its path.

mod value;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use prost_reflect::{DynamicMessage, Value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::scalar;
use super::shape::{Field, Is, MessageId, Repeat, Shapes};
use value::ValueSeed;

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

/// Whose fields are noted when they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence<'a> {
    /// Those of the document.
    OfWhole,
    /// Those of the message in this field of the document.
    OfField(&'a str),
    /// Nobody's.
    Ignored,
}

/// A message that was read.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    /// The message.
    pub(crate) message: DynamicMessage,
    /// The fields that were there, in proto names: what an update without a mask changes. Fields that only services
    /// set are left out, so that a resource can be sent back as it was read. Empty unless asked for.
    pub(crate) present: Vec<&'a str>,
}

/// Reads one JSON document as a message.
///
/// # Errors
/// The first mistake, with its place.
pub(crate) fn message<'a>(
    shapes: &'a Shapes,
    id: MessageId,
    json: &[u8],
    presence: Presence<'a>,
) -> Result<Parsed<'a>, Malformed> {
    let reader = Reader { shapes, presence, trail: RefCell::default(), present: RefCell::default() };
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
    presence: Presence<'a>,
    /// Where the reading is; it stays where an error happened.
    trail: RefCell<Vec<Step<'a>>>,
    present: RefCell<Vec<&'a str>>,
}

impl<'a> Reader<'a> {
    fn enter(&self, step: Step<'a>) {
        self.trail.borrow_mut().push(step);
    }

    fn leave(&self) {
        self.trail.borrow_mut().pop();
    }

    /// Notes the field at the trail's end as present, if it is one of those that are asked for: a field is changed as
    /// a whole, with what is inside.
    fn note(&self) {
        let name = match (self.presence, self.trail.borrow().as_slice()) {
            (Presence::OfWhole, [Step::Field { name: Some(name), .. }]) => *name,
            (
                Presence::OfField(wanted),
                [Step::Field { name: Some(outer), .. }, Step::Field { name: Some(name), .. }],
            ) if *outer == wanted => *name,
            _ => return,
        };
        self.present.borrow_mut().push(name);
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
            let value = map.next_value_seed(FieldSeed { reader: self.reader, field })?;
            if !field.output_only {
                self.reader.note();
            }
            message.set_field(&field.descriptor, value);
            self.reader.leave();
        }
        Ok(message)
    }
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
