//! The vision as everyday work.

use arki_ids::{GoalId, MetricId, PersonId, RoleId, UnitId, VisionId};
use arki_words::Words;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lint::{self, Language};
use super::vision::replace;
use super::{EmptyText, Error, Missing, Organisation, State};

/// A goal in everyday words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    pub id: GoalId,
    pub vision: VisionId,
    /// The goal above.
    pub parent: Option<GoalId>,
    pub place: Place,
    pub content: GoalContent,
    pub state: State,
    /// Grows with every write.
    pub revision: u64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// Whose goal it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// None is the whole organisation.
    pub unit: Option<UnitId>,
    /// None is everyone in the unit.
    pub role: Option<RoleId>,
}

/// What is written in a goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalContent {
    pub title: Words,
    /// What one does; empty in a draft of a cascade, until the unit has found its own words.
    pub everyday_text: Words,
    pub to_do: Vec<Words>,
    pub enough: Vec<Words>,
    pub not_asked: Vec<Words>,
    /// Who answers for it.
    pub owner: Option<PersonId>,
    /// The metric that shows its effect.
    pub metric: Option<MetricId>,
    /// Its weight among its siblings, at least 1.
    pub weight: u32,
}

/// What is to be written instead; none keeps what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoalChange {
    /// The vision that the goal has; another one is refused.
    pub vision: Option<VisionId>,
    pub parent: Option<Option<GoalId>>,
    pub unit: Option<Option<UnitId>>,
    pub role: Option<Option<RoleId>>,
    pub title: Option<Words>,
    pub everyday_text: Option<Words>,
    pub to_do: Option<Vec<Words>>,
    pub enough: Option<Vec<Words>>,
    pub not_asked: Option<Vec<Words>>,
    pub owner: Option<Option<PersonId>>,
    pub metric: Option<Option<MetricId>>,
    pub weight: Option<u32>,
}

/// A place that a cascade reaches, and who would answer for the goal there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub place: Place,
    pub owner: Option<PersonId>,
}

impl Place {
    /// Whether it is for someone of a unit and role.
    pub fn is_for(self, unit: Option<UnitId>, role: Option<RoleId>, tree: &Organisation) -> bool {
        tree.is_at_or_above(self.unit, unit) && (self.role.is_none() || self.role == role)
    }
}

impl Goal {
    /// A new draft.
    pub fn draft(
        id: GoalId,
        vision: VisionId,
        parent: Option<GoalId>,
        place: Place,
        content: GoalContent,
        now: DateTime<Utc>,
    ) -> Self {
        let state = State::Draft;
        Self { id, vision, parent, place, content, state, revision: 1, create_time: now, update_time: now }
    }

    /// Writes the changed fields. What is in force stays fit to be in force, and stays for the same people, who have
    /// been asked to commit to it. Whether the goal fits under its parent is for [`Goal::fits_under`] to say.
    pub fn apply(mut self, change: GoalChange, now: DateTime<Utc>) -> Result<Self, Error> {
        self.state.needs(&[State::Draft, State::Active])?;
        let GoalChange {
            vision,
            parent,
            unit,
            role,
            title,
            everyday_text,
            to_do,
            enough,
            not_asked,
            owner,
            metric,
            weight,
        } = change;
        if vision.is_some_and(|vision| vision != self.vision) {
            let description = "can't be changed, create a goal under the other vision".to_owned();
            return Err(Error::Field { field: "goal.vision", description });
        }
        let place = Place { unit: unit.unwrap_or(self.place.unit), role: role.unwrap_or(self.place.role) };
        if place != self.place {
            self.state.needs(&[State::Draft])?;
        }
        self.place = place;
        replace(&mut self.parent, parent);
        let content = &mut self.content;
        replace(&mut content.title, title);
        replace(&mut content.everyday_text, everyday_text);
        replace(&mut content.to_do, to_do);
        replace(&mut content.enough, enough);
        replace(&mut content.not_asked, not_asked);
        replace(&mut content.owner, owner);
        replace(&mut content.metric, metric);
        replace(&mut content.weight, weight);
        if self.state == State::Active {
            self.is_fit()?;
        }
        Ok(self.written(now))
    }

