//! Changes to the elements of a multi-valued attribute.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Verb;
use super::apply::{guard, merged, with_part};
use crate::Error;
use crate::filter::{Filter, Literal, Operator};
use crate::schema::{Attribute, coerce, identity, settled_primary};

pub(super) fn change(
    attribute: &Attribute,
    items: &mut Vec<Value>,
    verb: Verb,
    filter: Option<&Filter>,
    sub: Option<&Attribute>,
    value: &Value,
) -> Result<(), Error> {
    match (filter, sub, verb) {
        (None, None, Verb::Add) => add(attribute, items, value),
        (None, None, Verb::Replace) => {
            *items = array(coerce(attribute, value)?);
            Ok(())
        }
        (None, None, Verb::Remove) => {
            remove_listed(attribute, items, value);
            Ok(())
        }
        (Some(filter), None, Verb::Remove) => {
            items.retain(|item| !filter.matches_element(attribute, item));
            Ok(())
        }
        (filter, Some(sub), _) => {
            // Setting no value is removing one, also as to which elements are meant.
            let verb =
                if verb != Verb::Remove && coerce(sub, value)?.is_none() { Verb::Remove } else { verb };
            let chosen = match filter {
                Some(filter) => matching(attribute, items, filter),
                None => unfiltered(items, verb),
            };
            set_part(attribute, items, verb, filter, sub, value, &chosen)?;
            merge_same(items);
            Ok(())
        }
        (Some(filter), None, _) => {
            set_whole(attribute, items, verb, filter, value)?;
            merge_same(items);
            Ok(())
        }
    }
}

/// Changing an element may make it the same as another (RFC 7643, section 2.4). The first stays, and is the primary
/// if either was.
fn merge_same(items: &mut Vec<Value>) {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let place = *places.entry(identity(&item)).or_insert(kept.len());
        if place == kept.len() {
            kept.push(item);
        } else if item.get("primary") == Some(&Value::Bool(true)) {
            kept[place]["primary"] = true.into();
        }
    }
    *items = kept;
}

fn array(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn matching(attribute: &Attribute, items: &[Value], filter: &Filter) -> Vec<usize> {
    (0..items.len()).filter(|index| filter.matches_element(attribute, &items[*index])).collect()
}

/// Which elements `emails.value` means: the primary, else all. Removing a part means all in any case.
fn unfiltered(items: &[Value], verb: Verb) -> Vec<usize> {
    let primary = items.iter().position(|item| item.get("primary") == Some(&Value::Bool(true)));
    match primary {
        Some(index) if verb != Verb::Remove => vec![index],
        _ => (0..items.len()).collect(),
    }
}

/// Appends what is not there yet. What is there takes over the further parts that are given.
fn add(attribute: &Attribute, items: &mut Vec<Value>, value: &Value) -> Result<(), Error> {
    let fresh = array(coerce(attribute, value)?);
    let present = present(items, &fresh);
    let mut touched = Vec::with_capacity(fresh.len());
    for (item, present) in fresh.into_iter().zip(present) {
        let index = present.unwrap_or(items.len());
        touched.push(index);
        match (present, &item) {
            (None, _) => items.push(item),
            (Some(index), Value::Object(given)) => {
                items[index] = merged(attribute, Some(&items[index]), Verb::Add, given)?.unwrap_or_default();
            }
            (Some(_), _) => {}
        }
    }
    settled_primary(attribute, items, |index| touched.contains(&index))
}

/// Where each of `fresh` is already, in one pass, since a group may have many members. Elements are the same if value
/// and type are (RFC 7643, section 2.4), and also if one of the two has no type.
fn present(items: &[Value], fresh: &[Value]) -> Vec<Option<usize>> {
    let mut by_value: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
    for (index, item) in fresh.iter().enumerate() {
        by_value.entry(text_of(item)).or_default().push(index);
    }
    let mut present = vec![None; fresh.len()];
    for (at, item) in items.iter().enumerate() {
        for index in by_value.get(&text_of(item)).into_iter().flatten() {
            let other = &fresh[*index];
            let same = match (text_of(item), item.get("type"), other.get("type")) {
                (None, _, _) => item == other,
                (Some(_), Some(kind), Some(other)) => kind == other,
                (Some(_), _, _) => true,
            };
            if same && present[*index].is_none() {
                present[*index] = Some(at);
            }
        }
    }
    present
}

fn text_of(item: &Value) -> Option<&str> {
    item.get("value").unwrap_or(item).as_str()
}

/// Without a value everything goes. With one, only the elements that it lists.
fn remove_listed(attribute: &Attribute, items: &mut Vec<Value>, value: &Value) {
    let listed: &[Value] = match value {
        Value::Null => {
            items.clear();
            return;
        }
        Value::Array(listed) => listed,
        single => std::slice::from_ref(single),
    };
    let (by_value, others): (Vec<&Value>, Vec<&Value>) =
        listed.iter().partition(|listed| text_of(listed).is_some());
    let by_value: HashSet<&str> = by_value.into_iter().filter_map(text_of).collect();
    items.retain(|item| {
        !text_of(item).is_some_and(|text| by_value.contains(text))
            && !others.iter().any(|listed| is_listed(attribute, item, listed))
    });
}

/// What is listed without a `value`: every part that is given must be there.
fn is_listed(attribute: &Attribute, item: &Value, listed: &Value) -> bool {
    let Some(given) = listed.as_object() else { return item == listed };
    let part = |sub: &Attribute| {
        given
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(sub.name) && !value.is_null())
            .map(|(_, v)| v)
    };
    let parts: Vec<_> =
        attribute.sub_attributes.iter().filter_map(|sub| Some((sub.name, part(sub)?))).collect();
    !parts.is_empty() && parts.iter().all(|(name, value)| item.get(*name) == Some(value))
}

