//! A wave with everything around the numbers: its places, who answered, and what may be shown.

use std::collections::BTreeMap;

use arki_ids::{TenantId, UnitId, WaveId};

use super::{Error, Scorecard};
use crate::domain::emotion::{Palette, TargetProfile};
use crate::domain::hierarchy::Hierarchy;
use crate::domain::metric::QuestionBinding;
use crate::domain::reading::{Answered, Days};
use crate::domain::release::{Plan, shown_people};
use crate::domain::tree::Tree;
use crate::domain::wave::{Audience, Opening, Question, Wave, WaveState};
use crate::peers::HouseRules;
use crate::storage::answers::{ByUnit, Respondents};
use crate::storage::{answers, organisation, releases, waves};

/// A wave, set up to be shown.
pub(super) struct Scene {
    pub(super) wave: WaveId,
    pub(super) opening: Opening,
    pub(super) question: Question,
    pub(super) hierarchy: Hierarchy,
    /// What the gate decided; `None` where people are customers.
    pub(super) plan: Option<Plan>,
    /// How many answered at each place and below, for customers.
    people: Vec<u64>,
    /// How many were invited at each place and below; `None` while that is not known.
    invited: Option<Vec<u64>>,
    /// The days of the answers at each place and below.
    days: Vec<Option<Days>>,
}

/// Which wave to show.
pub(super) struct Asked<'a> {
    pub(super) wave: Option<WaveId>,
    pub(super) question: &'a QuestionBinding,
    pub(super) kind: &'static str,
    pub(super) audiences: &'a [Audience],
}

pub(super) const ANYBODY: &[Audience] = Audience::ALL;

impl Scorecard {
    /// Sets up the wave that is asked for, or the newest that fits.
    ///
    /// A wave that may not be shown yet, that is another tenant's, that asked somebody else or that does not have the
    /// question is the same as one that is not there.
    pub(super) async fn scene(
        &self,
        tenant: TenantId,
        asked: &Asked<'_>,
        rules: &HouseRules,
    ) -> Result<Scene, Error> {
        let db = self.store.reader();
        let Asked { wave, question, kind, audiences } = asked;
        let nothing = || Error::NoReadings((*question).clone());
        let found = match wave {
            Some(id) => waves::find(db, tenant, *id).await?,
            None => waves::find_newest_shown(db, tenant, question, kind, audiences).await?,
        };
        let Wave { id: wave, opening, state, close_time } = found.ok_or_else(nothing)?;
        let opening = opening.ok_or_else(nothing)?;
        let is_shown = state == WaveState::Released || !opening.audience.is_gated();
        if !is_shown || !audiences.contains(&opening.audience) {
            return Err(nothing());
        }
        let asks = waves::find_question(db, tenant, wave, question).await?;
        let asks = asks.filter(|asks| asks.kind == *kind).ok_or_else(nothing)?;
        let invited = answers::list_invited(db, tenant, wave).await?;
        let (hierarchy, plan, people, days) = if opening.audience.is_gated() {
            let release = releases::find(db, tenant, wave).await?;
            let plan = release.plan(opening.minimum_group)?;
            // The days of the wave and not of the answers: the first and the last answer are somebody's.
            let last = close_time.map_or(opening.open_day, |time| rules.day(time)).max(opening.open_day);
            let days = vec![Some(Days { first: opening.open_day, last }); release.own.len()];
            (release.hierarchy, Some(plan), Vec::new(), days)
        } else {
            let (hierarchy, people, days) = self.customers(tenant, wave, &opening, question).await?;
            (hierarchy, None, people, days)
        };
        // Of those who were invited in no unit of the tree nobody answered, or there would be a place for them.
        let invited: ByUnit<u64> =
            invited.into_iter().filter(|(unit, _)| hierarchy.has_place(*unit)).collect();
        let invited = if invited.is_empty() { None } else { Some(hierarchy.roll_up(invited)?) };
        Ok(Scene { wave, opening, question: asks, hierarchy, plan, people, invited, days })
    }

