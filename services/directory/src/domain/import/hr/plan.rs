//! From what an HR file says to what must change.

use std::collections::{BTreeSet, HashMap, HashSet};

use arki_ids::{PersonId, RoleId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};

use super::super::super::attribute::Schema;
use super::super::super::history::Conflict;
use super::super::super::{Person, Role, Unit, circle, tree, unit};
use super::super::NewIds;
use super::super::mapping::Columns;
use super::super::report::{Difference, Faults, Kind, Pending, Report, Tally, Turnover};
use super::read::File;
use super::units::Units;
use super::{brake, field};

/// What is stored and bears on an HR file.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Every unit.
    pub units: Vec<Unit>,
    /// Every role.
    pub roles: Vec<Role>,
    /// Everybody whose external id is of the file's source.
    pub people: Vec<Person>,
    /// Who reports to whom, over everybody.
    pub managers: HashMap<PersonId, PersonId>,
    /// The keys of managers for whom people of the source wait.
    pub pending: HashMap<PersonId, String>,
    /// Employees of other sources, by keys under which the file names managers whom its source does not know.
    pub elsewhere: HashMap<String, PersonId>,
    /// What people's attributes must fit.
    pub schema: Schema,
}

/// What must be written so that the directory says what the file says.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// New or changed, each as it will be.
    pub units: Vec<Unit>,
    pub roles: Vec<Role>,
    pub people: Vec<Person>,
    /// For whom people wait from now on; none for those who wait no longer.
    pub pending: Vec<(PersonId, Option<String>)>,
}

/// When and under which name an import happens.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    pub source: &'a str,
    /// From which day the changes hold.
    pub effective: NaiveDate,
    pub today: NaiveDate,
    /// Whether the file tells of everybody of the source, so that whoever is missing has left.
    pub full: bool,
    pub now: DateTime<Utc>,
    pub dry_run: bool,
    pub brake: brake::Limits,
}

/// Compares a file with what is stored. The report of a file with faults comes without a plan.
pub fn plan(file: &File, state: &State, terms: &Terms<'_>, ids: NewIds) -> (Plan, Report) {
    let key = |person: &'_ Person| person.profile.external_id.clone().map(|key| (key, person.id));
    let stored: Vec<(String, PersonId)> = state.people.iter().filter_map(key).collect();
    let told = Content { columns: &file.columns, units: &file.units, lines: &file.lines };
    let mut planner = Planner::new(told, state, &stored, terms, ids);
    planner.turnover = brake::before(state);
    planner.plan_structure();
    let keyed =
        state.people.iter().filter_map(|person| Some((person.profile.external_id.as_deref()?, person)));
    let known: HashMap<&str, &Person> = keyed.collect();
    for row in &file.people {
        planner.plan_person(row, known.get(row.external_id.as_str()).copied());
    }
    if terms.full {
        planner.check_anybody();
        let mut missing: Vec<&Person> =
            known.values().copied().filter(|person| planner.is_missing(person)).collect();
        missing.sort_unstable_by(|one, other| one.profile.external_id.cmp(&other.profile.external_id));
        for person in missing {
            planner.plan_leaver(person);
        }
    }
    planner.check_managers();
    let Planner { plan, tally, faults, turnover, pending, pending_count, .. } = planner;
    if faults.is_empty() {
        let changed_ids = brake::changed_ids(state, &plan);
        let turnover = Turnover { changed_ids, ..turnover };
        let brake = terms.brake.pulled(turnover).unwrap_or_default();
        let report = tally.report(file.rows, terms.dry_run);
        (plan, Report { turnover, brake, pending, pending_count, ..report })
    } else {
        (Plan::default(), Report::refused(file.rows, terms.dry_run, faults))
    }
}

/// What a file says besides its people.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    pub columns: &'a Columns,
    pub units: &'a Units,
    /// The lines of people, by their keys.
    pub lines: &'a HashMap<String, u64>,
}

/// Finds out what must change, person by person. Of the people it holds their keys and whom they report to, nothing else, so
/// that a file of any size can be planned in parts.
#[derive(Debug)]
pub struct Planner<'a> {
    pub(super) told: Content<'a>,
    pub(super) terms: &'a Terms<'a>,
    pub(super) ids: NewIds,
    pub(super) stored_units: HashMap<&'a str, &'a Unit>,
    /// The ids of units and people by key, of those stored and of those in the file.
    pub(super) unit_ids: HashMap<&'a str, UnitId>,
    pub(super) person_ids: HashMap<&'a str, PersonId>,
    pub(super) unit_keys: HashMap<UnitId, &'a str>,
    pub(super) person_keys: HashMap<PersonId, &'a str>,
    pub(super) roles: HashMap<String, RoleId>,
    pub(super) role_names: HashMap<RoleId, String>,
    pub(super) known_roles: HashSet<RoleId>,
    pub(super) histories: tree::Histories,
    pub(super) managers: HashMap<PersonId, PersonId>,
    pub(super) elsewhere: &'a HashMap<String, PersonId>,
    pub(super) waiting: &'a HashMap<PersonId, String>,
    pub(super) schema: &'a Schema,
    /// What was found so far and not taken out.
    pub plan: Plan,
    pub turnover: Turnover,
    pub tally: Tally,
    pub faults: Faults,
    /// Who waits for a manager, the first [`super::super::report::MOST`], and how many do.
    pub pending: Vec<Pending>,
    pub pending_count: u64,
}