fn set_part(
    attribute: &Attribute,
    items: &mut Vec<Value>,
    verb: Verb,
    filter: Option<&Filter>,
    sub: &Attribute,
    value: &Value,
    chosen: &[usize],
) -> Result<(), Error> {
    let mut touched = chosen.to_vec();
    if chosen.is_empty() {
        if verb == Verb::Remove {
            return Ok(());
        }
        let pinned = filter.map_or_else(|| Some(Map::new()), pinned).ok_or_else(|| no_target(attribute))?;
        let start = Value::Object(pinned);
        // A label alone is no element, and pretending that it was kept would have it sent again and again.
        let made =
            with_part(attribute, Some(&start), sub, verb, value)?.ok_or_else(|| no_target(attribute))?;
        touched.push(items.len());
        items.push(coerced(attribute, &made)?);
    }
    for index in chosen {
        let whole = with_part(attribute, Some(&items[*index]), sub, verb, value)?;
        // Null marks what has nothing left but labels; it goes once the indices are no longer needed.
        items[*index] = whole.unwrap_or_default();
    }
    settled_primary(attribute, items, |index| touched.contains(&index))?;
    items.retain(|item| !item.is_null());
    Ok(())
}

fn set_whole(
    attribute: &Attribute,
    items: &mut Vec<Value>,
    verb: Verb,
    filter: &Filter,
    value: &Value,
) -> Result<(), Error> {
    let chosen = matching(attribute, items, filter);
    let value = match value {
        Value::Array(given) if given.len() == 1 => &given[0],
        other => other,
    };
    if value.is_null() || value.as_str().is_some_and(str::is_empty) {
        items.retain(|item| !filter.matches_element(attribute, item));
        return Ok(());
    }
    let given = match (value, attribute.default_sub()) {
        (Value::Object(given), _) => given.clone(),
        (Value::Array(_), _) | (_, None) => {
            return Err(Error::value(format!("an element of {} is an object", attribute.name)));
        }
        (simple, Some(sub)) => Map::from_iter([(sub.name.to_owned(), simple.clone())]),
    };
    let mut touched = chosen.clone();
    if chosen.is_empty() {
        let start = Value::Object(pinned(filter).ok_or_else(|| no_target(attribute))?);
        let made = merged(attribute, Some(&start), verb, &given)?.unwrap_or_default();
        let made = coerced(attribute, &made)?;
        touched.push(items.len());
        items.push(made);
    }
    for index in chosen {
        let old = &items[index];
        // Replace puts the given in the place of the element (RFC 7644, section 3.5.2.3). What the filter says of it
        // stays true unless the value says otherwise, else the element could not be found by it again.
        let base = match verb {
            Verb::Add => old.clone(),
            _ => Value::Object(pinned_all(filter)),
        };
        let new = merged(attribute, Some(&base), verb, &given)?.unwrap_or_default();
        for sub in &attribute.sub_attributes {
            guard(sub, old.get(sub.name), new.get(sub.name))?;
        }
        items[index] = coerced(attribute, &new)?;
    }
    settled_primary(attribute, items, |index| touched.contains(&index))
}

/// The element with everything in order that coercion sees to, such as required parts.
fn coerced(attribute: &Attribute, item: &Value) -> Result<Value, Error> {
    array(coerce(attribute, item)?).pop().ok_or_else(|| no_target(attribute))
}

fn no_target(attribute: &Attribute) -> Error {
    Error::no_target(format!("no element of {} is meant by the path", attribute.name))
}

/// What an element must have to be the one that a filter means; none where the filter leaves that open or asks for
/// an existing `value`.
fn pinned(filter: &Filter) -> Option<Map<String, Value>> {
    let terms = match filter {
        Filter::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    terms.iter().map(pin).collect::<Option<Map<_, _>>>().filter(|pins| !pins.contains_key("value"))
}

/// What of a filter pins a part, as far as it does.
fn pinned_all(filter: &Filter) -> Map<String, Value> {
    let terms = match filter {
        Filter::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    terms.iter().filter_map(pin).collect()
}

fn pin(term: &Filter) -> Option<(String, Value)> {
    let Filter::Compare { path, operator: Operator::Eq, value } = term else { return None };
    let value = match value {
        Literal::Text(text) => Value::from(text.as_str()),
        Literal::Bool(truth) => Value::from(*truth),
        Literal::Number(number) => Value::Number(number.clone()),
        Literal::Null | Literal::Time(_) => return None,
    };
    Some((path.attribute.clone(), value))
}
