//! Which attributes an answer shows (RFC 7644, section 3.9).

use serde_json::{Map, Value};

use super::{Attribute, Lookup, ResourceType, Returned};
use crate::Error;
use crate::name::AttributePath;

/// What a client asked to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// Names in the declared letter case. None: everything that is shown by default.
    only: Option<Vec<Shown>>,
    without: Vec<Shown>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    schema: Option<&'static str>,
    /// None: every attribute of the schema.
    attribute: Option<&'static str>,
    sub: Option<&'static str>,
}

impl Projection {
    /// Reads the lists that `attributes` and `excludedAttributes` hold. Unknown names ask for nothing.
    ///
    /// # Errors
    /// `invalidValue` where both are given.
    pub fn new<'n>(
        kind: &ResourceType,
        attributes: impl IntoIterator<Item = &'n str>,
        excluded: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, Error> {
        let given = |names: &mut dyn Iterator<Item = &'n str>| -> Vec<&'n str> {
            names.map(str::trim).filter(|name| !name.is_empty()).collect()
        };
        let attributes = given(&mut attributes.into_iter());
        let excluded = given(&mut excluded.into_iter());
        if !attributes.is_empty() && !excluded.is_empty() {
            return Err(Error::value("give attributes or excludedAttributes, not both"));
        }
        let read = |names: &[&str]| names.iter().filter_map(|name| shown(kind, name)).collect::<Vec<_>>();
        Ok(Self { only: (!attributes.is_empty()).then(|| read(&attributes)), without: read(&excluded) })
    }

    /// Whether the attribute of the core schema is shown, so that a caller need not fetch what nobody sees: a group's
    /// `members` above all.
    pub fn shows(&self, kind: &ResourceType, name: &str) -> bool {
        match kind.place(&AttributePath::plain(name)) {
            Some(place) => self.part(None, place.attribute).is_some(),
            None => false,
        }
    }

    /// The resource as the client sees it.
    pub fn apply(&self, kind: &ResourceType, resource: &Value) -> Value {
        let mut seen = Map::new();
        if let Some(schemas) = resource.get("schemas") {
            seen.insert("schemas".to_owned(), schemas.clone());
        }
        for (extension, attribute) in kind.attributes() {
            let holder = match extension {
                Some(schema) => resource.get(schema.id),
                None => Some(resource),
            };
            let Some(value) = holder.and_then(|holder| holder.get(attribute.name)) else { continue };
            let Some(part) = self.part(extension.map(|schema| schema.id), attribute) else { continue };
            let Some(value) = part.of(attribute, value) else { continue };
            let into = match extension {
                Some(schema) => super::object(&mut seen, schema.id),
                None => &mut seen,
            };
            into.insert(attribute.name.to_owned(), value);
        }
        Value::Object(seen)
    }

    /// What is shown of an attribute; none where nothing is.
    fn part(&self, schema: Option<&str>, attribute: &Attribute) -> Option<Part> {
        let about = |shown: &&Shown| {
            shown.schema == schema && shown.attribute.is_none_or(|name| name == attribute.name)
        };
        let subs = |list: &[Shown]| -> Vec<&'static str> {
            list.iter().filter(about).filter_map(|one| one.sub).collect()
        };
        let whole = |list: &[Shown]| list.iter().filter(about).any(|one| one.sub.is_none());
        match (attribute.returned, &self.only) {
            (Returned::Never, _) => None,
            (Returned::Always, _) => Some(Part::but(Vec::new())),
            (Returned::Request, None) => None,
            (Returned::Default, None) if whole(&self.without) => None,
            (Returned::Default, None) => Some(Part::but(subs(&self.without))),
            (_, Some(only)) if whole(only) => Some(Part::but(Vec::new())),
            (_, Some(only)) => {
                Some(subs(only)).filter(|subs| !subs.is_empty()).map(|subs| Part { subs, only: true })
            }
        }
    }
}

/// Parts of an attribute: those named, or all but those named.
struct Part {
    subs: Vec<&'static str>,
    only: bool,
}

impl Part {
    fn but(subs: Vec<&'static str>) -> Self {
        Self { subs, only: false }
    }

    fn of(&self, attribute: &Attribute, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => {
                let items: Vec<Value> = items.iter().filter_map(|item| self.of(attribute, item)).collect();
                Some(items).filter(|items| !items.is_empty()).map(Value::Array)
            }
            Value::Object(parts) => {
                let seen = parts.iter().filter(|(name, _)| self.shows(attribute, name));
                let seen: Map<String, Value> =
                    seen.map(|(name, value)| (name.clone(), value.clone())).collect();
                Some(seen).filter(|seen| !seen.is_empty()).map(Value::Object)
            }
            simple => Some(simple.clone()),
        }
    }

    fn shows(&self, attribute: &Attribute, name: &str) -> bool {
        let returned = attribute.sub(name).map_or(Returned::Default, |sub| sub.returned);
        let named = self.subs.contains(&name);
        match returned {
            Returned::Never => false,
            Returned::Always => true,
            Returned::Default => named == self.only,
            Returned::Request => named && self.only,
        }
    }
}

fn shown(kind: &ResourceType, name: &str) -> Option<Shown> {
    match kind.lookup(&name.parse().ok()?) {
        Lookup::Attribute(place) => Some(Shown {
            schema: place.extension.map(|schema| schema.id),
            attribute: Some(place.attribute.name),
            sub: place.sub.map(|sub| sub.name),
        }),
        Lookup::Schema(schema) => {
            let schema = (schema.id != kind.core.id).then_some(schema.id);
            Some(Shown { schema, attribute: None, sub: None })
        }
        Lookup::LetPass | Lookup::Unknown => None,
    }
}