impl<'a> Planner<'a> {
    /// A planner. `stored` are the keys of everybody of the source; the people of `state` are not looked at.
    pub fn new(
        told: Content<'a>,
        state: &'a State,
        stored: &'a [(String, PersonId)],
        terms: &'a Terms<'a>,
        ids: NewIds,
    ) -> Self {
        let key = |unit: &'a Unit| unit.external_id.as_deref().map(|key| (key, unit));
        let stored_units: HashMap<&str, &Unit> = state.units.iter().filter_map(key).collect();
        let mut unit_ids: HashMap<&str, UnitId> =
            stored_units.iter().map(|(key, unit)| (*key, unit.id)).collect();
        for key in told.units.0.keys() {
            unit_ids.entry(key).or_insert_with(ids.unit);
        }
        let mut person_ids: HashMap<&str, PersonId> =
            stored.iter().map(|(key, person)| (key.as_str(), *person)).collect();
        for key in told.lines.keys() {
            person_ids.entry(key).or_insert_with(ids.person);
        }
        let mut roles = HashMap::new();
        for role in &state.roles {
            roles.entry(role.display_name.clone()).or_insert(role.id);
        }
        // The key of the source system decides where a role was renamed by hand.
        roles.extend(state.roles.iter().filter_map(|role| Some((role.external_id.clone()?, role.id))));
        Self {
            told,
            terms,
            ids,
            unit_keys: unit_ids.iter().map(|(key, id)| (*id, *key)).collect(),
            person_keys: person_ids.iter().map(|(key, id)| (*id, *key)).collect(),
            stored_units,
            unit_ids,
            person_ids,
            roles,
            role_names: state.roles.iter().map(|role| (role.id, role.display_name.clone())).collect(),
            known_roles: HashSet::new(),
            histories: state.units.iter().map(|unit| (unit.id, unit.history.clone())).collect(),
            managers: state.managers.clone(),
            elsewhere: &state.elsewhere,
            waiting: &state.pending,
            schema: &state.schema,
            plan: Plan::default(),
            turnover: Turnover::default(),
            tally: Tally::of(&[Kind::Units, Kind::Roles, Kind::People, Kind::Memberships]),
            faults: Faults::default(),
            pending: Vec::new(),
            pending_count: 0,
        }
    }

