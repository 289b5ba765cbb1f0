//! Who has left, because a file that tells of everybody doesn't tell of them.

use super::super::super::Person;
use super::super::super::person::{Employment, Kind as PersonKind, Profile};
use super::super::report::{Difference, Kind};
use super::field;
use super::plan::Planner;

impl Planner<'_> {
    /// Refuses a full file of nobody.
    pub fn check_anybody(&mut self) {
        if self.told.lines.is_empty() {
            let heading = self.told.columns.heading(field::PERSON_ID);
            let problem = "the file tells of nobody, and as a full file would make leavers of everybody";
            self.faults.add(0, heading, "", problem);
        }
    }

    /// Whether a file of everybody leaves out somebody who works.
    pub fn is_missing(&self, person: &Person) -> bool {
        let key = person.profile.external_id.as_deref();
        let is_told = key.is_none_or(|key| self.told.lines.contains_key(key));
        !is_told && !self.told.lines.is_empty() && person.profile.kind == PersonKind::Employee
    }

    /// Somebody whom a file of everybody leaves out leaves.
    pub fn plan_leaver(&mut self, person: &Person) {
        let day = self.terms.effective;
        let mut after = person.clone();
        // Until the day has come the person works, so only the end of the place is written.
        if day <= self.terms.today {
            let kind = PersonKind::Leaver;
            after.profile = Profile { kind, employment: Some(Employment::Left), ..after.profile };
        }
        let day = person.memberships.first_day().map_or(day, |first| first.max(day));
        after.memberships.end(day);
        let place = person.memberships.periods().into_iter().find(|place| place.to.is_none_or(|to| to > day));
        if after.profile == person.profile && place.is_none() {
            return;
        }
        self.turnover.leavers += 1;
        self.tally.leave = true;
        self.tell_profile(Some(person), &after, None);
        if let Some(place) = place {
            let mut difference = Difference::default();
            difference.field("unit", &self.unit_label(Some(place.value.unit)), "");
            let key = person.profile.external_id.as_deref().unwrap_or_default();
            self.tally.changed(Kind::Memberships, key, false, difference.into_fields());
        }
        self.tally.leave = false;
        self.plan.people.push(person.revised(after, self.terms.now));
    }
}
