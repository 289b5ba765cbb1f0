//! The organisation as a page needs it: its name, its time zone, its tree of units.

use std::collections::{BTreeMap, BTreeSet};

use arki_proto::directory::v1::{GetTreeResponse, Tenant, TreeUnit};
use arki_proto::r#type::v1::LocalizedText;
use chrono_tz::Tz;

use crate::pages::words::Words;

/// An organisation. The default one is what a visitor sees who may not read the directory.
#[derive(Debug, Default)]
pub(super) struct Organisation {
    /// What it is called; empty when that may not be read.
    pub(super) name: String,
    /// Its language, for words that are not there in the reader's.
    language: String,
    /// Where its days begin.
    pub(super) zone: Tz,
    units: Vec<TreeUnit>,
    by_name: BTreeMap<String, usize>,
}

impl Organisation {
    /// The organisation that the directory tells of.
    pub(super) fn new(tenant: Tenant, tree: GetTreeResponse) -> Self {
        let by_name = tree.units.iter().enumerate().map(|(place, unit)| (unit.name.clone(), place)).collect();
        Self {
            name: tenant.display_name,
            language: tenant.default_language,
            zone: tenant.time_zone.parse().unwrap_or_default(),
            units: tree.units,
            by_name,
        }
    }

    /// A text for the reader: in the own language, else in that of the organisation, else in any.
    pub(super) fn said(&self, words: &Words, text: Option<&LocalizedText>) -> String {
        let texts = text.map(|text| text.by_language.clone()).unwrap_or_default();
        arki_words::Words::from_iter(texts).for_reader(words.language(), &self.language).to_owned()
    }

    /// Whether there is no unit to choose.
    pub(super) fn is_flat(&self) -> bool {
        self.units.is_empty()
    }

    /// The unit of that resource name.
    pub(super) fn unit(&self, name: &str) -> Option<&TreeUnit> {
        self.by_name.get(name).and_then(|place| self.units.get(*place))
    }

    /// What a unit is called; empty when it is not known.
    pub(super) fn name_of(&self, name: &str) -> &str {
        self.unit(name).map_or("", |unit| &unit.display_name)
    }

    /// The units right below one, or the roots for an empty name.
    pub(super) fn below<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a TreeUnit> {
        self.units.iter().filter(move |unit| unit.parent == name)
    }

    /// The one root, where there is one alone.
    pub(super) fn only_root(&self) -> Option<&TreeUnit> {
        let mut roots = self.below("");
        roots.next().filter(|_| roots.next().is_none())
    }

    /// The units that stand side by side when a whole is looked at. Right below the whole organisation these are the
    /// units below its one root, since the root is the whole again.
    pub(super) fn parts<'a>(&'a self, name: &'a str) -> Vec<&'a TreeUnit> {
        let whole = if name.is_empty() { self.only_root().map_or("", |root| &root.name) } else { name };
        self.below(whole).collect()
    }

    /// The units from the root down to this one.
    pub(super) fn path(&self, name: &str) -> Vec<&TreeUnit> {
        let mut path = Vec::new();
        let mut next = self.unit(name);
        while let Some(unit) = next {
            path.push(unit);
            // A tree has no circle; should one come along, the page is still to be written.
            next = self.unit(&unit.parent).filter(|_| path.len() <= self.units.len());
        }
        path.reverse();
        path
    }

    /// The unit with everything above and below it: whose goals concern it.
    pub(super) fn line<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut below = BTreeSet::from([name]);
        // Parents come before children, so that one pass finds everything.
        for unit in &self.units {
            if below.contains(unit.parent.as_str()) {
                below.insert(&unit.name);
            }
        }
        below.extend(self.path(name).into_iter().map(|unit| unit.name.as_str()));
        below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(units: &[(&str, &str)]) -> Organisation {
        let unit = |(name, parent): &(&str, &str)| TreeUnit {
            name: (*name).to_owned(),
            parent: (*parent).to_owned(),
            ..TreeUnit::default()
        };
        let tree = GetTreeResponse { as_of: None, units: units.iter().map(unit).collect() };
        Organisation::new(Tenant { time_zone: "Europe/Helsinki".to_owned(), ..Tenant::default() }, tree)
    }

    fn names(units: &[&TreeUnit]) -> Vec<String> {
        units.iter().map(|unit| unit.name.clone()).collect()
    }

    #[test]
    fn the_parts_of_the_whole_are_below_its_only_root() {
        let one = organisation(&[("k", ""), ("a", "k"), ("b", "k"), ("a1", "a")]);
        assert_eq!(names(&one.parts("")), ["a", "b"]);
        assert_eq!(names(&one.parts("a")), ["a1"]);
        let two = organisation(&[("k", ""), ("a", "k"), ("l", "")]);
        assert_eq!(names(&two.parts("")), ["k", "l"]);
    }

    #[test]
    fn a_line_is_everything_above_and_below() {
        let tree =
            organisation(&[("k", ""), ("a", "k"), ("b", "k"), ("a1", "a"), ("a2", "a"), ("a11", "a1")]);
        assert_eq!(names(&tree.path("a1")), ["k", "a", "a1"]);
        assert_eq!(tree.line("a1"), BTreeSet::from(["k", "a", "a1", "a11"]));
    }

    #[test]
    fn a_circle_ends() {
        let tree = organisation(&[("a", "b"), ("b", "a")]);
        assert!(tree.path("a").len() <= 3);
    }
}