    /// The places, how many answered at each, and when.
    ///
    /// Customers answer for as long as a wave is open, and their tree is read anew each time: what was told of it late
    /// counts too.
    async fn customers(
        &self,
        tenant: TenantId,
        wave: WaveId,
        opening: &Opening,
        question: &QuestionBinding,
    ) -> Result<(Hierarchy, Vec<u64>, Vec<Option<Days>>), Error> {
        let db = self.store.reader();
        let versions = organisation::list_versions(db, tenant).await?;
        let tree = Tree::as_of(&versions, opening.open_day)?;
        let responses = answers::sum_responses(db, tenant, wave).await?;
        let respondents = answers::sum_respondents(db, tenant, wave, question).await?;
        let is_outside = |unit: &Option<UnitId>| unit.is_none_or(|unit| tree.number(unit).is_none());
        let hierarchy = Hierarchy::of(&tree, responses.keys().chain(respondents.keys()).any(is_outside));
        let days: ByUnit<Option<Days>> = respondents
            .into_iter()
            .map(|(unit, Respondents { people: _, days })| (unit, Some(days)))
            .collect();
        let (people, days) = (hierarchy.roll_up(responses)?, hierarchy.roll_up(days)?);
        Ok((hierarchy, people, days))
    }

    /// How often each option of a palette was chosen at each place and below, in the order of a profile.
    pub(super) async fn palettes(
        &self,
        tenant: TenantId,
        scene: &Scene,
        question: &QuestionBinding,
        profile: &TargetProfile,
    ) -> Result<Vec<Palette>, Error> {
        let db = self.store.reader();
        let respondents = answers::sum_respondents(db, tenant, scene.wave, question).await?;
        let histograms = answers::sum_cells(db, tenant, scene.wave, question).await?;
        let palettes = respondents.into_iter().map(|(unit, Respondents { people, days: _ })| {
            let picks: BTreeMap<String, u64> = histograms
                .get(&unit)
                .into_iter()
                .flat_map(|histogram| histogram.iter())
                .filter_map(|(place, picks)| {
                    let option = scene.question.options.get(usize::try_from(place).ok()?)?;
                    Some((option.clone(), picks))
                })
                .collect();
            (unit, Palette::of(profile, people, &picks))
        });
        let mut cells = scene.hierarchy.roll_up(palettes)?;
        for cell in &mut cells {
            // A place without answers has all the terms too, each chosen by nobody.
            cell.picks.resize(profile.terms().len(), 0);
        }
        Ok(cells)
    }
}

impl Scene {
    /// The places of a list: a unit and those right below it, or all of them. The whole tenant is among them where it is
    /// a place of its own; for employees only if it is shown, since that it is there tells that somebody has no unit.
    pub(super) fn listed(&self, unit: Option<UnitId>) -> Result<Vec<usize>, Error> {
        if let Some(unit) = unit {
            let number = self.hierarchy.of_unit(unit).ok_or(Error::UnitNotFound(unit))?;
            return Ok(self.hierarchy.with_children(number).collect());
        }
        let is_listed = |place: &usize| {
            !self.hierarchy.is_tenant(*place) || self.plan.as_ref().is_none_or(|plan| plan.is_shown(*place))
        };
        Ok((0..self.hierarchy.places().len()).filter(is_listed).collect())
    }

    /// The days of the answers at a place, or of the wave.
    pub(super) fn days(&self, place: usize) -> Option<Days> {
        self.days.get(place).copied().flatten()
    }

    /// How many answered at a place where a figure is shown.
    pub(super) fn answered(&self, place: usize) -> Answered {
        let exact = match &self.plan {
            Some(plan) => plan.people(place),
            None => self.people.get(place).copied().unwrap_or(0),
        };
        let people = if self.plan.is_some() { shown_people(exact) } else { exact };
        let invited = self.invited.as_ref().and_then(|invited| invited.get(place).copied());
        // Where people came by an open link, more may have answered than were invited.
        Answered {
            people,
            is_rounded: self.plan.is_some() && exact < 20,
            invited: invited.filter(|invited| *invited >= exact),
        }
    }
}
