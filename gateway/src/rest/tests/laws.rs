//! What holds for every message: JSON is what the reference implementation writes, and reads back as the same message.

use std::collections::HashMap;

use proptest::prelude::*;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};

use super::{reference, shapes};
use crate::garden;
use crate::rest::read::{self, Presence};
use crate::rest::render;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zåäö\"\\\\/ \n\u{1F331}]{1,12}".prop_map(|text| text)]
}

/// A value of a kind, of messages as deep as `depth` says.
fn single(kind: &Kind, depth: u32) -> BoxedStrategy<Value> {
    match kind {
        Kind::Double => (-1e9..1e9_f64).prop_map(Value::F64).boxed(),
        Kind::Float => (-1e6..1e6_f32).prop_map(Value::F32).boxed(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => any::<i32>().prop_map(Value::I32).boxed(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => any::<i64>().prop_map(Value::I64).boxed(),
        Kind::Uint32 | Kind::Fixed32 => any::<u32>().prop_map(Value::U32).boxed(),
        Kind::Uint64 | Kind::Fixed64 => any::<u64>().prop_map(Value::U64).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::String => text().prop_map(Value::String).boxed(),
        Kind::Bytes => {
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(|b| Value::Bytes(b.into())).boxed()
        }
        Kind::Enum(enumeration) => {
            let numbers: Vec<_> = enumeration.values().map(|value| value.number()).collect();
            proptest::sample::select(numbers).prop_map(Value::EnumNumber).boxed()
        }
        Kind::Message(message) => any_message(message.clone(), depth).prop_map(Value::Message).boxed(),
    }
}

fn map_key(kind: &Kind) -> BoxedStrategy<MapKey> {
    match kind {
        Kind::Int32 => any::<i32>().prop_map(MapKey::I32).boxed(),
        Kind::Uint64 => any::<u64>().prop_map(MapKey::U64).boxed(),
        Kind::Bool => any::<bool>().prop_map(MapKey::Bool).boxed(),
        _ => text().prop_map(MapKey::String).boxed(),
    }
}

fn pair(message: &MessageDescriptor, seconds: i64, nanos: i32) -> DynamicMessage {
    let mut made = DynamicMessage::new(message.clone());
    made.set_field_by_number(1, Value::I64(seconds));
    made.set_field_by_number(2, Value::I32(nanos));
    made
}

/// A message with any of its fields; those with a JSON form of their own get values that have one.
fn any_message(message: MessageDescriptor, depth: u32) -> BoxedStrategy<DynamicMessage> {
    let nanos = prop_oneof![Just(0), Just(500_000_000), 0..1_000_000_000_i32];
    match message.full_name() {
        "google.protobuf.Timestamp" => (-62_135_596_800..253_402_300_799_i64, nanos)
            .prop_map(move |(seconds, nanos)| pair(&message, seconds, nanos))
            .boxed(),
        "google.protobuf.Duration" => {
            (0..315_576_000_000_i64, nanos).prop_map(move |(s, n)| pair(&message, s, n)).boxed()
        }
        "google.protobuf.FieldMask" => {
            proptest::collection::vec("[a-z]{1,5}(_[a-z]{1,4})?(\\.[a-z]{1,3})?", 0..4)
                .prop_map(move |paths| {
                    let mut mask = DynamicMessage::new(message.clone());
                    mask.set_field_by_number(1, Value::List(paths.into_iter().map(Value::String).collect()));
                    mask
                })
                .boxed()
        }
        "google.protobuf.Any" | "google.protobuf.Struct" | "google.protobuf.Value" => {
            Just(free(&message)).boxed()
        }
        _ => {
            let fields: Vec<_> = message
                .fields()
                .filter(|field| depth > 0 || !matches!(field.kind(), Kind::Message(_)))
                .map(|field| {
                    let kind = field.kind();
                    let value = if field.is_map() {
                        let entry = kind.as_message().unwrap().clone();
                        let key = map_key(&entry.map_entry_key_field().kind());
                        let value = single(&entry.map_entry_value_field().kind(), depth.saturating_sub(1));
                        proptest::collection::hash_map(key, value, 0..4).prop_map(Value::Map).boxed()
                    } else if field.is_list() {
                        let item = single(&kind, depth.saturating_sub(1));
                        proptest::collection::vec(item, 0..4).prop_map(Value::List).boxed()
                    } else {
                        single(&kind, depth.saturating_sub(1))
                    };
                    proptest::option::weighted(0.5, value).prop_map(move |value| (field.clone(), value))
                })
                .collect();
            fields
                .prop_map(move |values| {
                    let mut made = DynamicMessage::new(message.clone());
                    for (field, value) in values {
                        if let Some(value) = value {
                            made.set_field(&field, value);
                        }
                    }
                    made
                })
                .boxed()
        }
    }
}

/// A message of free JSON.
fn free(message: &MessageDescriptor) -> DynamicMessage {
    let json = match message.name() {
        "Any" => serde_json::json!({"@type": "x/arki.goal.v1.Mixture", "sand": 7, "clay": 0}),
        _ => serde_json::json!({"a": [1.5, null, "b", {"c": true}]}),
    };
    DynamicMessage::deserialize(message.clone(), json).unwrap()
}

/// A message that shows as its JSON and not with all its descriptors.
struct Plant(DynamicMessage);

impl std::fmt::Debug for Plant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", reference(&self.0))
    }
}