    /// Brings a draft into force, if somebody answers for it and its everyday words say something.
    pub fn activate(mut self, now: DateTime<Utc>) -> Result<Self, Error> {
        self.state.needs(&[State::Draft])?;
        self.is_fit()?;
        self.state = State::Active;
        Ok(self.written(now))
    }

    pub fn end(mut self, now: DateTime<Utc>) -> Result<Self, Error> {
        self.state.needs(&[State::Draft, State::Active])?;
        self.state = State::Ended;
        Ok(self.written(now))
    }

    /// Refuses answers to a goal that is not in force.
    pub fn is_in_force(&self) -> Result<(), Error> {
        self.state.needs(&[State::Active])
    }

    /// Refuses to put anything under a goal that has ended.
    pub fn takes_goals(&self) -> Result<(), Error> {
        self.state.needs(&[State::Draft, State::Active])
    }

    /// Refuses a parent of another vision, or of a unit that is neither the same nor above.
    pub fn fits_under(&self, parent: &Self, tree: &Organisation) -> Result<(), Error> {
        let mismatch = |why| Error::ParentMismatch { parent: parent.id, why };
        if parent.vision != self.vision {
            return Err(mismatch("belongs to another vision"));
        }
        if !tree.is_at_or_above(parent.place.unit, self.place.unit) {
            return Err(mismatch("is of a unit that is not above"));
        }
        Ok(())
    }

    /// Where a cascade makes drafts: each unit right below with the goal's own role, and each of `roles` in the goal's
    /// own unit, without the places that `taken` has already. The leader of a unit would answer for its draft.
    pub fn cascade(
        &self,
        roles: &[RoleId],
        taken: &[Place],
        tree: &Organisation,
    ) -> Result<Vec<Target>, Error> {
        self.takes_goals()?;
        if self.place.role.is_some() && !roles.is_empty() {
            let description = "must be empty for a goal that is for one role already".to_owned();
            return Err(Error::Field { field: "roles", description });
        }
        let units = tree.right_below(self.place.unit).map(|unit| Target {
            place: Place { unit: Some(unit.id), role: self.place.role },
            owner: unit.leader,
        });
        let roles = roles.iter().map(|role| Target {
            place: Place { unit: self.place.unit, role: Some(*role) },
            owner: self.content.owner,
        });
        let mut targets: Vec<Target> = Vec::new();
        for target in units.chain(roles) {
            let is_new = targets.iter().all(|earlier| earlier.place != target.place);
            if is_new && !taken.contains(&target.place) {
                targets.push(target);
            }
        }
        Ok(targets)
    }

    /// The draft that a cascade makes at a place. It takes over the title alone: the everyday words are for those to
    /// find who live that everyday.
    pub fn draft_below(&self, id: GoalId, target: Target, now: DateTime<Utc>) -> Self {
        let content = GoalContent {
            title: self.content.title.clone(),
            everyday_text: Words::default(),
            to_do: Vec::new(),
            enough: Vec::new(),
            not_asked: Vec::new(),
            owner: target.owner,
            metric: None,
            weight: 1,
        };
        Self::draft(id, self.vision, Some(self.id), target.place, content, now)
    }

    fn is_fit(&self) -> Result<(), Error> {
        let everyday = &self.content.everyday_text;
        let mut missing = Vec::new();
        if everyday.is_empty() {
            missing.push(Missing::new("everyday_text", "must say what one does"));
        }
        for (language, text) in everyday.iter() {
            if !text.chars().any(char::is_alphanumeric) {
                let field = format!("everyday_text.by_language.{language}");
                missing.push(Missing::new(field, "must have words"));
            }
        }
        if self.content.owner.is_none() {
            missing.push(Missing::new("owner", "must name who answers for it"));
        }
        if !missing.is_empty() {
            return Err(Error::GoalIncomplete(missing));
        }
        let empty: Vec<EmptyText> = everyday
            .iter()
            .filter_map(|(tag, text)| Some((tag, lint::lint(text, Language::of(tag)?))))
            .flat_map(|(tag, findings)| {
                findings.into_iter().map(|finding| EmptyText { language: tag.to_owned(), finding })
            })
            .collect();
        if empty.is_empty() { Ok(()) } else { Err(Error::GoalTextEmpty(empty)) }
    }

    fn written(mut self, now: DateTime<Utc>) -> Self {
        self.revision += 1;
        self.update_time = now;
        self
    }
}

#[cfg(test)]
mod tests;
