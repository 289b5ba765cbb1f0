use std::sync::Arc;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{GoalId, RoleId, TenantId, VisionId};
use chrono::{DateTime, Utc};

use super::facts::{Facts, Named};
use super::{Call, Error, Goals, expect_etag, tell};
use crate::domain::{Goal, GoalChange, GoalContent, Organisation, Place, State, tree};
use crate::storage::goals::Filter;
use crate::storage::{goals, visions};

/// A goal to be created.
#[derive(Clone, Debug)]
pub struct NewGoal {
    pub vision: VisionId,
    pub parent: Option<GoalId>,
    pub place: Place,
    pub content: GoalContent,
}

impl Goals {
    pub async fn create_goal(&self, call: Call, new: NewGoal) -> Result<Goal, Error> {
        let tenant = call.tenant;
        let NewGoal { vision, parent, place, content } = new;
        let named = Named {
            tree: parent.is_some(),
            unit: place.unit,
            roles: place.role.into_iter().collect(),
            person: content.owner,
        };
        let facts = self.facts(tenant, named).await?;
        let now = self.now();
        let goal = Goal::draft(GoalId::generate(), vision, parent, place, content, now);
        let asked = Arc::new((goal, facts));
        self.write("CreateGoal", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (goal, facts) = &*asked;
                let vision = goal.vision;
                let vision = visions::find(tx, tenant, vision).await?.ok_or(Error::VisionNotFound(vision))?;
                vision.takes_goals()?;
                facts.complete()?;
                if let Some(parent) = goal.parent {
                    put_under(tx, tenant, goal, parent, &facts.tree).await?;
                }
                goals::insert(tx, tenant, goal).await?;
                tell::goals_changed(tx, tenant, std::slice::from_ref(goal), now).await?;
                Ok(goal.clone())
            })
        })
        .await
    }

    pub async fn get_goal(&self, tenant: TenantId, id: GoalId) -> Result<Goal, Error> {
        goals::find(self.store.reader(), tenant, id).await?.ok_or(Error::GoalNotFound(id))
    }

    pub async fn list_goals(
        &self,
        tenant: TenantId,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<Goal>, Error> {
        Ok(goals::list(self.store.reader(), tenant, filter, page).await?)
    }

    pub async fn update_goal(
        &self,
        call: Call,
        id: GoalId,
        etag: String,
        change: GoalChange,
    ) -> Result<Goal, Error> {
        let tenant = call.tenant;
        let named = Named {
            tree: change.parent.is_some() || change.unit.is_some(),
            unit: change.unit.flatten(),
            roles: change.role.flatten().into_iter().collect(),
            person: change.owner.flatten(),
        };
        let facts = self.facts(tenant, named).await?;
        let now = self.now();
        let asked = Arc::new((etag, change, facts));
        self.write("UpdateGoal", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (etag, change, facts) = &*asked;
                let before = goals::find(tx, tenant, id).await?.ok_or(Error::GoalNotFound(id))?;
                expect_etag(etag, before.revision)?;
                let goal = before.clone().apply(change.clone(), now)?;
                facts.complete_besides(before.place, before.content.owner)?;
                move_in_tree(tx, tenant, &before, &goal, facts).await?;
                keep(tx, tenant, goal, now).await
            })
        })
        .await
    }

    /// Brings a goal into force, under a vision that is in force.
    pub async fn activate_goal(&self, call: Call, id: GoalId, etag: String) -> Result<Goal, Error> {
        let tenant = call.tenant;
        let now = self.now();
        self.write("ActivateGoal", call, now, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let goal = goals::find(tx, tenant, id).await?.ok_or(Error::GoalNotFound(id))?;
                expect_etag(&etag, goal.revision)?;
                let goal = goal.activate(now)?;
                let vision = visions::find(tx, tenant, goal.vision).await?;
                vision.ok_or(Error::VisionNotFound(goal.vision))?.is_in_force()?;
                keep(tx, tenant, goal, now).await
            })
        })
        .await
    }

    pub async fn end_goal(&self, call: Call, id: GoalId, etag: String) -> Result<Goal, Error> {
        let tenant = call.tenant;
        let now = self.now();
        self.write("EndGoal", call, now, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let goal = goals::find(tx, tenant, id).await?.ok_or(Error::GoalNotFound(id))?;
                expect_etag(&etag, goal.revision)?;
                keep(tx, tenant, goal.end(now)?, now).await
            })
        })
        .await
    }

    /// Makes a draft for each unit right below and for each role, where there is none yet. What has ended is none.
    pub async fn cascade_goal(&self, call: Call, id: GoalId, roles: Vec<RoleId>) -> Result<Vec<Goal>, Error> {
        let tenant = call.tenant;
        let named = Named { tree: true, roles: roles.clone(), ..Named::default() };
        let facts = self.facts(tenant, named).await?;
        let now = self.now();
        let asked = Arc::new((roles, facts));
        self.write("CascadeGoal", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (roles, facts) = &*asked;
                let goal = goals::find(tx, tenant, id).await?.ok_or(Error::GoalNotFound(id))?;
                let vision = visions::find(tx, tenant, goal.vision).await?;
                vision.ok_or(Error::VisionNotFound(goal.vision))?.takes_goals()?;
                facts.complete()?;
                let taken: Vec<Place> = goals::list_below(tx, tenant, id)
                    .await?
                    .into_iter()
                    .filter(|below| below.state != State::Ended)
                    .map(|below| below.place)
                    .collect();
                let targets = goal.cascade(roles, &taken, &facts.tree)?;
                let drafts: Vec<Goal> = targets
                    .into_iter()
                    .map(|target| goal.draft_below(GoalId::generate(), target, now))
                    .collect();
                for draft in &drafts {
                    goals::insert(tx, tenant, draft).await?;
                }
                tell::goals_changed(tx, tenant, &drafts, now).await?;
                Ok(drafts)
            })
        })
        .await
    }
}

/// Writes a goal that was changed, and tells so.
async fn keep(tx: &Tx, tenant: TenantId, goal: Goal, now: DateTime<Utc>) -> Result<Goal, Error> {
    goals::update(tx, tenant, &goal).await?;
    tell::goals_changed(tx, tenant, std::slice::from_ref(&goal), now).await?;
    Ok(goal)
}

/// Checks that a goal may be put under a parent.
async fn put_under(
    tx: &Tx,
    tenant: TenantId,
    goal: &Goal,
    parent: GoalId,
    organisation: &Organisation,
) -> Result<(), Error> {
    let above = goals::find(tx, tenant, parent).await?.ok_or(Error::GoalNotFound(parent))?;
    tree::refuse_cycle(goal.id, &goals::line(tx, tenant, parent).await?)?;
    above.takes_goals()?;
    Ok(goal.fits_under(&above, organisation)?)
}

/// Checks that a goal whose parent or unit has changed still fits where it is, and the goals below it too.
async fn move_in_tree(
    tx: &Tx,
    tenant: TenantId,
    before: &Goal,
    goal: &Goal,
    facts: &Facts,
) -> Result<(), Error> {
    let has_moved = before.place.unit != goal.place.unit;
    if let Some(parent) = goal.parent.filter(|parent| has_moved || before.parent != Some(*parent)) {
        put_under(tx, tenant, goal, parent, &facts.tree).await?;
    }
    if has_moved {
        for below in goals::list_below(tx, tenant, goal.id).await? {
            if below.state != State::Ended {
                below.fits_under(goal, &facts.tree)?;
            }
        }
    }
    Ok(())
}
