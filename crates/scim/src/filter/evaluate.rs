//! Whether a resource meets a filter.

use std::cmp::Ordering;

use serde_json::Value;

use super::check::{moment, typed};
use super::{Filter, Literal, Operator};
use crate::name::AttributePath;
use crate::schema::{Attribute, DataType, ResourceType};

impl Filter {
    /// Whether a resource of this crate's form meets the filter. Total: an unknown name has no value, a literal of
    /// another type equals nothing. Refuse such filters beforehand with [`Filter::checked`].
    ///
    /// An attribute without a value is null: it equals null and nothing else, and it is not greater, less or part of
    /// anything. Of a multi-valued attribute one value suffices, also for `ne`.
    pub fn matches(&self, kind: &ResourceType, resource: &Value) -> bool {
        meets(self, Subject::Resource(kind, resource))
    }

    /// Whether an element of a multi-valued attribute meets what stands in brackets.
    pub(crate) fn matches_element(&self, attribute: &Attribute, element: &Value) -> bool {
        meets(self, Subject::Element(attribute, element))
    }
}

#[derive(Clone, Copy)]
enum Subject<'a> {
    Resource(&'a ResourceType, &'a Value),
    Element(&'a Attribute, &'a Value),
}

fn meets(filter: &Filter, subject: Subject<'_>) -> bool {
    match filter {
        Filter::Or(parts) => parts.iter().any(|part| meets(part, subject)),
        Filter::And(parts) => parts.iter().all(|part| meets(part, subject)),
        Filter::Not(inner) => !meets(inner, subject),
        Filter::Present(path) => {
            named(path, subject).is_some_and(|(_, values)| values.into_iter().any(is_filled))
        }
        Filter::Compare { path, operator, value: Literal::Null } => {
            let filled = named(path, subject).is_some_and(|(_, values)| values.into_iter().any(is_filled));
            match operator {
                Operator::Eq => !filled,
                Operator::Ne => filled,
                _ => false,
            }
        }
        Filter::Compare { path, operator, value } => match compared(path, subject) {
            Some((attribute, values)) => compare(attribute, &values, *operator, value),
            None => *operator == Operator::Ne,
        },
        Filter::Element { path, filter } => match named(path, subject) {
            Some((attribute, values)) => {
                values.into_iter().any(|element| meets(filter, Subject::Element(attribute, element)))
            }
            None => false,
        },
    }
}

/// The values under a name, the elements of a multi-valued attribute one by one.
fn named<'a>(path: &AttributePath, subject: Subject<'a>) -> Option<(&'a Attribute, Vec<&'a Value>)> {
    match subject {
        Subject::Resource(kind, resource) => {
            let place = kind.place(path)?;
            let elements = elements(place.value(resource));
            Some(match place.sub {
                None => (place.attribute, elements),
                Some(sub) => {
                    (sub, elements.into_iter().filter_map(|element| element.get(sub.name)).collect())
                }
            })
        }
        Subject::Element(parent, element) => {
            let attribute =
                parent.sub(&path.attribute).filter(|_| path.schema.is_none() && path.sub.is_none())?;
            Some((attribute, elements(element.get(attribute.name))))
        }
    }
}

/// The values that a comparison looks at: where a complex attribute is named, the `value` of each.
fn compared<'a>(path: &AttributePath, subject: Subject<'a>) -> Option<(&'a Attribute, Vec<&'a Value>)> {
    let (attribute, values) = named(path, subject)?;
    Some(match attribute.default_sub() {
        Some(sub) => (sub, values.into_iter().filter_map(|element| element.get(sub.name)).collect()),
        None => (attribute, values),
    })
}

fn elements(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(single) => vec![single],
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_filled),
        Value::Object(parts) => parts.values().any(is_filled),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compare(attribute: &Attribute, values: &[&Value], operator: Operator, literal: &Literal) -> bool {
    let Some(literal) = typed(attribute, literal) else { return operator == Operator::Ne };
    if values.is_empty() {
        return operator == Operator::Ne;
    }
    values.iter().any(|value| holds(attribute, value, operator, &literal))
}

fn holds(attribute: &Attribute, value: &Value, operator: Operator, literal: &Literal) -> bool {
    if operator.is_part() {
        let (Value::String(text), Literal::Text(part)) = (value, literal) else { return false };
        let (text, part) = (folded(attribute, text), folded(attribute, part));
        return match operator {
            Operator::Co => text.contains(&*part),
            Operator::Sw => text.starts_with(&*part),
            _ => text.ends_with(&*part),
        };
    }
    let order = order(attribute, value, literal);
    match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        _ if matches!(attribute.data_type, DataType::Boolean | DataType::Binary) => false,
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => order.is_some_and(Ordering::is_ge),
        Operator::Lt => order == Some(Ordering::Less),
        _ => order.is_some_and(Ordering::is_le),
    }
}

fn order(attribute: &Attribute, value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::String(text), Literal::Text(other)) => {
            Some(folded(attribute, text).cmp(&folded(attribute, other)))
        }
        (Value::String(text), Literal::Time(other)) => moment(text).map(|moment| moment.cmp(other)),
        (Value::Bool(truth), Literal::Bool(other)) => Some(truth.cmp(other)),
        (Value::Number(number), Literal::Number(other)) => match (number.as_i64(), other.as_i64()) {
            (Some(number), Some(other)) => Some(number.cmp(&other)),
            _ => number.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        _ => None,
    }
}

/// The text as it is compared.
fn folded<'t>(attribute: &Attribute, text: &'t str) -> std::borrow::Cow<'t, str> {
    if attribute.case_exact { text.into() } else { text.to_lowercase().into() }
}
