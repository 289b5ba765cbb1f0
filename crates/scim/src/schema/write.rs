//! Whole resources as clients send them: POST and PUT.

use serde_json::{Map, Value};

use super::{Attribute, Mutability, ResourceType, Schema, coerce};
use crate::Error;

impl ResourceType {
    /// The resource to keep from the body of a POST: names in the declared letter case, values of the declared
    /// types, nothing that a client may not write or that no schema names.
    ///
    /// # Errors
    /// `invalidSyntax` where the body is no resource of this kind, `invalidValue` where a value does not fit or a
    /// required one is missing.
    pub fn create(&self, body: &Value) -> Result<Value, Error> {
        let mut resource = self.read(body)?;
        self.settle(&mut resource)?;
        Ok(Value::Object(resource))
    }

    /// The resource to keep from the body of a PUT over `current`. Read-only values stay, and so does what the body
    /// does not speak of: `active` where it is left out, and an extension that neither `schemas` nor a key names.
    ///
    /// # Errors
    /// As [`ResourceType::create`], and `mutability` where an immutable value would change.
    pub fn replace(&self, current: &Value, body: &Value) -> Result<Value, Error> {
        let mut resource = self.read(body)?;
        for schema in &self.extensions {
            if !speaks_of(body, schema)
                && let Some(kept) = current.get(schema.id)
            {
                resource.insert(schema.id.to_owned(), kept.clone());
            }
        }
        for (extension, attribute) in self.attributes() {
            let Some(old) = holder(current, extension).and_then(|holder| holder.get(attribute.name)) else {
                continue;
            };
            let target = match extension {
                None => &mut resource,
                Some(schema) => object(&mut resource, schema.id),
            };
            keep_or_refuse(attribute, target, old)?;
        }
        self.settle(&mut resource)?;
        Ok(Value::Object(resource))
    }

    fn read(&self, body: &Value) -> Result<Map<String, Value>, Error> {
        let body = body.as_object().ok_or_else(|| Error::syntax("the body is not a JSON object"))?;
        let schemas =
            body.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
        let names_core = schemas.and_then(Value::as_array).is_some_and(|schemas| {
            schemas.iter().filter_map(Value::as_str).any(|urn| urn.eq_ignore_ascii_case(self.core.id))
        });
        if !names_core {
            return Err(Error::syntax(format!("schemas must name {}", self.core.id)));
        }
        let mut resource = Map::new();
        for (key, value) in body {
            if let Some(schema) = self.extension(key) {
                let Some(given) = value.as_object() else {
                    if value.is_null() {
                        continue;
                    }
                    return Err(Error::value(format!("{} takes an object", schema.id)));
                };
                let mut kept = Map::new();
                for (key, value) in given {
                    take(schema.attribute(key), value, &mut kept)?;
                }
                resource.insert(schema.id.to_owned(), Value::Object(kept));
            } else {
                take(self.own(key), value, &mut resource)?;
            }
        }
        Ok(resource)
    }

    /// Brings `schemas` in line with what is there, and checks that what is required is.
    pub(crate) fn settle(&self, resource: &mut Map<String, Value>) -> Result<(), Error> {
        let mut schemas = vec![Value::from(self.core.id)];
        for schema in &self.extensions {
            let filled =
                resource.get(schema.id).and_then(Value::as_object).is_some_and(|parts| !parts.is_empty());
            if filled {
                schemas.push(schema.id.into());
            } else {
                resource.remove(schema.id);
            }
        }
        resource.insert("schemas".to_owned(), schemas.into());
        let missing =
            self.core.attributes.iter().find(|attribute| {
                attribute.required && resource.get(attribute.name).is_none_or(Value::is_null)
            });
        match missing {
            Some(missing) => Err(Error::value(format!("{} is required", missing.name))),
            None => Ok(()),
        }
    }
}

fn take(attribute: Option<&Attribute>, value: &Value, into: &mut Map<String, Value>) -> Result<(), Error> {
    if let Some(attribute) = attribute
        && attribute.mutability != Mutability::ReadOnly
        && let Some(value) = coerce(attribute, value)?
    {
        into.insert(attribute.name.to_owned(), value);
    }
    Ok(())
}

fn speaks_of(body: &Value, schema: &Schema) -> bool {
    let is_it = |urn: &str| urn.eq_ignore_ascii_case(schema.id);
    body.as_object().into_iter().flatten().any(|(key, value)| {
        let listed = || value.as_array().into_iter().flatten().filter_map(Value::as_str).any(is_it);
        is_it(key) || (key.eq_ignore_ascii_case("schemas") && listed())
    })
}

fn holder<'v>(resource: &'v Value, extension: Option<&Schema>) -> Option<&'v Value> {
    match extension {
        Some(schema) => resource.get(schema.id),
        None => Some(resource),
    }
}

/// The object under `key`, made where there is none.
pub(crate) fn object<'v>(parent: &'v mut Map<String, Value>, key: &str) -> &'v mut Map<String, Value> {
    let slot = parent.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(object) => object,
        _ => unreachable!("the slot was made an object just above"),
    }
}

fn keep_or_refuse(attribute: &Attribute, target: &mut Map<String, Value>, old: &Value) -> Result<(), Error> {
    let new = target.get(attribute.name);
    match attribute.mutability {
        Mutability::Immutable if new.is_some_and(|new| new != old) => {
            return Err(Error::mutability(format!("{} cannot be changed once it is set", attribute.name)));
        }
        Mutability::ReadOnly | Mutability::Immutable => {}
        Mutability::ReadWrite | Mutability::WriteOnly if attribute.sticky && new.is_none() => {}
        Mutability::ReadWrite | Mutability::WriteOnly => return Ok(()),
    }
    target.insert(attribute.name.to_owned(), old.clone());
    Ok(())
}
