//! Whether a filter makes sense for a kind of resource.

use chrono::{DateTime, Utc};

use super::{Filter, Literal, Operator};
use crate::Error;
use crate::name::AttributePath;
use crate::schema::{Attribute, DataType, ResourceType, Returned};

/// Where names are looked up.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceType),
    Element(&'a Attribute),
}

impl Filter {
    /// The filter that storage translates: every name in the declared letter case, with its extension's URN or
    /// none, and with the part that is compared (`emails` becomes `emails.value`); every literal of the attribute's
    /// type. What is left to the translator is the tree alone.
    ///
    /// # Errors
    /// `invalidFilter` where a name is unknown or an operator or literal does not fit the attribute.
    pub fn checked(&self, kind: &ResourceType) -> Result<Self, Error> {
        check(self, Scope::Resource(kind))
    }

    /// The same for what stands in brackets after a multi-valued attribute.
    pub(crate) fn checked_element(&self, attribute: &Attribute) -> Result<Self, Error> {
        check(self, Scope::Element(attribute))
    }
}

fn check(filter: &Filter, scope: Scope<'_>) -> Result<Filter, Error> {
    let each = |parts: &[Filter]| parts.iter().map(|part| check(part, scope)).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::Or(parts) => Filter::any(each(parts)?),
        Filter::And(parts) => Filter::all(each(parts)?),
        Filter::Not(inner) => Filter::Not(Box::new(check(inner, scope)?)),
        Filter::Present(path) => Filter::Present(find(path, scope)?.whole),
        Filter::Compare { path, operator, value } => {
            let found = find(path, scope)?;
            let value = fit(&found, *operator, value)?;
            // Null asks about the attribute as it was named, not about its `value`.
            let path = if value == Literal::Null { found.whole } else { found.part };
            Filter::compare(path, *operator, value)
        }
        Filter::Element { path, filter } => {
            let Scope::Resource(kind) = scope else {
                return Err(Error::filter("brackets inside brackets are not allowed"));
            };
            let place = kind.place(path).filter(|place| place.sub.is_none()).ok_or_else(|| unknown(path))?;
            if !place.attribute.multi_valued && place.attribute.data_type != DataType::Complex {
                return Err(Error::filter(format!("{path} has no elements to choose from")));
            }
            let filter = Box::new(check(filter, Scope::Element(place.attribute))?);
            Filter::Element { path: place.path(), filter }
        }
    })
}

struct Found<'a> {
    /// The attribute that is compared.
    attribute: &'a Attribute,
    /// The name of what was asked for.
    whole: AttributePath,
    /// The name of what is compared.
    part: AttributePath,
}

fn unknown(path: &AttributePath) -> Error {
    Error::filter(format!("there is no attribute {path}"))
}

fn find<'a>(path: &AttributePath, scope: Scope<'a>) -> Result<Found<'a>, Error> {
    match scope {
        Scope::Resource(kind) => {
            let place = kind.place(path).ok_or_else(|| unknown(path))?;
            if place.attribute.returned == Returned::Never {
                return Err(unknown(path));
            }
            let whole = place.path();
            let attribute = place.compared();
            let sub = (!std::ptr::eq(attribute, place.attribute)).then(|| attribute.name.to_owned());
            Ok(Found { attribute, part: AttributePath { sub, ..whole.clone() }, whole })
        }
        Scope::Element(parent) => {
            let plain = path.schema.is_none() && path.sub.is_none();
            let attribute = parent.sub(&path.attribute).filter(|_| plain).ok_or_else(|| unknown(path))?;
            let name = AttributePath::plain(attribute.name);
            Ok(Found { attribute, whole: name.clone(), part: name })
        }
    }
}

fn fit(found: &Found<'_>, operator: Operator, value: &Literal) -> Result<Literal, Error> {
    let attribute = found.attribute;
    let name = &found.whole;
    if *value == Literal::Null {
        return if matches!(operator, Operator::Eq | Operator::Ne) {
            Ok(Literal::Null)
        } else {
            Err(Error::filter(format!("null is neither greater nor less than {name}, nor a part of it")))
        };
    }
    let text = matches!(attribute.data_type, DataType::String | DataType::Reference | DataType::Binary);
    if operator.is_part() && !text {
        return Err(Error::filter(format!("{} looks into texts, and {name} is none", operator.word())));
    }
    let unordered = matches!(attribute.data_type, DataType::Boolean | DataType::Binary | DataType::Complex);
    if operator.is_order() && unordered {
        return Err(Error::filter(format!("{name} has no order, so {} means nothing", operator.word())));
    }
    typed(attribute, value)
        .ok_or_else(|| Error::filter(format!("{name} is never {value}: the value is of another type")))
}

/// The literal as the attribute's type; none where it is not one. Entra ID writes `"True"` for true.
pub(super) fn typed(attribute: &Attribute, value: &Literal) -> Option<Literal> {
    match (attribute.data_type, value) {
        (DataType::String | DataType::Reference | DataType::Binary, Literal::Text(_))
        | (DataType::Boolean, Literal::Bool(_))
        | (DataType::Integer | DataType::Decimal, Literal::Number(_))
        | (DataType::DateTime, Literal::Time(_))
        | (_, Literal::Null) => Some(value.clone()),
        (DataType::Boolean, Literal::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            _ => None,
        },
        (DataType::DateTime, Literal::Text(text)) => moment(text).map(Literal::Time),
        _ => None,
    }
}

/// A moment as XML Schema writes it; without an offset it is UTC.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => Some(moment.to_utc()),
        Err(_) => text.parse::<chrono::NaiveDateTime>().ok().map(|moment| moment.and_utc()),
    }
}
