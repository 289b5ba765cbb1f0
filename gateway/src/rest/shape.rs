//! Messages laid out for reading and rendering JSON, computed once so that a request looks nothing up by reflection.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};

/// The place of a message in [`Shapes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MessageId(usize);

/// The place of an enum in [`Shapes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EnumId(usize);

/// What a single value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(EnumId),
    Message(MessageId),
}

/// Messages that have a JSON form of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// RFC 3339 text.
    Timestamp,
    /// Seconds as text: `1.5s`.
    Duration,
    /// Paths in camel case, separated by commas.
    FieldMask,
    /// The bare value of its only field.
    Wrapper,
    /// JSON as it is (`Struct`, `Value`, `ListValue`) and `Any`.
    Free,
}

/// How often a field may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Single,
    List,
    Map,
}

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) descriptor: FieldDescriptor,
    pub(crate) number: u32,
    /// The name in the proto.
    pub(crate) name: Box<str>,
    /// The name in JSON.
    pub(crate) json_name: Box<str>,
    /// `"jsonName":`, ready to be copied.
    pub(crate) key: Box<[u8]>,
    pub(crate) is: Is,
    pub(crate) repeat: Repeat,
    /// Whether an absent field differs from one with its default.
    pub(crate) presence: bool,
    /// The place of its `oneof`, when it is in one that a caller can see.
    pub(crate) oneof: Option<usize>,
    /// Set by the service; ignored in requests, and so never part of a derived update mask.
    pub(crate) output_only: bool,
}

/// One message.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) descriptor: MessageDescriptor,
    pub(crate) known: Option<Known>,
    /// In the order of their numbers.
    pub(crate) fields: Vec<Field>,
    /// Places in `fields` by both names.
    names: HashMap<Box<str>, usize>,
    /// Names of the `oneof`s, for messages.
    pub(crate) oneofs: Vec<Box<str>>,
}

impl Shape {
    /// The field with this number. Numbers are mostly 1, 2, 3…, so the place is a guess away.
    pub(crate) fn by_number(&self, number: u32) -> Option<usize> {
        let guess = usize::try_from(number).ok()?.checked_sub(1)?;
        if self.fields.get(guess).is_some_and(|field| field.number == number) {
            return Some(guess);
        }
        self.fields.binary_search_by_key(&number, |field| field.number).ok()
    }

    /// The field with this name, in the form of the proto or of JSON.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Field> {
        self.names.get(name).map(|at| &self.fields[*at])
    }
}

/// One enum.
#[derive(Debug)]
pub(crate) struct Enumeration {
    /// `google.protobuf.NullValue`, whose only value is JSON null.
    pub(crate) is_null: bool,
    /// Quoted names by number.
    pub(crate) names: BTreeMap<i32, Box<[u8]>>,
    pub(crate) numbers: HashMap<Box<str>, i32>,
}

/// All messages and enums that were reached.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    messages: Vec<Shape>,
    enums: Vec<Enumeration>,
    message_places: HashMap<String, MessageId>,
    enum_places: HashMap<String, EnumId>,
}

