//! What a webhook tells of one record, and what an endpoint makes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::{Record, RereadReason, Stamp};
use super::{Fields, Kind};
use crate::domain::Refused;

/// Properties of a record by the source's own names. An empty text takes a value away.
pub type Properties = BTreeMap<String, String>;

/// What stands before a value that is the same for all records.
const CONSTANT: char = '=';

/// The most objects of a mapping, fields of an object, and characters of a value.
const MOST_OBJECTS: usize = 20;
const MOST_FIELDS: usize = 60;
const LONGEST_VALUE: usize = 500;

/// What a webhook tells of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub kind: Kind,
    /// What the source calls such records.
    pub object: String,
    pub external_id: String,
    /// Those that changed, and that the endpoint maps.
    pub properties: Properties,
    /// Whether the source has deleted it, where it says so.
    pub deleted: Option<bool>,
    /// Where the values must be asked for.
    pub reread: Option<RereadReason>,
    pub stamp: Stamp,
}

/// What an endpoint makes of the records of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping(pub Vec<Object>);

/// What an endpoint makes of one kind of records of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What the source calls such records, such as `contact`. Letter case doesn't matter.
    pub object: String,
    pub kind: Kind,
    /// By field: properties with spaces between them, of which the values are joined by spaces, or `=` and a constant.
    pub fields: BTreeMap<String, String>,
}

/// The fields that can be mapped. Of people, `attributes.` and a key too.
pub const FIELDS_OF: [(Kind, &[&str]); 3] = [
    (Kind::Person, &["kind", "display_name", "email", "language", "time_zone", "account_external_id"]),
    (Kind::Account, &["display_name", "segment", "unit_external_id"]),
    (
        Kind::Outcome,
        &[
            "kind",
            "time",
            "person_external_id",
            "account_external_id",
            "unit_external_id",
            "amount",
            "currency",
        ],
    ),
];

/// What stands before the key of an attribute.
pub(super) const ATTRIBUTE: &str = "attributes.";

impl Mapping {
    /// What is made of records that the source calls so.
    pub fn of(&self, object: &str) -> Option<&Object> {
        self.0.iter().find(|mapped| mapped.object.eq_ignore_ascii_case(object))
    }

    /// What is wrong with it.
    pub fn refused(&self) -> Vec<Refused> {
        let mut refused = Vec::new();
        let mut refuse = |field: String, problem: &str| refused.push(Refused::new(field, problem));
        if self.0.len() > MOST_OBJECTS {
            refuse("mappings".to_owned(), "must be at most 20");
        }
        for (place, Object { object, kind, fields }) in self.0.iter().enumerate() {
            let at = format!("mappings[{place}]");
            if self.0[..place].iter().any(|other| other.object.eq_ignore_ascii_case(object)) {
                refuse(format!("{at}.object"), "is mapped already");
            }
            if fields.len() > MOST_FIELDS {
                refuse(format!("{at}.fields"), "must be at most 60");
            }
            let known = FIELDS_OF.iter().find(|(of, _)| of == kind).map_or([].as_slice(), |(_, known)| known);
            for (field, value) in fields {
                let is_attribute = *kind == Kind::Person
                    && field.strip_prefix(ATTRIBUTE).is_some_and(|key| !key.is_empty() && key.len() <= 64);
                if !known.contains(&field.as_str()) && !is_attribute {
                    let further = if *kind == Kind::Person { " and attributes.<key>" } else { "" };
                    refuse(
                        format!("{at}.fields[{field:?}]"),
                        &format!("is no field here, those are: {}{further}", known.join(", ")),
                    );
                }
                if value.trim().is_empty() || value.chars().count() > LONGEST_VALUE || value.contains('\0') {
                    let problem = "must be properties with spaces between them, or = and a constant, of at most 500 \
                                   characters";
                    refuse(format!("{at}.fields[{field:?}]"), problem);
                }
            }
        }
        refused
    }
}

