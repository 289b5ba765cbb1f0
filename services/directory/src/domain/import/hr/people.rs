//! The people of an HR file: who they are, where they belong and to whom they report.

use std::collections::BTreeMap;

use arki_ids::{PersonId, RoleId};
use chrono::NaiveDate;

use super::super::super::person::{Employment, Kind as PersonKind, Place, Profile};
use super::super::super::{Person, Role, circle};
use super::super::report::{Difference, Field, Kind, MOST, Pending};
use super::field;
use super::plan::{Planner, Terms};
use super::read::PersonRow;

impl Planner<'_> {
    /// What a row makes of a person who is stored, or of nobody.
    pub fn plan_person(&mut self, row: &PersonRow, stored: Option<&Person>) {
        let Some(id) = self.person_ids.get(row.external_id.as_str()).copied() else { return };
        let mut waits = None;
        let manager = match &row.manager {
            None => stored.and_then(|person| person.profile.manager),
            Some(None) => None,
            Some(Some(key)) => {
                let known = self.person_ids.get(key.as_str()).or_else(|| self.elsewhere.get(key));
                // Whoever comes later is the manager then.
                if known.is_none() {
                    waits = Some(key.clone());
                }
                known.copied()
            }
        };
        match manager {
            Some(manager) => self.managers.insert(id, manager),
            None => self.managers.remove(&id),
        };
        let profile = profile(row, stored, manager, self.terms);
        let before = stored.cloned();
        let base = stored.cloned().unwrap_or_else(|| Person::create(id, profile.clone(), self.terms.now));
        let mut after = Person { profile: profile.settled(), ..base };
        self.check_profile(row, before.as_ref(), &after);
        self.wait_for(row, id, waits.as_deref());
        self.tell_profile(before.as_ref(), &after, waits.as_deref());
        self.turn_over(before.as_ref(), &after);
        if after.profile.employment == Some(Employment::Left) {
            after.memberships.end(self.terms.effective);
        } else {
            self.plan_membership(row, &mut after);
        }
        match before {
            None => self.plan.people.push(after),
            Some(before) if before == after => {}
            Some(before) => {
                let after = before.revised(after, self.terms.now);
                self.plan.people.push(after);
            }
        }
    }

    /// Notes for whom a person waits from now on, where the file says so.
    fn wait_for(&mut self, row: &PersonRow, person: PersonId, manager: Option<&str>) {
        if let Some(manager) = manager {
            self.pending_count += 1;
            if self.pending.len() < MOST {
                let (line, external_id) = (row.line, row.external_id.clone());
                self.pending.push(Pending { line, external_id, manager: manager.to_owned() });
            }
        }
        if row.manager.is_some() && self.waiting.get(&person).map(String::as_str) != manager {
            self.plan.pending.push((person, manager.map(str::to_owned)));
        }
    }

    fn turn_over(&mut self, before: Option<&Person>, after: &Person) {
        match (before.map(|before| before.profile.kind), after.profile.kind) {
            (Some(PersonKind::Employee), PersonKind::Leaver) => self.turnover.leavers += 1,
            (Some(PersonKind::Leaver), PersonKind::Employee) => self.turnover.returned += 1,
            _ => {}
        }
    }

    /// What single writes of people are refused for too.
    fn check_profile(&mut self, row: &PersonRow, before: Option<&Person>, after: &Person) {
        let old = before.map(|person| (person.profile.kind, &person.profile.attributes));
        for refused in self.schema.check(after.profile.kind, old, &after.profile.attributes) {
            // One that is required may have no column at all.
            let (key, heading) = self.told.columns.attribute(&refused.field).unwrap_or((&refused.field, ""));
            let value = row.attributes.get(key).map_or(key, String::as_str);
            self.faults.add(row.line, heading, value, refused.problem);
        }
        let (old, new) = (before.and_then(|person| person.profile.employment), after.profile.employment);
        if old != new
            && let Err(illegal) = Employment::step(old, new)
        {
            let heading = self.told.columns.heading(field::STATE);
            self.faults.add(row.line, heading, illegal.to.word(), illegal.to_string());
        }
    }

    /// Tells what differs in a person. `waits` is the key of a manager who is not there yet.
    pub(super) fn tell_profile(&mut self, before: Option<&Person>, after: &Person, waits: Option<&str>) {
        let old = before.map(|person| &person.profile);
        let waited = self.waiting.get(&after.id).map(String::as_str);
        let is_news = waits.is_some() && waits != waited;
        if old == Some(&after.profile) && !is_news {
            self.tally.unchanged(Kind::People);
            return;
        }
        let mut difference = Difference::default();
        let label = |manager: Option<PersonId>| self.person_label(manager);
        let fields: [Field<'_, Profile>; 7] = [
            ("kind", &|profile| profile.kind.word().to_owned()),
            ("display_name", &|profile| profile.display_name.clone()),
            ("email", &|profile| profile.email.clone()),
            ("language", &|profile| profile.language.clone().unwrap_or_default()),
            ("time_zone", &|profile| {
                profile.time_zone.map(|zone| zone.name().to_owned()).unwrap_or_default()
            }),
            ("employment_state", &|profile| profile.employment.map_or("", Employment::word).to_owned()),
            ("manager", &|profile| label(profile.manager)),
        ];
        difference.fields(old, &after.profile, &fields);
        if is_news && let Some(key) = waits {
            difference.field("pending_manager", waited.unwrap_or_default(), key);
        }
        let none = BTreeMap::new();
        let (old_attributes, new) =
            (old.map_or(&none, |profile| &profile.attributes), &after.profile.attributes);
        for key in old_attributes.keys().chain(new.keys().filter(|key| !old_attributes.contains_key(*key))) {
            let value =
                |attributes: &BTreeMap<String, String>| attributes.get(key).cloned().unwrap_or_default();
            difference.field(&format!("attributes[{key}]"), &value(old_attributes), &value(new));
        }
        let key = after.profile.external_id.as_deref().unwrap_or_default();
        self.tally.changed(Kind::People, key, before.is_none(), difference.into_fields());
    }

    fn plan_membership(&mut self, row: &PersonRow, person: &mut Person) {
        if row.unit.is_none() && row.role.is_none() {
            return;
        }
        let first = person.memberships.first_day().unwrap_or(NaiveDate::MIN);
        let day = self.terms.effective.max(row.start.unwrap_or(NaiveDate::MIN)).max(first);
        let old = person.memberships.on(day);
        let unit = match &row.unit {
            Some(key) => key.as_ref().and_then(|key| self.unit_ids.get(key.as_str()).copied()),
            None => old.map(|place| place.unit),
        };
        let role = match &row.role {
            Some(name) => name.as_ref().map(|name| self.role(name)),
            None => old.and_then(|place| place.role).filter(|_| unit.is_some()),
        };
        let new = match (unit, role) {
            (Some(unit), role) => Some(Place { unit, role }),
            (None, None) => None,
            (None, Some(_)) => {
                let name = row.role.as_ref().and_then(Option::as_deref).unwrap_or_default();
                let heading = self.told.columns.heading(field::ROLE);
                self.faults.add(row.line, heading, name, "needs a unit in which the person holds the role");
                return;
            }
        };
        if old == new {
            if new.is_some() {
                self.tally.unchanged(Kind::Memberships);
            }
            return;
        }
        let until = person.memberships.put(day, new).ok().flatten();
        if let Some(place) = new {
            // A unit that is itself at fault is told of elsewhere and has no history here.
            let history = self.histories.get(&place.unit);
            if history.is_some_and(|history| !history.covers(day, until)) {
                let value = self.unit_label(Some(place.unit));
                let problem = format!("the unit doesn't exist all the time from {day} on");
                self.faults.add(row.line, self.unit_heading(), &value, problem);
            }
        }
        let mut difference = Difference::default();
        let unit = |place: Option<Place>| self.unit_label(place.map(|place| place.unit));
        difference.field("unit", &unit(old), &unit(new));
        let role = |place: Option<Place>| {
            place.and_then(|place| self.role_names.get(&place.role?).cloned()).unwrap_or_default()
        };
        difference.field("role", &role(old), &role(new));
        self.tally.changed(Kind::Memberships, &row.external_id, old.is_none(), difference.into_fields());
    }

    /// The role of a name, made where there is none.
    fn role(&mut self, name: &str) -> RoleId {
        if let Some(id) = self.roles.get(name).copied() {
            if self.known_roles.insert(id) {
                self.tally.unchanged(Kind::Roles);
            }
            return id;
        }
        let id = (self.ids.role)();
        let role = Role::create(id, name.to_owned(), Some(name.to_owned()), self.terms.now);
        let mut difference = Difference::default();
        difference.field("display_name", "", name);
        self.tally.changed(Kind::Roles, name, true, difference.into_fields());
        self.roles.insert(name.to_owned(), id);
        self.role_names.insert(id, name.to_owned());
        self.known_roles.insert(id);
        self.plan.roles.push(role);
        id
    }

    /// Refuses people who would manage each other.
    pub fn check_managers(&mut self) {
        let lines = self.told.lines;
        for circle in circle::circles(&self.managers) {
            let keys: Vec<String> = circle.iter().map(|person| self.person_label(Some(*person))).collect();
            let first = keys.iter().filter_map(|key| Some((*lines.get(key.as_str())?, key.as_str()))).min();
            // Nobody in the file, so the file is not to blame.
            let Some((line, key)) = first else { continue };
            let heading = self.told.columns.heading(field::MANAGER_ID);
            let place = |key: &String| match lines.get(key.as_str()) {
                Some(line) => format!("{key} (line {line})"),
                None => format!("{key} (not in the file)"),
            };
            let people: Vec<String> = keys.iter().map(place).collect();
            let problem = format!("people manage each other in a circle: {}", people.join(", "));
            self.faults.add(line, heading, key, problem);
        }
    }
}