impl Shapes {
    /// Lays out every message of the pool.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        let behavior = Behavior::of(pool);
        let mut shapes = Self::default();
        for (place, descriptor) in pool.all_enums().enumerate() {
            shapes.enum_places.insert(descriptor.full_name().to_owned(), EnumId(place));
            shapes.enums.push(lay_out_enum(&descriptor));
        }
        for (place, descriptor) in pool.all_messages().enumerate() {
            shapes.message_places.insert(descriptor.full_name().to_owned(), MessageId(place));
        }
        for descriptor in pool.all_messages() {
            let shape = shapes.lay_out(descriptor, &behavior);
            shapes.messages.push(shape);
        }
        shapes
    }

    pub(crate) fn message(&self, id: MessageId) -> &Shape {
        &self.messages[id.0]
    }

    pub(crate) fn enumeration(&self, id: EnumId) -> &Enumeration {
        &self.enums[id.0]
    }

    /// The place of a message of the pool that the shapes are of.
    pub(crate) fn find(&self, descriptor: &MessageDescriptor) -> Option<MessageId> {
        self.message_places.get(descriptor.full_name()).copied()
    }

    fn lay_out(&self, descriptor: MessageDescriptor, behavior: &Behavior) -> Shape {
        let mut fields: Vec<Field> = descriptor
            .fields()
            .filter(|field| !field.is_group())
            .map(|field| self.lay_out_field(field, behavior))
            .collect();
        fields.sort_by_key(|field| field.number);
        let mut names = HashMap::new();
        for (at, field) in fields.iter().enumerate() {
            names.insert(field.name.clone(), at);
            names.insert(field.json_name.clone(), at);
        }
        let oneofs = descriptor.oneofs().map(|oneof| oneof.name().into()).collect();
        Shape { known: known(&descriptor), descriptor, fields, names, oneofs }
    }

    fn lay_out_field(&self, field: FieldDescriptor, behavior: &Behavior) -> Field {
        let repeat = match (field.is_map(), field.is_list()) {
            (true, _) => Repeat::Map,
            (false, true) => Repeat::List,
            (false, false) => Repeat::Single,
        };
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()).and_then(|oneof| {
            field.parent_message().oneofs().position(|other| other.full_name() == oneof.full_name())
        });
        Field {
            number: field.number(),
            name: field.name().into(),
            json_name: field.json_name().into(),
            key: format!("{}:", serde_json::Value::from(field.json_name())).into_bytes().into(),
            is: self.is(&field.kind()),
            repeat,
            presence: field.supports_presence(),
            oneof,
            output_only: behavior.is_output_only(&field),
            descriptor: field,
        }
    }

    fn is(&self, kind: &Kind) -> Is {
        match kind {
            Kind::Double => Is::Double,
            Kind::Float => Is::Float,
            Kind::Int32 => Is::Int32,
            Kind::Int64 => Is::Int64,
            Kind::Uint32 => Is::Uint32,
            Kind::Uint64 => Is::Uint64,
            Kind::Sint32 => Is::Sint32,
            Kind::Sint64 => Is::Sint64,
            Kind::Fixed32 => Is::Fixed32,
            Kind::Fixed64 => Is::Fixed64,
            Kind::Sfixed32 => Is::Sfixed32,
            Kind::Sfixed64 => Is::Sfixed64,
            Kind::Bool => Is::Bool,
            Kind::String => Is::String,
            Kind::Bytes => Is::Bytes,
            // Every message and enum of the pool got its place before any field was laid out.
            Kind::Enum(descriptor) => Is::Enum(self.enum_places[descriptor.full_name()]),
            Kind::Message(descriptor) => Is::Message(self.message_places[descriptor.full_name()]),
        }
    }
}

fn lay_out_enum(descriptor: &EnumDescriptor) -> Enumeration {
    let mut names = BTreeMap::new();
    let mut numbers = HashMap::new();
    for value in descriptor.values() {
        // The first of two names for one number is the one that is shown.
        names.entry(value.number()).or_insert_with(|| format!("\"{}\"", value.name()).into_bytes().into());
        numbers.insert(value.name().into(), value.number());
    }
    Enumeration { is_null: descriptor.full_name() == "google.protobuf.NullValue", names, numbers }
}

/// Which messages have a JSON form of their own.
pub(crate) fn known(descriptor: &MessageDescriptor) -> Option<Known> {
    match descriptor.full_name().strip_prefix("google.protobuf.")? {
        "Timestamp" => Some(Known::Timestamp),
        "Duration" => Some(Known::Duration),
        "FieldMask" => Some(Known::FieldMask),
        "DoubleValue" | "FloatValue" | "Int32Value" | "Int64Value" | "UInt32Value" | "UInt64Value"
        | "BoolValue" | "StringValue" | "BytesValue" => Some(Known::Wrapper),
        "Any" | "Struct" | "Value" | "ListValue" => Some(Known::Free),
        _ => None,
    }
}

/// Reads `google.api.field_behavior`.
pub(crate) struct Behavior {
    extension: Option<prost_reflect::ExtensionDescriptor>,
}

/// The number of `REQUIRED`.
pub(crate) const REQUIRED: i32 = 2;
/// The number of `OUTPUT_ONLY`.
pub(crate) const OUTPUT_ONLY: i32 = 3;
/// The number of `INPUT_ONLY`.
pub(crate) const INPUT_ONLY: i32 = 4;
/// The number of `IMMUTABLE`.
pub(crate) const IMMUTABLE: i32 = 5;

impl Behavior {
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        Self { extension: pool.get_extension_by_name("google.api.field_behavior") }
    }

    /// Whether a field is declared to behave so.
    pub(crate) fn has(&self, field: &FieldDescriptor, behavior: i32) -> bool {
        let Some(extension) = &self.extension else { return false };
        let options: DynamicMessage = field.options();
        let declared = options.get_extension(extension);
        declared.as_list().unwrap_or_default().iter().any(|value| *value == Value::EnumNumber(behavior))
    }

    fn is_output_only(&self, field: &FieldDescriptor) -> bool {
        self.has(field, OUTPUT_ONLY)
    }
}
