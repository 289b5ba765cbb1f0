//! The order of a list (RFC 7644, section 3.4.2.3).

use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::Value;

use super::{DataType, ResourceType, Returned};
use crate::Error;
use crate::name::AttributePath;

/// By which attribute, and which end first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// In the declared letter case, with the part that is compared.
    pub by: AttributePath,
    pub descending: bool,
}

impl Sort {
    /// Reads `sortBy` and `sortOrder`.
    ///
    /// # Errors
    /// `invalidPath` where there is no such attribute or it has no order, `invalidValue` for another order.
    pub fn new(kind: &ResourceType, by: &str, order: Option<&str>) -> Result<Self, Error> {
        let descending = match order.map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "ascending") => false,
            Some("descending") => true,
            Some(_) => return Err(Error::value("sortOrder is ascending or descending")),
        };
        let path: AttributePath = by.parse()?;
        let place = kind
            .place(&path)
            .filter(|place| place.attribute.returned != Returned::Never)
            .ok_or_else(|| Error::path(format!("there is no attribute {path}")))?;
        let compared = place.compared();
        if compared.data_type == DataType::Complex {
            return Err(Error::path(format!("{path} has no order of its own: name a part of it")));
        }
        let sub = (!std::ptr::eq(compared, place.attribute)).then(|| compared.name.to_owned());
        Ok(Self { by: AttributePath { sub, ..place.path() }, descending })
    }

    /// Which of two resources comes first. A resource without the value comes last, in descending order first. Equal
    /// ones are the caller's to order, so that pages are stable: by id.
    pub fn compare(&self, kind: &ResourceType, left: &Value, right: &Value) -> Ordering {
        let ascending = match (self.key(kind, left), self.key(kind, right)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
        };
        if self.descending { ascending.reverse() } else { ascending }
    }

    fn key(&self, kind: &ResourceType, resource: &Value) -> Option<Key> {
        let place = kind.place(&self.by)?;
        let value = match place.value(resource)? {
            Value::Array(items) => {
                let primary = items.iter().find(|item| item.get("primary") == Some(&Value::Bool(true)));
                primary.or_else(|| items.first())?
            }
            single => single,
        };
        let attribute = place.compared();
        let value = if place.sub.is_some() { value.get(attribute.name)? } else { value };
        match value {
            Value::String(text) if attribute.data_type == DataType::DateTime => {
                DateTime::parse_from_rfc3339(text).ok().map(|moment| Key::Whole(moment.timestamp_micros()))
            }
            Value::String(text) if attribute.case_exact => Some(Key::Text(text.clone())),
            Value::String(text) => Some(Key::Text(text.to_lowercase())),
            Value::Bool(truth) => Some(Key::Whole((*truth).into())),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Some(Key::Whole(whole)),
                None => number.as_f64().map(Key::Real),
            },
            _ => None,
        }
    }
}

/// Keys of one attribute are of one kind; numbers may be whole or not, and compare as such.
enum Key {
    Text(String),
    Whole(i64),
    Real(f64),
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(right)),
            _ => self.real()?.partial_cmp(&other.real()?),
        }
    }
}

impl Key {
    fn real(&self) -> Option<f64> {
        match self {
            Self::Text(_) => None,
            Self::Whole(whole) => Some(*whole as f64),
            Self::Real(real) => Some(*real),
        }
    }
}
