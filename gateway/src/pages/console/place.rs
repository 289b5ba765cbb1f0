//! Where in the console one is: the unit, the month, the language; and the addresses of other places from here.

use std::fmt::Write as _;

use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use crate::pages::words::LANGUAGES;

/// What an address may carry.
#[derive(Default, Deserialize)]
struct Query {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    lang: String,
}

/// A place in the console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The unit as `unt_…`; empty for the whole organisation.
    pub(super) unit: String,
    /// The first day of the month that was asked for.
    pub(super) month: Option<NaiveDate>,
    /// The language that was chosen; empty where the browser's counts.
    pub(super) language: String,
}

impl Place {
    /// The place that the query of an address names. What can't be meant is left out, save the unit: a wrong one must
    /// not silently be the whole organisation.
    pub(super) fn read(query: &str) -> Self {
        let Query { unit, month, lang } = serde_urlencoded::from_str(query).unwrap_or_default();
        let unit = unit.strip_prefix("units/").unwrap_or(&unit).to_owned();
        let language = if LANGUAGES.contains(&lang.as_str()) { lang } else { String::new() };
        Self { unit, month: NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok(), language }
    }

    /// The unit as the services name it; empty for the whole organisation.
    pub(super) fn unit_name(&self) -> String {
        if self.unit.is_empty() { String::new() } else { format!("units/{}", self.unit) }
    }

    /// The same place at another unit, by its resource name.
    pub(super) fn at(&self, unit: &str) -> Self {
        Self { unit: unit.strip_prefix("units/").unwrap_or(unit).to_owned(), ..self.clone() }
    }

    /// The same place in another month.
    pub(super) fn during(&self, month: NaiveDate) -> Self {
        Self { month: Some(month), ..self.clone() }
    }

    /// The same place in another language.
    pub(super) fn speaking(&self, language: &str) -> Self {
        Self { language: language.to_owned(), ..self.clone() }
    }

    /// The address of this place in a room.
    pub(super) fn address(&self, room: &str) -> String {
        let month =
            self.month.map(|month| format!("{:04}-{:02}", month.year(), month.month())).unwrap_or_default();
        let mut address = room.to_owned();
        let mut mark = '?';
        for (name, value) in [("unit", &self.unit), ("month", &month), ("lang", &self.language)] {
            if !value.is_empty() {
                // Writing to a string does not fail. A unit is whatever the address said, so it is encoded again.
                let pair = serde_urlencoded::to_string([(name, value)]).unwrap_or_default();
                let _ = write!(address, "{mark}{pair}");
                mark = '&';
            }
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_the_place() {
        let place = Place {
            unit: "unt_1&lang=sv".to_owned(),
            month: NaiveDate::from_ymd_opt(2026, 11, 1),
            language: "fi".to_owned(),
        };
        let address = place.address("/console/tell");
        assert_eq!(address, "/console/tell?unit=unt_1%26lang%3Dsv&month=2026-11&lang=fi");
        assert_eq!(Place::read(address.split_once('?').unwrap().1), place);
        assert_eq!(Place::default().address("/console/tell"), "/console/tell");
    }

    #[test]
    fn what_can_not_be_meant_is_left_out() {
        let place = Place::read("unit=units/unt_1&month=2026-13&lang=tlh");
        assert_eq!(place, Place { unit: "unt_1".to_owned(), ..Place::default() });
        assert_eq!(place.unit_name(), "units/unt_1");
        assert_eq!(Place::default().unit_name(), "");
    }
}