    /// What the file says.
    pub fn content(&self) -> Content<'a> {
        self.told
    }

    /// The units, and whether they stand as units may.
    pub fn plan_structure(&mut self) {
        self.plan_units();
        self.check_tree();
    }

    fn plan_units(&mut self) {
        let Content { columns, units, .. } = self.told;
        let has_parents = columns.has(field::PARENT_UNIT_ID) || columns.has(field::UNIT_PATH);
        for (key, row) in &units.0 {
            let parent = match &row.parent {
                Some(told) => match self.unit_ids.get(told.value.as_str()) {
                    Some(parent) => Some(Some(*parent)),
                    None => {
                        let problem =
                            "no unit has this key in the file or in the directory, add a line for it";
                        let heading = columns.heading(field::PARENT_UNIT_ID);
                        self.faults.add(told.line, heading, &told.value, problem);
                        continue;
                    }
                },
                None => has_parents.then_some(None),
            };
            let name = row.name.as_ref().map(|told| told.value.clone());
            let leader =
                row.leader.as_ref().and_then(|told| self.person_ids.get(told.value.as_str()).copied());
            match self.stored_units.get(key.as_str()).copied() {
                Some(unit) => self.plan_known_unit(unit, row.line, name, parent, leader),
                None => {
                    let place = unit::Place {
                        parent: parent.flatten(),
                        display_name: name.unwrap_or_else(|| key.clone()),
                        leader,
                    };
                    let id = self.unit_ids[key.as_str()];
                    let Terms { effective, now, .. } = *self.terms;
                    let unit = Unit::create(id, Some(key.clone()), place, effective, now);
                    self.tell_unit(None, &unit, effective);
                }
            }
        }
    }

    fn plan_known_unit(
        &mut self,
        unit: &Unit,
        line: u64,
        name: Option<String>,
        parent: Option<Option<UnitId>>,
        leader: Option<PersonId>,
    ) {
        let day = self.terms.effective.max(unit.history.first_day());
        let mut changed = unit.clone();
        let history = &mut changed.history;
        let set = || {
            if let Some(name) = name {
                history.set(day, |place| &mut place.display_name, name)?;
            }
            if let Some(parent) = parent {
                history.set(day, |place| &mut place.parent, parent)?;
            }
            if leader.is_some() {
                history.set(day, |place| &mut place.leader, leader)?;
            }
            Ok::<_, Conflict>(())
        };
        if set().is_err() {
            let key = unit.external_id.as_deref().unwrap_or_default();
            let heading = self.unit_heading();
            let end = unit.history.end().map(|end| end.to_string()).unwrap_or_default();
            self.faults.add(line, heading, key, format!("the unit was closed on {end}, use another key"));
            return;
        }
        let changed = unit.revised(changed, self.terms.now);
        self.tell_unit(Some(unit), &changed, day);
    }

    fn tell_unit(&mut self, before: Option<&Unit>, after: &Unit, day: NaiveDate) {
        if before == Some(after) {
            self.tally.unchanged(Kind::Units);
            return;
        }
        let old = before.and_then(|unit| unit.history.on(day)).map(|period| period.value);
        let new = after.history.nearest(day).value;
        let mut difference = Difference::default();
        difference.field("display_name", old.map_or("", |place| &place.display_name), &new.display_name);
        let parent = |place: &unit::Place| self.unit_label(place.parent);
        difference.field("parent", &old.map(parent).unwrap_or_default(), &parent(new));
        let leader = |place: &unit::Place| self.person_label(place.leader);
        difference.field("leader", &old.map(leader).unwrap_or_default(), &leader(new));
        let key = after.external_id.as_deref().unwrap_or_default();
        self.tally.changed(Kind::Units, key, before.is_none(), difference.into_fields());
        self.histories.insert(after.id, after.history.clone());
        self.plan.units.push(after.clone());
    }

    /// Neither a circle nor a unit under one that is not there, on any day from now on.
    fn check_tree(&mut self) {
        let (file, effective) = (self.told, self.terms.effective);
        let heading = |planner: &Self| match planner.told.columns.heading(field::PARENT_UNIT_ID) {
            "" => planner.told.columns.heading(field::UNIT_PATH),
            heading => heading,
        };
        for unit in &self.plan.units {
            let key = unit.external_id.as_deref().unwrap_or_default();
            let line = file.units.0.get(key).map_or(0, |row| row.line);
            if let Some(day) = tree::find_orphaned(&self.histories, unit.id, effective) {
                let parent = unit.history.nearest(day).value.parent;
                let problem = format!("the unit above doesn't exist all the time from {day} on");
                let value = self.unit_label(parent);
                self.faults.add(line, self.told.columns.heading(field::PARENT_UNIT_ID), &value, problem);
            }
        }
        let days: BTreeSet<NaiveDate> =
            self.histories.values().flat_map(|history| history.changes_from(effective)).collect();
        let mut told: HashSet<UnitId> = HashSet::new();
        for day in days {
            let above = self
                .histories
                .iter()
                .filter_map(|(unit, history)| Some((*unit, history.on(day)?.value.parent?)));
            for circle in circle::circles(&above.collect()) {
                if circle.iter().any(|unit| !told.insert(*unit)) {
                    continue;
                }
                let keys: Vec<_> = circle.iter().map(|unit| self.unit_label(Some(*unit))).collect();
                let first = keys.iter().filter_map(|key| Some((file.units.0.get(key)?.line, key))).min();
                let (line, key) = first.map_or((0, ""), |(line, key)| (line, key.as_str()));
                let problem = format!("units stand under each other in a circle: {}", keys.join(", "));
                let heading = heading(self);
                self.faults.add(line, heading, key, problem);
            }
        }
    }

    pub(super) fn unit_heading(&self) -> &'a str {
        match self.told.columns.heading(field::UNIT_ID) {
            "" => self.told.columns.heading(field::UNIT_PATH),
            heading => heading,
        }
    }

    /// How a report names a unit: by its key, else by its name in the directory.
    pub(super) fn unit_label(&self, unit: Option<UnitId>) -> String {
        let label = |unit| self.unit_keys.get(&unit).map_or_else(|| unit.name(), |key| (*key).to_owned());
        unit.map(label).unwrap_or_default()
    }

    pub(super) fn person_label(&self, person: Option<PersonId>) -> String {
        let label =
            |person| self.person_keys.get(&person).map_or_else(|| person.name(), |key| (*key).to_owned());
        person.map(label).unwrap_or_default()
    }
}