impl Plant {
    /// The JSON that the edge makes of its bytes.
    fn rendered(&self) -> serde_json::Value {
        serde_json::from_slice(&self.render()).unwrap()
    }

    fn render(&self) -> Vec<u8> {
        let shapes = shapes();
        let id = shapes.find(&self.0.descriptor()).unwrap();
        let mut json = Vec::new();
        render::message(&shapes, id, &self.0.encode_to_vec(), &mut json).unwrap();
        json
    }
}

fn plant() -> impl Strategy<Value = Plant> {
    any_message(garden::pool().get_message_by_name("arki.goal.v1.Plant").unwrap(), 3).prop_map(Plant)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_message_renders_as_the_reference_writes_it(plant in plant()) {
        prop_assert_eq!(plant.rendered(), reference(&plant.0));
    }

    #[test]
    fn a_rendered_message_reads_back_as_itself(plant in plant()) {
        let shapes = shapes();
        let id = shapes.find(&plant.0.descriptor()).unwrap();
        let read = read::message(&shapes, id, &plant.render(), Presence::Ignored).unwrap();
        prop_assert_eq!(Plant(read.message).rendered(), plant.rendered());
    }

    #[test]
    fn no_bytes_make_the_renderer_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let shapes = shapes();
        let plant = garden::pool().get_message_by_name("arki.goal.v1.Plant").unwrap();
        let mut json = Vec::new();
        if render::message(&shapes, shapes.find(&plant).unwrap(), &bytes, &mut json).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(json in "[\\[\\]{}\",:a-z0-9 ]{0,60}") {
        let shapes = shapes();
        let plant = garden::pool().get_message_by_name("arki.goal.v1.Plant").unwrap();
        let _ = read::message(&shapes, shapes.find(&plant).unwrap(), json.as_bytes(), Presence::OfWhole);
    }
}

#[test]
fn a_map_reads_every_kind_of_key() {
    let shapes = shapes();
    let numbers = garden::pool().get_message_by_name("arki.goal.v1.Numbers").unwrap();
    let json =
        br#"{"l": {"-3": "HABIT_ANNUAL"}, "m": {"true": {"sand": 1}}, "x": {"18446744073709551615": "z"}}"#;
    let read =
        read::message(&shapes, shapes.find(&numbers).unwrap(), json, Presence::Ignored).unwrap().message;
    let expected = HashMap::from([(MapKey::I32(-3), Value::EnumNumber(1))]);
    assert_eq!(read.get_field_by_name("l").unwrap().as_map(), Some(&expected));
}
