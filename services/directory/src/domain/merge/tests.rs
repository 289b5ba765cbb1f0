use std::collections::HashMap;

use arki_ids::PersonId;
use proptest::prelude::*;

use super::super::History;
use super::super::person::{self, Kind, Profile};
use super::super::unit::Place;
use super::*;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn now() -> DateTime<Utc> {
    day(0).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

/// An organisation that changes by the rules alone.
#[derive(Clone, Debug, Default)]
struct World {
    units: Vec<Unit>,
    people: Vec<Person>,
}

#[derive(Clone, Debug)]
enum Step {
    Make { parent: Option<usize>, day: i64 },
    Move { unit: usize, parent: Option<usize>, day: i64 },
    Join { unit: usize, day: i64 },
    Merge { from: Vec<usize>, into: usize, day: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (which, when) = (0_usize..8, 0_i64..60);
    prop_oneof![
        (proptest::option::of(which.clone()), when.clone())
            .prop_map(|(parent, day)| Step::Make { parent, day }),
        (which.clone(), proptest::option::of(which.clone()), when.clone())
            .prop_map(|(unit, parent, day)| Step::Move { unit, parent, day }),
        (which.clone(), when.clone()).prop_map(|(unit, day)| Step::Join { unit, day }),
        (proptest::collection::vec(which.clone(), 1..3), which, when)
            .prop_map(|(from, into, day)| Step::Merge { from, into, day }),
    ]
}

impl World {
    fn histories(&self) -> Histories {
        self.units.iter().map(|unit| (unit.id, unit.history.clone())).collect()
    }

    fn unit(&self, index: usize) -> Option<&Unit> {
        self.units.get(index % self.units.len().max(1))
    }

    fn put(&mut self, unit: Unit) {
        self.units.retain(|known| known.id != unit.id);
        self.units.push(unit);
        self.units.sort_by_key(|unit| unit.id);
    }

    /// Does a step if the rules allow it.
    fn take(&mut self, step: &Step) {
        match step {
            Step::Make { parent, day: at } => {
                let parent = parent.and_then(|parent| self.unit(parent)).cloned();
                if parent.as_ref().is_some_and(|parent| !parent.history.covers(day(*at), None)) {
                    return;
                }
                let place = Place {
                    parent: parent.map(|parent| parent.id),
                    display_name: "Yksikkö".to_owned(),
                    leader: None,
                };
                self.put(Unit::create(UnitId::generate(), None, place, day(*at), now()));
            }
            Step::Move { unit, parent, day: at } => {
                let Some(unit) = self.unit(*unit).cloned() else { return };
                let parent = parent.and_then(|parent| self.unit(parent)).map(|parent| parent.id);
                let Ok((moved, _)) = unit.change_parent(parent, day(*at), now()) else { return };
                let mut histories = self.histories();
                histories.insert(moved.id, moved.history.clone());
                if tree::find_cycle(&histories, [moved.id], day(*at)).is_none()
                    && tree::find_orphaned(&histories, moved.id, day(*at)).is_none()
                {
                    self.put(moved);
                }
            }
            Step::Join { unit, day: at } => {
                let Some(unit) = self.unit(*unit) else { return };
                if !unit.history.covers(day(*at), None) {
                    return;
                }
                let profile = Profile {
                    kind: Kind::Employee,
                    display_name: "Testi Henkilö".to_owned(),
                    email: String::new(),
                    language: None,
                    time_zone: None,
                    employment: None,
                    manager: None,
                    account: None,
                    external_id: None,
                    source: person::MANUAL.to_owned(),
                    attributes: Default::default(),
                };
                let place = person::Place { unit: unit.id, role: None };
                let person = Person::create(PersonId::generate(), profile, now());
                self.people.push(person.assign(day(*at), Some(place), now()).unwrap().0);
            }
            Step::Merge { from, into, day: at } => {
                let from = from.iter().filter_map(|unit| self.unit(*unit)).map(|unit| unit.id).collect();
                let Some(into) = self.unit(*into).map(|unit| unit.id) else { return };
                let merger = Merger { from, into, day: day(*at) };
                let Ok(units) = merger.units(&self.units, &self.histories(), now()) else { return };
                for unit in units {
                    self.put(unit);
                }
                for person in merger.people(&self.people, now()) {
                    self.people.retain(|known| known.id != person.id);
                    self.people.push(person);
                }
            }
        }
    }

    /// The parents of the units of a day.
    fn tree(&self, day: NaiveDate) -> HashMap<UnitId, Option<UnitId>> {
        self.units.iter().filter_map(|unit| Some((unit.id, unit.history.on(day)?.value.parent))).collect()
    }
}

proptest! {
    #[test]
    fn on_every_day_the_tree_is_a_tree_and_nobody_belongs_to_a_closed_unit(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut world = World::default();
        for step in &steps {
            let before = world.clone();
            world.take(step);
            // What was before a merger stays as it was: results of then roll up by the tree of then.
            if let Step::Merge { day: at, .. } = step {
                for earlier in -1..*at {
                    prop_assert_eq!(world.tree(day(earlier)), before.tree(day(earlier)));
                }
            }
        }
        for at in -1..70 {
            let tree = world.tree(day(at));
            for start in tree.keys() {
                let (mut unit, mut height) = (*start, 0);
                while let Some(parent) = tree[&unit] {
                    prop_assert!(tree.contains_key(&parent), "day {at}: a unit stands under one that is not there");
                    height += 1;
                    prop_assert!(height <= tree.len(), "day {at}: a circle");
                    unit = parent;
                }
            }
            for person in &world.people {
                if let Some(place) = person.memberships.on(day(at)) {
                    prop_assert!(tree.contains_key(&place.unit), "day {at}: somebody in a closed unit");
                }
            }
        }
    }
}

fn unit(parent: Option<UnitId>) -> Unit {
    let place = Place { parent, display_name: "Yksikkö".to_owned(), leader: None };
    Unit::create(UnitId::generate(), None, place, day(0), now())
}

#[test]
fn what_stands_below_one_that_ends_can_not_take_it_over() {
    let above = unit(None);
    let below = unit(Some(above.id));
    let units = [above.clone(), below.clone()];
    let histories = units.iter().map(|unit| (unit.id, unit.history.clone())).collect();
    let merger = Merger { from: [above.id].into(), into: below.id, day: day(9) };
    assert_eq!(merger.units(&units, &histories, now()), Err(Refusal::Cycle(below.id)));
    let itself = Merger { from: [above.id].into(), into: above.id, day: day(9) };
    assert_eq!(itself.units(&units, &histories, now()), Err(Refusal::Cycle(above.id)));
}

#[test]
fn each_unit_must_be_there() {
    let (one, mut other) = (unit(None), unit(None));
    other.history.close(day(20)).unwrap();
    let units = [one.clone(), other.clone()];
    let histories: Histories = units.iter().map(|unit| (unit.id, unit.history.clone())).collect();
    for (from, into, at) in [(&one, &other, 9), (&other, &one, 20), (&one, &other, 30)] {
        let merger = Merger { from: [from.id].into(), into: into.id, day: day(at) };
        assert!(matches!(merger.units(&units, &histories, now()), Err(Refusal::Validity(_))), "{at}");
    }
    let merger = Merger { from: [other.id].into(), into: one.id, day: day(9) };
    assert_eq!(merger.units(&units, &histories, now()).unwrap()[0].history, {
        let mut closed: History<Place> = other.history.clone();
        closed.close(day(9)).unwrap();
        closed
    });
}
