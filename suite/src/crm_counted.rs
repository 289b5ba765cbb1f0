//! What a dry run has counted already.
//!
//! A part of a dry run writes nothing that the next one would find, so what two parts tell of is new in both. Here the second
//! one becomes what it would be in a load: as it was, or changed where it tells something else.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
};

use arki_proto::directory::v1::{ImportChange, ImportCount, ImportReport};

/// How many things are remembered, by hashes of 24 bytes: about 200 MB at most. What a larger file tells of after that
/// counts each time.
const MOST: usize = 7_000_000;

/// The things that were counted as new or changed.
pub(crate) struct Counted {
    hashers: [RandomState; 2],
    /// Which thing, by a hash of 16 bytes, and what was told of it.
    told: HashMap<(u64, u64), u64>,
    most: usize,
}

impl Counted {
    pub(crate) fn new() -> Self {
        Self::remembering(MOST)
    }

    fn remembering(most: usize) -> Self {
        Self { hashers: [RandomState::new(), RandomState::new()], told: HashMap::new(), most }
    }

    /// Takes what was counted before out of the report of a part, which must list all of its changes.
    pub(crate) fn correct(&mut self, report: &mut ImportReport) {
        let ImportReport { counts, changes, .. } = report;
        changes.retain_mut(|change| {
            let (thing, told) = self.hashes(change);
            let Some(before) = self.told.get_mut(&thing) else {
                if self.told.len() < self.most {
                    self.told.insert(thing, told);
                }
                return true;
            };
            let differs = *before != told;
            *before = told;
            if let Some(count) = counts.iter_mut().find(|count| count.kind == change.kind) {
                again(count, change.action == CREATE, differs);
            }
            if differs {
                UPDATE.clone_into(&mut change.action);
            }
            differs
        });
    }

    /// Which thing a change is about, and what it makes of it.
    fn hashes(&self, change: &ImportChange) -> ((u64, u64), u64) {
        let [one, other] = &self.hashers;
        let thing = (change.kind.as_str(), change.external_id.as_str());
        let told: Vec<_> =
            change.fields.iter().map(|field| (field.field.as_str(), field.after.as_str())).collect();
        ((one.hash_one(thing), other.hash_one(thing)), one.hash_one(told))
    }
}

/// The words of a report for what happens to a thing.
const CREATE: &str = "create";
const UPDATE: &str = "update";

/// Counts a thing anew that was counted as new or changed.
fn again(count: &mut ImportCount, was_new: bool, differs: bool) {
    let counted = if was_new { &mut count.created } else { &mut count.updated };
    *counted -= 1;
    let counts = if differs { &mut count.updated } else { &mut count.unchanged };
    *counts += 1;
}

#[cfg(test)]
mod tests {
    use arki_proto::directory::v1::FieldChange;

    use super::*;

    fn change(kind: &str, key: &str, action: &str, name: &str) -> ImportChange {
        let field =
            FieldChange { field: "display_name".to_owned(), before: String::new(), after: name.to_owned() };
        ImportChange {
            kind: kind.to_owned(),
            external_id: key.to_owned(),
            action: action.to_owned(),
            fields: vec![field],
        }
    }

    /// The report of a part, as the directory makes it.
    fn part(changes: Vec<ImportChange>) -> ImportReport {
        let count = |kind: &str| {
            let of = |action: &str| {
                let those = changes.iter().filter(|one| one.kind == kind && one.action == action);
                i64::try_from(those.count()).unwrap()
            };
            ImportCount { kind: kind.to_owned(), created: of(CREATE), updated: of(UPDATE), unchanged: 0 }
        };
        let counts = vec![count("accounts"), count("people")];
        ImportReport { counts, changes, ..Default::default() }
    }

    /// New, changed and as before, of accounts and of people.
    fn counts(report: &ImportReport) -> Vec<(i64, i64, i64)> {
        report.counts.iter().map(|count| (count.created, count.updated, count.unchanged)).collect()
    }

    #[test]
    fn what_two_parts_tell_of_is_new_once() {
        let mut counted = Counted::new();
        let mut first = part(vec![
            change("accounts", "a", CREATE, "A"),
            change("accounts", "b", UPDATE, "B"),
            change("people", "a", CREATE, "Aino"),
        ]);
        counted.correct(&mut first);
        assert_eq!(counts(&first), [(1, 1, 0), (1, 0, 0)]);
        assert_eq!(first.changes.len(), 3);
        let mut second = part(vec![
            change("accounts", "a", CREATE, "A"),
            change("accounts", "b", UPDATE, "B"),
            change("accounts", "c", CREATE, "C"),
            change("people", "a", CREATE, "Eero"),
        ]);
        counted.correct(&mut second);
        assert_eq!(counts(&second), [(1, 0, 2), (0, 1, 0)]);
        let told: Vec<_> =
            second.changes.iter().map(|one| (one.external_id.as_str(), one.action.as_str())).collect();
        assert_eq!(told, [("c", CREATE), ("a", UPDATE)]);
        let mut third = part(vec![change("people", "a", CREATE, "Eero")]);
        counted.correct(&mut third);
        assert_eq!(counts(&third), [(0, 0, 0), (0, 0, 1)]);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut counted = Counted::remembering(1);
        let both = || part(vec![change("accounts", "a", CREATE, "A"), change("accounts", "b", CREATE, "B")]);
        counted.correct(&mut both());
        let mut again = both();
        counted.correct(&mut again);
        assert_eq!(counts(&again)[0], (1, 0, 1), "only the first is known again");
    }
}
