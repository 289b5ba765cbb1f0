//! Applies a patch to a copy of the resource.

use serde_json::{Map, Value};

use super::{Operation, Patch, Verb, elements};
use crate::Error;
use crate::filter::Filter;
use crate::path::Path;
use crate::schema::{
    Attribute, DataType, Lookup, Mutability, Place, ResourceType, Schema, coerce, is_hollow, object,
};

impl Patch {
    /// The resource after every operation. `resource` has this crate's form and is not touched, so that a failure
    /// half-way has no effect; the result equals it where the patch changes nothing. Give it as it is kept, without
    /// what the server works out for the answer, such as the `$ref` of a member: that may get lost.
    ///
    /// # Errors
    /// `mutability`, `invalidValue`, `invalidPath`, `invalidFilter` or `noTarget`.
    pub fn apply(&self, kind: &ResourceType, resource: &Value) -> Result<Value, Error> {
        let mut changed = resource.as_object().cloned().unwrap_or_default();
        for operation in &self.operations {
            match &operation.path {
                Some(path) => on_path(kind, &mut changed, operation.verb, path, &operation.value, true)?,
                None => without_path(kind, &mut changed, operation)?,
            }
        }
        kind.settle(&mut changed)?;
        Ok(Value::Object(changed))
    }
}

fn without_path(
    kind: &ResourceType,
    resource: &mut Map<String, Value>,
    operation: &Operation,
) -> Result<(), Error> {
    for (key, value) in operation.value.as_object().into_iter().flatten() {
        if let Some(path) = key_path(key)? {
            on_path(kind, resource, operation.verb, &path, value, false)?;
        }
    }
    Ok(())
}

/// `strict` where the client named the path itself: then what cannot be written is refused. A key of an object that
/// a client has read and sends back is let pass, as in a PUT.
fn on_path(
    kind: &ResourceType,
    resource: &mut Map<String, Value>,
    verb: Verb,
    path: &Path,
    value: &Value,
    strict: bool,
) -> Result<(), Error> {
    match kind.lookup(&path.attribute) {
        Lookup::Attribute(place) => on_place(resource, verb, place, path, value, strict),
        Lookup::Schema(_) if path.filter.is_some() => Err(Error::path(format!("{path} has no elements"))),
        Lookup::Schema(schema) => on_schema(kind, resource, verb, schema, value),
        Lookup::LetPass => Ok(()),
        Lookup::Unknown if strict => Err(Error::path(format!("there is no attribute {path}"))),
        Lookup::Unknown => Ok(()),
    }
}

/// Sets the attributes of a whole schema, or removes an extension.
fn on_schema(
    kind: &ResourceType,
    resource: &mut Map<String, Value>,
    verb: Verb,
    schema: &Schema,
    value: &Value,
) -> Result<(), Error> {
    let is_core = std::ptr::eq(schema, &kind.core);
    if verb == Verb::Remove || value.is_null() {
        if is_core {
            return Err(Error::mutability("the core of a resource cannot be removed"));
        }
        resource.remove(schema.id);
        return Ok(());
    }
    let given = value.as_object().ok_or_else(|| Error::value(format!("{} takes an object", schema.id)))?;
    for (key, value) in given {
        let Some(mut path) = key_path(key)? else { continue };
        path.attribute.schema.get_or_insert_with(|| schema.id.to_owned());
        if let Lookup::Attribute(place) = kind.lookup(&path.attribute) {
            on_place(resource, verb, place, &path, value, false)?;
        }
    }
    Ok(())
}

fn on_place(
    resource: &mut Map<String, Value>,
    verb: Verb,
    place: Place<'_>,
    path: &Path,
    value: &Value,
    strict: bool,
) -> Result<(), Error> {
    let Place { extension, attribute, sub } = place;
    if let Some(fixed) =
        [Some(attribute), sub].into_iter().flatten().find(|one| one.mutability == Mutability::ReadOnly)
    {
        // Okta repeats the id when it renames a group. Another id is a mistake that must not go unseen.
        let is_same = !strict && (attribute.name != "id" || resource.get("id") == Some(value));
        return if is_same { Ok(()) } else { Err(Error::mutability(format!("{} is read-only", fixed.name))) };
    }
    if sub.is_some_and(|sub| sub.derived) {
        return Ok(());
    }
    let holder = match extension {
        Some(schema) => object(resource, schema.id),
        None => resource,
    };
    if attribute.multi_valued {
        let filter = path.filter.as_ref().map(|filter| filter.checked_element(attribute)).transpose()?;
        return on_elements(holder, verb, attribute, filter.as_ref(), sub, value);
    }
    if path.filter.is_some() {
        return Err(Error::path(format!(
            "{} has one value, so there is nothing to choose from",
            attribute.name
        )));
    }
    let old = holder.get(attribute.name);
    let new = match sub {
        Some(sub) => with_part(attribute, old, sub, verb, value)?,
        None if verb == Verb::Remove => None,
        None if attribute.data_type == DataType::Complex => with_parts(attribute, old, verb, value)?,
        None => coerce(attribute, value)?,
    };
    guard(attribute, old, new.as_ref())?;
    if attribute.required && new.is_none() {
        return Err(missing(attribute, verb));
    }
    put(holder, attribute.name, new);
    Ok(())
}

