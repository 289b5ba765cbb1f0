//! Messages as JSON Schema 2020-12.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost_reflect::{
    Cardinality, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind,
    MessageDescriptor,
};
use serde_json::{Map, Value, json};

use super::bound::{bound, exclusive, inner};
use super::comment::{self, Comments};
use super::form::{self, Forms};
use super::parameters;
use crate::contract::Contract;
use crate::rest::shape::{Behavior, IMMUTABLE, INPUT_ONLY, Known, OUTPUT_ONLY, REQUIRED, known};

/// The message of a day.
pub(super) const DATE: &str = "google.type.Date";

/// For what a schema is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Use {
    /// Whole messages, as they are answered.
    Whole,
    /// Whole messages, as they are asked for: what must be given is, and says something.
    Request,
    /// Partial updates: nothing is required.
    Patch,
}

/// Collects the schemas that operations refer to.
pub(super) struct Schemas<'a> {
    comments: &'a Comments,
    behavior: Behavior,
    rules: Option<ExtensionDescriptor>,
    forms: Forms,
    /// What one of a collection looks like in a path, such as `^gol_[…]{26}$` of `goals`.
    ones: BTreeMap<String, String>,
    /// Short names that several messages or enums have.
    ambiguous: BTreeSet<String>,
    components: BTreeMap<String, Value>,
    waiting: Vec<(MessageDescriptor, Use)>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(contract: &Contract, comments: &'a Comments) -> Self {
        let pool = &contract.pool;
        let mut count: HashMap<String, usize> = HashMap::new();
        let messages =
            pool.all_messages().filter(|message| !message.is_map_entry()).map(|m| m.name().to_owned());
        for name in messages.chain(pool.all_enums().map(|e| e.name().to_owned())) {
            *count.entry(name).or_default() += 1;
        }
        let mut schemas = Self {
            comments,
            ones: BTreeMap::new(),
            behavior: Behavior::of(pool),
            rules: pool.get_extension_by_name("buf.validate.field"),
            forms: Forms::of(contract),
            ambiguous: count.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect(),
            components: BTreeMap::new(),
            waiting: Vec::new(),
        };
        for field in pool.all_messages().flat_map(|message| message.fields().collect::<Vec<_>>()) {
            let found = schemas.pattern(&field).as_deref().and_then(parameters::collection);
            schemas.ones.extend(found);
        }
        schemas
    }

    /// The pattern of one of a collection, where names of it are declared anywhere.
    pub(super) fn pattern_of_one(&self, collection: &str) -> Option<String> {
        self.ones.get(collection).cloned()
    }

    /// The components, once every operation has been described.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        self.components.insert("Problem".to_owned(), super::responses::problem_schema());
        while let Some((message, usage)) = self.waiting.pop() {
            let name = self.name(&message, usage);
            if !self.components.contains_key(&name) {
                // The name is taken first: a message may contain itself.
                self.components.insert(name.clone(), Value::Null);
                let schema = match message.full_name() {
                    DATE => form::date(),
                    _ => self.object(&message, usage, &|_| false),
                };
                self.components.insert(name, schema);
            }
        }
        self.components.into_iter().collect()
    }

    /// A name that no other schema has: the message's own, with its package where that is not enough.
    fn name(&self, message: &MessageDescriptor, usage: Use) -> String {
        let name = self.unique(message.name(), message.package_name());
        match usage {
            Use::Whole => name,
            Use::Request => format!("{name}Input"),
            Use::Patch => format!("{name}Patch"),
        }
    }

    fn unique(&self, name: &str, package: &str) -> String {
        if !self.ambiguous.contains(name) && !["Problem", form::TIME_ZONE, form::WORDS].contains(&name) {
            return name.to_owned();
        }
        let words = package.split('.').filter(|word| !matches!(*word, "arki" | "v1"));
        words.map(capital).chain([name.to_owned()]).collect()
    }

    /// A reference to a message's schema, or the schema itself when the message has a JSON form of its own.
    pub(super) fn message(&mut self, message: &MessageDescriptor, usage: Use) -> Value {
        match known(message) {
            Some(Known::Timestamp) => {
                json!({"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"]})
            }
            Some(Known::Duration) => {
                json!({"type": "string", "pattern": "^-?[0-9]{1,11}(\\.[0-9]{1,9})?s$", "examples": ["3.5s"]})
            }
            Some(Known::FieldMask) => {
                json!({"type": "string", "description": "Field paths, separated by commas.", "examples": ["displayName"]})
            }
            Some(Known::Wrapper) => match message.get_field(1) {
                Some(field) => self.kind(&field.kind(), usage),
                None => json!({}),
            },
            Some(Known::Free) => match message.name() {
                "Value" => json!({}),
                "ListValue" => json!({"type": "array"}),
                "Any" => {
                    json!({"type": "object", "required": ["@type"], "properties": {"@type": {"type": "string"}}})
                }
                _ => json!({"type": "object"}),
            },
            None => {
                let usage = if message.full_name() == DATE { Use::Whole } else { usage };
                self.waiting.push((message.clone(), usage));
                reference(&self.name(message, usage))
            }
        }
    }

    /// A reference to a component that no message gives.
    fn component(&mut self, name: &str, make: fn() -> Value) -> Value {
        if !self.components.contains_key(name) {
            self.components.insert(name.to_owned(), make());
        }
        reference(name)
    }

    /// Whether a request is refused without the field.
    pub(super) fn is_required(&self, field: &FieldDescriptor) -> bool {
        self.behavior.has(field, REQUIRED)
    }

    /// The fields of a resource that an update can clear, as masks name them.
    pub(super) fn clearable(&self, resource: &MessageDescriptor) -> Vec<String> {
        let is_fixed = |field: &FieldDescriptor| {
            [REQUIRED, OUTPUT_ONLY, IMMUTABLE].iter().any(|behavior| self.behavior.has(field, *behavior))
                || matches!(field.name(), "name" | "etag")
        };
        let fields = resource.fields().filter(|field| !is_fixed(field));
        fields.map(|field| field.json_name().to_owned()).collect()
    }

    /// The schema of a message's object, without the fields that are given elsewhere.
    pub(super) fn object(
        &mut self,
        message: &MessageDescriptor,
        usage: Use,
        is_elsewhere: &dyn Fn(&FieldDescriptor) -> bool,
    ) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields().filter(|field| !is_elsewhere(field)) {
            if usage != Use::Patch && self.is_required(&field) {
                required.push(field.json_name().to_owned());
            }
            let schema = self.field(&field, usage);
            properties.insert(field.json_name().to_owned(), schema);
        }
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        let comment = self.comments.of_message(message);
        if !comment.is_empty() {
            schema["description"] = comment.into();
        }
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if usage == Use::Patch {
            schema["minProperties"] = 1.into();
        }
        let mut together = exclusive(message);
        together.extend(form::condition(message.full_name()).filter(|_| usage == Use::Request));
        if !together.is_empty() {
            schema["allOf"] = together.into();
        }
        schema
    }

    /// The schema of a field, with its comment, behaviour and bounds.
    pub(super) fn field(&mut self, field: &FieldDescriptor, usage: Use) -> Value {
        let rules = self.rules_of(field);
        // A partial update leaves fields out, but what it names is whole.
        let inner_use = if usage == Use::Patch { Use::Request } else { usage };
        let is_asked = inner_use == Use::Request && !self.behavior.has(field, OUTPUT_ONLY);
        let is_single = !field.is_list() && !field.is_map();
        let mut schema = if field.is_map() {
            let entry = field.kind();
            self.map(&entry, inner_use)
        } else if is_asked && is_single && self.is_required(field) && is_words(&field.kind()) {
            self.component(form::WORDS, form::words)
        } else if let (Kind::Enum(enumeration), true) =
            (field.kind(), is_asked && is_single && self.is_required(field))
        {
            json!({"type": "string", "enum": names(&enumeration).skip(1).collect::<Vec<_>>()})
        } else if field.is_list() {
            let mut items = self.kind(&field.kind(), inner_use);
            let of_items = rules
                .as_ref()
                .and_then(|rules| inner(rules, "repeated"))
                .and_then(|list| inner(&list, "items"));
            if let Some(rules) = of_items {
                bound(&mut items, &rules, &field.kind());
            }
            json!({"type": "array", "items": items})
        } else {
            self.kind(&field.kind(), inner_use)
        };
        if let Some(rules) = &rules {
            bound(&mut schema, rules, &field.kind());
        }
        if is_asked && (field.kind() == Kind::String || field.is_map()) {
            if field.name() == "time_zone" {
                self.component(form::TIME_ZONE, form::time_zone);
            }
            self.forms.narrow(field.name(), self.is_required(field), &mut schema);
        }
        let comment = self.comments.of_field(field);
        let mut description = comment.to_owned();
        if self.behavior.has(field, IMMUTABLE) {
            description.push_str(" Can't be changed later.");
        }
        if !description.is_empty() {
            schema["description"] = description.into();
        }
        if field.kind() == Kind::String
            && !field.is_list()
            && let Some(example) = comment::example(comment)
        {
            schema["examples"] = json!([example]);
        }
        if self.behavior.has(field, OUTPUT_ONLY) {
            schema["readOnly"] = true.into();
        }
        if self.behavior.has(field, INPUT_ONLY) {
            schema["writeOnly"] = true.into();
        }
        schema
    }

    /// The schema of a map, whose keys are strings in JSON whatever they are in the contract.
    fn map(&mut self, entry: &Kind, usage: Use) -> Value {
        let Some(entry) = entry.as_message() else { return json!({"type": "object"}) };
        let values = self.kind(&entry.map_entry_value_field().kind(), usage);
        let mut schema = json!({"type": "object", "additionalProperties": values});
        let keys = match entry.map_entry_key_field().kind() {
            Kind::String => (usage == Use::Request).then(|| json!({"pattern": form::TEXT})),
            Kind::Bool => Some(json!({"enum": ["true", "false"]})),
            Kind::Uint32 | Kind::Fixed32 => Some(json!({"pattern": "^[0-9]{1,9}$"})),
            Kind::Uint64 | Kind::Fixed64 => Some(json!({"pattern": "^[0-9]{1,19}$"})),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Some(json!({"pattern": "^-?[0-9]{1,9}$"})),
            _ => Some(json!({"pattern": "^-?[0-9]{1,19}$"})),
        };
        if let Some(keys) = keys {
            schema["propertyNames"] = keys;
        }
        schema
    }

    fn kind(&mut self, kind: &Kind, usage: Use) -> Value {
        match kind {
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
            }
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": ["string", "integer"], "format": "int64", "pattern": "^-?[0-9]{1,19}$",
                       "minimum": i64::MIN, "maximum": i64::MAX})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": ["string", "integer"], "format": "uint64", "pattern": "^[0-9]{1,20}$", "minimum": 0,
                       "maximum": u64::MAX})
            }
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String if usage == Use::Request => json!({"type": "string", "pattern": form::TEXT}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => {
                json!({"type": "string", "contentEncoding": "base64", "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$"})
            }
            Kind::Message(message) => self.message(message, usage),
            Kind::Enum(enumeration) => self.enumeration(enumeration),
        }
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptor) -> Value {
        if enumeration.full_name() == "google.protobuf.NullValue" {
            return json!({"type": "null"});
        }
        let name = self.unique(enumeration.name(), enumeration.package_name());
        if !self.components.contains_key(&name) {
            let mut description = self.comments.of_enum(enumeration).to_owned();
            for value in enumeration.values() {
                let comment = self.comments.of_value(&value);
                if !comment.is_empty() {
                    description.push_str(&format!("\n- `{}`: {comment}", value.name()));
                }
            }
            let names: Vec<_> = names(enumeration).collect();
            let schema = json!({"type": "string", "enum": names, "description": description});
            self.components.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// Adds the declared bounds of a text that is a parameter.
    pub(super) fn bound(&self, field: &FieldDescriptor, schema: &mut Value) {
        if let Some(rules) = self.rules_of(field) {
            bound(schema, &rules, &field.kind());
        }
    }

    /// The pattern that a text field must match.
    pub(super) fn pattern(&self, field: &FieldDescriptor) -> Option<String> {
        let rules = inner(&self.rules_of(field)?, "string")?;
        rules
            .has_field_by_name("pattern")
            .then(|| rules.get_field_by_name("pattern")?.as_str().map(str::to_owned))?
    }

    fn rules_of(&self, field: &FieldDescriptor) -> Option<DynamicMessage> {
        let options = field.options();
        let extension = self.rules.as_ref().filter(|extension| options.has_extension(extension))?;
        options.get_extension(extension).as_message().cloned()
    }
}

fn reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

fn names(enumeration: &EnumDescriptor) -> impl Iterator<Item = String> {
    enumeration.values().map(|value| value.name().to_owned())
}

/// Whether a field holds the same words in several languages.
fn is_words(kind: &Kind) -> bool {
    kind.as_message().is_some_and(|message| message.full_name() == "arki.type.v1.LocalizedText")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether a field is one of many values.
pub(super) fn is_many(field: &FieldDescriptor) -> bool {
    field.cardinality() == Cardinality::Repeated
}
