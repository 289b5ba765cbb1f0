use std::sync::Arc;

use arki_database::page::{Page, PageRequest};
use arki_ids::{GoalId, PersonId, TenantId};

use super::{Call, Error, Goals, tell};
use crate::domain::commitment::Answer;
use crate::domain::{self, Commitment};
use crate::storage::{commitments, goals};

impl Goals {
    /// Moves a goal on with a person whom it is for.
    pub async fn set_commitment(
        &self,
        call: Call,
        id: GoalId,
        person: PersonId,
        answer: Answer,
    ) -> Result<Commitment, Error> {
        let tenant = call.tenant;
        let (tree, facts) =
            futures::try_join!(self.directory.tree(tenant), self.directory.person(tenant, person))?;
        let now = self.now();
        let asked = Arc::new((answer, tree, facts));
        self.write("SetCommitment", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (answer, tree, facts) = &*asked;
                let goal = goals::find(tx, tenant, id).await?.ok_or(Error::GoalNotFound(id))?;
                let facts = facts.ok_or(Error::PersonNotFound(person))?;
                goal.is_in_force()?;
                if !facts.is_employee || !goal.place.is_for(facts.unit, facts.role, tree) {
                    return Err(domain::Error::NotForPerson { person }.into());
                }
                let before = commitments::find(tx, tenant, id, person).await?;
                let was = before.as_ref().map(|before| before.state);
                let before = before.unwrap_or_else(|| Commitment::unseen(id, person, now));
                let commitment = before.answered(answer.clone(), now)?;
                commitments::save(tx, tenant, &commitment).await?;
                if was != Some(commitment.state) {
                    tell::commitment_changed(tx, tenant, &commitment, facts.unit, now).await?;
                }
                Ok(commitment)
            })
        })
        .await
    }

    /// The commitments of one person of the tenant.
    pub async fn list_commitments(
        &self,
        tenant: TenantId,
        person: PersonId,
        page: &PageRequest,
    ) -> Result<Page<Commitment>, Error> {
        if self.directory.person(tenant, person).await?.is_none() {
            return Err(Error::PersonNotFound(person));
        }
        Ok(commitments::list_of_person(self.store.reader(), tenant, person, page).await?)
    }
}