fn on_elements(
    holder: &mut Map<String, Value>,
    verb: Verb,
    attribute: &Attribute,
    filter: Option<&Filter>,
    sub: Option<&Attribute>,
    value: &Value,
) -> Result<(), Error> {
    // Taken out rather than copied, since a group may have many members and a patch many operations.
    let mut items = match holder.remove(attribute.name) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    elements::change(attribute, &mut items, verb, filter, sub, value)?;
    if attribute.required && items.is_empty() {
        return Err(missing(attribute, verb));
    }
    put(holder, attribute.name, Some(items).filter(|items| !items.is_empty()).map(Value::Array));
    Ok(())
}

fn put(holder: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => holder.insert(name.to_owned(), value),
        None => holder.remove(name),
    };
}

/// RFC 7644, section 3.5.2.2: removing what is required is a matter of mutability; emptying it is a bad value.
fn missing(attribute: &Attribute, verb: Verb) -> Error {
    let detail = format!("{} is required", attribute.name);
    if verb == Verb::Remove { Error::mutability(detail) } else { Error::value(detail) }
}

/// Refuses to change what may be set once.
pub(super) fn guard(attribute: &Attribute, old: Option<&Value>, new: Option<&Value>) -> Result<(), Error> {
    if attribute.mutability == Mutability::Immutable && !attribute.derived && old.is_some() && old != new {
        return Err(Error::mutability(format!("{} cannot be changed once it is set", attribute.name)));
    }
    Ok(())
}

/// The complex value with one part changed; none where nothing but labels is left.
pub(super) fn with_part(
    attribute: &Attribute,
    old: Option<&Value>,
    sub: &Attribute,
    verb: Verb,
    value: &Value,
) -> Result<Option<Value>, Error> {
    let mut parts = old.and_then(Value::as_object).cloned().unwrap_or_default();
    set(&mut parts, sub, verb, value)?;
    Ok(whole(attribute, parts))
}

fn set(parts: &mut Map<String, Value>, sub: &Attribute, verb: Verb, value: &Value) -> Result<(), Error> {
    let new = if verb == Verb::Remove { None } else { coerce(sub, value)? };
    guard(sub, parts.get(sub.name), new.as_ref())?;
    put(parts, sub.name, new);
    Ok(())
}

fn whole(attribute: &Attribute, parts: Map<String, Value>) -> Option<Value> {
    if is_hollow(attribute, &parts) { None } else { Some(Value::Object(parts)) }
}

/// The complex value with the given parts changed and the others kept (RFC 7644, section 3.5.2.3). A new `value`
/// makes it another thing, so nothing is kept then.
fn with_parts(
    attribute: &Attribute,
    old: Option<&Value>,
    verb: Verb,
    value: &Value,
) -> Result<Option<Value>, Error> {
    let value = match value {
        Value::Array(items) if items.len() == 1 => &items[0],
        other => other,
    };
    let named = |sub: &Attribute, given: &Map<String, Value>| {
        given.keys().any(|key| key.eq_ignore_ascii_case(sub.name))
    };
    match (attribute.default_sub(), value.as_object()) {
        (None, Some(given)) => merged(attribute, old, verb, given),
        (Some(sub), Some(given)) if !named(sub, given) && !refers(attribute, given) => {
            merged(attribute, old, verb, given)
        }
        _ => coerce(attribute, value),
    }
}

/// Whether a reference stands in for the value.
fn refers(attribute: &Attribute, given: &Map<String, Value>) -> bool {
    attribute.sub("$ref").is_some_and(|sub| sub.derived && given.contains_key(sub.name))
}

/// Sets each given part; parts that no schema has or that nobody may write are let pass.
pub(super) fn merged(
    attribute: &Attribute,
    old: Option<&Value>,
    verb: Verb,
    given: &Map<String, Value>,
) -> Result<Option<Value>, Error> {
    let mut parts = old.and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in given {
        if let Some(sub) = attribute.sub(key).filter(|sub| sub.is_taken()) {
            set(&mut parts, sub, verb, value)?;
        }
    }
    Ok(whole(attribute, parts))
}

/// A key of a value. What cannot be a path at all is a name of somebody else's, such as the URL of a schema; a filter
/// that is broken is a mistake.
fn key_path(key: &str) -> Result<Option<Path>, Error> {
    match key.parse() {
        Ok(path) => Ok(Some(path)),
        Err(fault) if key.contains('[') => Err(fault),
        Err(_) => Ok(None),
    }
}