/// The profile that a row makes of a stored one, or of nothing.
fn profile(
    row: &PersonRow,
    stored: Option<&Person>,
    manager: Option<PersonId>,
    terms: &Terms<'_>,
) -> Profile {
    let old = stored.map(|person| person.profile.clone());
    // A file of everybody who works says of whoever is in it that they do, unless it says otherwise.
    let is_back = terms.full && old.as_ref().is_some_and(|old| old.kind == PersonKind::Leaver);
    let employment = row.employment.or(is_back.then_some(Employment::Active));
    let mut attributes = old.as_ref().map(|old| old.attributes.clone()).unwrap_or_default();
    for (key, value) in &row.attributes {
        if value.is_empty() {
            attributes.remove(key);
        } else {
            attributes.insert(key.clone(), value.clone());
        }
    }
    let kind = match employment {
        Some(Employment::Left) => PersonKind::Leaver,
        Some(Employment::Active | Employment::LongLeave | Employment::Returned) => PersonKind::Employee,
        None => old.as_ref().map_or(PersonKind::Employee, |old| old.kind),
    };
    Profile {
        kind,
        display_name: row.name.clone(),
        email: row.email.clone().or(old.as_ref().map(|old| old.email.clone())).unwrap_or_default(),
        language: row.language.clone().unwrap_or_else(|| old.as_ref().and_then(|old| old.language.clone())),
        time_zone: row.time_zone.unwrap_or_else(|| old.as_ref().and_then(|old| old.time_zone)),
        // A file knows no return: active, of somebody who had left, is that.
        employment: match (employment, old.as_ref().and_then(|old| old.employment)) {
            (Some(said), before) => Some(said.heard_of(before)),
            (None, before) => before,
        },
        manager,
        account: old.as_ref().and_then(|old| old.account),
        external_id: Some(row.external_id.clone()),
        source: terms.source.to_owned(),
        attributes,
    }
}
