//! Opening a wave: who is asked is read from the directory, and fixed. Whom a rule keeps from being asked is left out, and
//! counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arki_database::Once;
use arki_ids::{InvitationId, TenantId, UnitId, WaveId};

use super::announce;
use super::error::Error;
use super::surveys::{Surveys, check_etag};
use super::waves::Counted;
use crate::domain::ineligible::Ineligible;
use crate::domain::rate::RosterUnit;
use crate::domain::wave::day_in;
use crate::domain::{Invitation, Opening, State, Version, Wave};
use crate::peers::directory::Member;
use crate::storage::invitations::New;
use crate::storage::{invitations, waves};

/// All that an opening writes, made before its transaction begins: peers are never waited for inside of it.
struct Plan {
    /// The revision of the wave that the plan was made for.
    revision: i64,
    version: Arc<Version>,
    opening: Opening,
    invitations: Vec<New>,
    roster: Vec<RosterUnit>,
    ineligible: Ineligible,
}

impl Surveys {
    /// Invites everybody of the audience, all in one transaction with the opening itself.
    pub async fn open_wave(
        &self,
        tenant: TenantId,
        id: WaveId,
        etag: &str,
        once: Once,
    ) -> Result<Counted, Error> {
        let wave = waves::find(self.store.reader(), tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
        // A wave that isn't a draft is refused below, unless this is the repetition of the call that opened it.
        let plan = match wave.state {
            State::Draft => Some(Arc::new(self.plan(tenant, &wave).await?)),
            State::Open | State::Closing | State::Closed => None,
        };
        let (etag, has_plan) = (etag.to_owned(), plan.is_some());
        let opened = self
            .store
            .write_once("OpenWave", once, move |tx| {
                let (plan, etag) = (plan.clone(), etag.clone());
                Box::pin(async move {
                    let mut wave = waves::find(tx, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
                    check_etag(&etag, wave.revision)?;
                    let Some(plan) = plan.filter(|_| wave.state == State::Draft) else {
                        return Err(Error::WaveStateWrong { state: wave.state, needed: State::Draft.word() });
                    };
                    let Plan { revision, version, opening, invitations, roster, ineligible } = &*plan;
                    // Somebody changed the wave while its audience was read: the plan is for another wave.
                    check_etag(&revision.to_string(), wave.revision)?;
                    if invitations.is_empty() {
                        return Err(Error::AudienceEmpty);
                    }
                    wave.open(opening.clone())?;
                    waves::update(tx, tenant, &wave).await?;
                    invitations::insert_all(tx, tenant, id, invitations).await?;
                    waves::insert_roster(tx, tenant, id, roster).await?;
                    waves::insert_ineligible(tx, tenant, id, ineligible).await?;
                    let opened = announce::opened(&wave, opening, version);
                    arki_events::append(tx, tenant, &id.name(), opening.time, &opened).await?;
                    Ok(Counted { wave, responses: 0 })
                })
            })
            .await;
        if opened.is_err() && has_plan {
            self.give_back(tenant, id).await;
        }
        opened
    }

    /// Gives back the contacts that were reserved for a wave which has not opened. Where somebody else opened it meanwhile
    /// they are that opening's; and where nothing can be asked, they end with their lease.
    async fn give_back(&self, tenant: TenantId, id: WaveId) {
        let is_draft = match waves::find(self.store.reader(), tenant, id).await {
            Ok(wave) => wave.is_some_and(|wave| wave.state == State::Draft),
            Err(_) => false,
        };
        if is_draft && let Err(error) = self.directory.release(tenant, id).await {
            tracing::debug!(%error, wave = %id, "contacts of a wave that did not open end with their lease");
        }
    }

    async fn plan(&self, tenant: TenantId, wave: &Wave) -> Result<Plan, Error> {
        let now = self.now();
        let rules = self.directory.rules(tenant).await?;
        let day = day_in(&rules.time_zone, now);
        let members = self.directory.audience(tenant, wave.audience, &wave.units, day).await?;
        let tree = self.directory.tree(tenant, day).await?;
        let version = self.versions.get(self.store.reader(), tenant, wave.version).await?;
        let secret = self.secret().await?;
        let people: Vec<_> = members.iter().map(|member| member.person).collect();
        // Last of what is asked of others: from here on places are kept.
        let refused = match self.directory.reserve(tenant, wave, &people).await {
            Ok(refused) => refused,
            Err(error) => {
                self.give_back(tenant, wave.id).await;
                return Err(error.into());
            }
        };
        let mut ineligible = Ineligible::new();
        for reason in refused.values() {
            *ineligible.entry((*reason).to_owned()).or_default() += 1;
        }
        let members: Vec<_> =
            members.into_iter().filter(|member| !refused.contains_key(&member.person)).collect();
        let roster = roster(&members, &tree);
        let opening = Opening {
            time: now,
            day,
            minimum_group: rules.minimum_group(wave.audience),
            time_zone: rules.time_zone,
            default_language: rules.default_language,
            invitations: members.len() as u64,
        };
        let invite = |Member { person, unit, role, language }| {
            let id = InvitationId::generate();
            let invitation = Invitation {
                id,
                person,
                unit,
                role,
                language,
                opened: false,
                submitted: false,
                cancelled: false,
            };
            New { invitation, token_hash: secret.token(tenant, wave.id, id).hash() }
        };
        let invitations = members.into_iter().map(invite).collect();
        Ok(Plan { revision: wave.revision, version, opening, invitations, roster, ineligible })
    }
}

/// How many of each unit are invited, for those units and for all above them.
fn roster(members: &[Member], tree: &[(UnitId, Option<UnitId>)]) -> Vec<RosterUnit> {
    let mut invited: BTreeMap<Option<UnitId>, u64> = BTreeMap::new();
    for member in members {
        *invited.entry(member.unit).or_default() += 1;
    }
    let parents: HashMap<_, _> = tree.iter().copied().collect();
    let mut units: BTreeSet<Option<UnitId>> = invited.keys().copied().collect();
    for unit in invited.keys().flatten() {
        let mut above = parents.get(unit).copied().flatten();
        // Stops at the first one that is there already: so are all above it, and a loop ends.
        while let Some(unit) = above.filter(|unit| units.insert(Some(*unit))) {
            above = parents.get(&unit).copied().flatten();
        }
    }
    units
        .into_iter()
        .map(|unit| RosterUnit {
            unit,
            parent: unit.and_then(|unit| parents.get(&unit).copied().flatten()),
            invited: invited.get(&unit).copied().unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use arki_ids::PersonId;
    use uuid::Uuid;

    use super::*;

    fn unit(number: u128) -> UnitId {
        UnitId::from_uuid(Uuid::from_u128(number))
    }

    fn member(unit: Option<UnitId>) -> Member {
        Member { person: PersonId::random(), unit, role: None, language: "fi".to_owned() }
    }

    #[test]
    fn the_roster_holds_invited_units_and_all_above_them() {
        let tree = [
            (unit(1), None),
            (unit(2), Some(unit(1))),
            (unit(3), Some(unit(2))),
            (unit(4), Some(unit(2))),
            (unit(5), Some(unit(1))),
        ];
        let members = [member(Some(unit(3))), member(Some(unit(3))), member(Some(unit(4))), member(None)];
        let rows: Vec<_> =
            roster(&members, &tree).into_iter().map(|row| (row.unit, row.parent, row.invited)).collect();
        assert_eq!(
            rows,
            [
                (None, None, 1),
                (Some(unit(1)), None, 0),
                (Some(unit(2)), Some(unit(1)), 0),
                (Some(unit(3)), Some(unit(2)), 2),
                (Some(unit(4)), Some(unit(2)), 1),
            ]
        );
    }
}