impl Object {
    /// The properties that are needed.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.fields
            .values()
            .filter(|value| !value.starts_with(CONSTANT))
            .flat_map(|value| value.split_ascii_whitespace())
    }

    /// The properties of a field.
    fn properties_of(&self, field: &str) -> Vec<&str> {
        let value = self.fields.get(field).filter(|value| !value.starts_with(CONSTANT));
        value.map(|value| value.split_ascii_whitespace().collect()).unwrap_or_default()
    }

    /// The values that a field of a record may get when this is applied, for what it refers to.
    pub fn values_of(&self, field: &str, record: Option<&Record>, told: &Properties) -> Vec<String> {
        let constant = self.fields.get(field).and_then(|value| value.strip_prefix(CONSTANT));
        let stored = |name: &str| Some(record?.properties.get(name)?.0.clone());
        self.properties_of(field)
            .into_iter()
            .flat_map(|name| [stored(name), told.get(name).cloned()])
            .flatten()
            .map(|value| value.trim().to_owned())
            .chain(constant.map(|value| value.trim().to_owned()))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// What the record says by now, each field with its time. Constants are of no time.
    pub(super) fn project(&self, key: &str, record: &Record) -> BTreeMap<String, (String, Stamp)> {
        let mut projected = BTreeMap::new();
        for (field, value) in &self.fields {
            if let Some(constant) = value.strip_prefix(CONSTANT) {
                projected.insert(field.clone(), (constant.trim().to_owned(), Stamp::least()));
                continue;
            }
            let parts: Vec<_> =
                value.split_ascii_whitespace().filter_map(|name| record.properties.get(name)).collect();
            let Some(stamp) = parts.iter().map(|(_, stamp)| stamp).max() else { continue };
            let words: Vec<_> =
                parts.iter().map(|(value, _)| value.trim()).filter(|value| !value.is_empty()).collect();
            projected.insert(field.clone(), (words.join(" "), stamp.clone()));
        }
        if let (Kind::Person, Some((is_deleted, stamp))) = (self.kind, &record.deleted) {
            let was = projected.remove("kind");
            let (kind, told) = was.unwrap_or_else(|| ("customer".to_owned(), Stamp::least()));
            let kind = if *is_deleted { "former_customer".to_owned() } else { kind };
            projected.insert("kind".to_owned(), (kind, told.max(stamp.clone())));
        }
        if self.kind != Kind::Outcome {
            self.name_by_something(key, &mut projected);
        }
        projected
    }

    /// Who has no name is called by the address, and what has none of both by the key: so that the name is the same
    /// whatever was told first.
    fn name_by_something(&self, key: &str, projected: &mut BTreeMap<String, (String, Stamp)>) {
        let named = projected.get("display_name").cloned();
        if named.as_ref().is_some_and(|(name, _)| !name.is_empty()) {
            return;
        }
        let addressed = projected.get("email").filter(|_| self.kind == Kind::Person).cloned();
        let Some(stamp) = named.iter().chain(&addressed).map(|(_, stamp)| stamp.clone()).max() else {
            return;
        };
        let name = addressed.map(|(email, _)| email).filter(|email| !email.is_empty());
        projected.insert("display_name".to_owned(), (name.unwrap_or_else(|| key.to_owned()), stamp));
    }

    /// Whether a record has a name of its own, with everything that belongs to it.
    pub(super) fn is_named(&self, record: &Record) -> bool {
        let values: Vec<_> =
            self.properties_of("display_name").into_iter().map(|name| record.properties.get(name)).collect();
        values.iter().all(Option::is_some)
            && values.into_iter().flatten().any(|(value, _)| !value.trim().is_empty())
    }

    /// Whether a name was told, or a part of one.
    pub(super) fn names(&self, told: &Properties) -> bool {
        self.properties_of("display_name").into_iter().any(|name| told.contains_key(name))
    }
}

/// The fields in which one projection differs from another; constants don't count.
pub(super) fn difference(
    before: &BTreeMap<String, (String, Stamp)>,
    after: BTreeMap<String, (String, Stamp)>,
) -> BTreeMap<String, (String, Stamp)> {
    let is_new = |(field, told): &(String, (String, Stamp))| {
        told.1 > Stamp::least() && before.get(field) != Some(told)
    };
    after.into_iter().filter(is_new).collect()
}

/// A projection without its times.
pub(super) fn plain(projected: BTreeMap<String, (String, Stamp)>) -> Fields {
    projected.into_iter().map(|(field, (value, _))| (field, value)).collect()
}
