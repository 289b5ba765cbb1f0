//! Occurrences become deliveries.
//!
//! An occurrence is planned when it is about to be due in the first time zone of the world: then the audience is
//! resolved, once for all zones, and each recipient gets a delivery with the instant of the own zone. The campaign
//! moves on only after the occurrence is noted as planned, so a restart in between plans it again, which changes
//! nothing: deliveries are a unique key.

use std::sync::Arc;
use std::time::Duration;

use arki_database::{Store, Tx};
use arki_ids::{CampaignId, DeliveryId, TenantId};
use arki_process::{CancellationToken, Clock};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::{
    self, Campaign, Fate, LATE, LocalTime, MissedPolicy, PageToken, State, earliest, fate, latest,
};
use crate::peers::{self, Directory, Member, Sending};
use crate::storage::deliveries::Planned;
use crate::storage::occurrences::Claim;
use crate::storage::{campaigns, deliveries, occurrences};

/// Campaigns of one look.
const CAMPAIGNS: u64 = 1_000;

/// How long one planner has an occurrence for itself: longer than the largest audience takes.
const LEASE: TimeDelta = TimeDelta::minutes(30);

/// Makes deliveries of what is soon due.
pub(crate) struct Planner {
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) horizon: TimeDelta,
    pub(crate) poll: Duration,
}

/// Why an occurrence was not planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Database(#[from] arki_database::Error),
    #[error(transparent)]
    Directory(#[from] peers::Error),
    /// The campaign was changed, held or ended while it was planned.
    #[error("the campaign was changed meanwhile")]
    Changed,
}

/// Whether to go on with a campaign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

impl Planner {
    /// Plans until it is told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.round(&stop).await {
                tracing::warn!(%error, "nothing was planned this time");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.poll) => {}
            }
        }
    }

    /// Plans all that is within the horizon, and lets go of what was held and is not any more.
    pub(crate) async fn round(&self, stop: &CancellationToken) -> Result<(), Error> {
        self.store
            .claim("ReleaseHeldDeliveries", |tx| Box::pin(async move { deliveries::release_held(tx).await }))
            .await?;
        let until = self.clock.now() + self.horizon;
        for (tenant, campaign) in campaigns::list_to_plan(self.store.reader(), until, CAMPAIGNS).await? {
            match self.plan(tenant, &campaign, until, stop).await {
                Ok(()) => {}
                Err(Error::Changed) => {
                    tracing::debug!(campaign = %campaign.id, "changed while it was planned")
                }
                // One tenant's trouble is not another's: the rest is planned all the same.
                Err(error) => {
                    tracing::warn!(campaign = %campaign.id, %error, "could not be planned, trying again soon")
                }
            }
        }
        Ok(())
    }

    async fn plan(
        &self,
        tenant: TenantId,
        campaign: &Campaign,
        until: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut times = campaign.schedule.after(campaign.planned_through).peekable();
        while let Some(time) = times.next().filter(|time| earliest(*time) <= until) {
            let following = times.peek().copied();
            if stop.is_cancelled() || self.plan_one(tenant, campaign, time, following).await? == Next::Leave {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn plan_one(
        &self,
        tenant: TenantId,
        campaign: &Campaign,
        time: LocalTime,
        following: Option<LocalTime>,
    ) -> Result<Next, Error> {
        let now = self.clock.now();
        let (id, message) = (campaign.id, campaign.message);
        let claim = self
            .store
            .claim("ClaimOccurrence", move |tx| {
                Box::pin(
                    async move { occurrences::claim(tx, tenant, id, message, time, now, now + LEASE).await },
                )
            })
            .await?;
        match claim {
            Claim::Others => return Ok(Next::Leave),
            Claim::Planned => {}
            Claim::Mine if is_over(campaign.missed_policy, time, following, now) => {}
            Claim::Mine => {
                if let Err(error) = self.fill(tenant, campaign, time, following).await {
                    self.store
                        .claim("ReleaseOccurrence", move |tx| {
                            Box::pin(async move { occurrences::release(tx, tenant, id, time).await })
                        })
                        .await?;
                    return Err(error);
                }
            }
        }
        let finished = campaign.clone();
        self.store
            .write("FinishOccurrence", move |tx| {
                let campaign = finished.clone();
                Box::pin(async move {
                    unchanged(tx, tenant, &campaign).await?;
                    if claim == Claim::Mine {
                        occurrences::finish(tx, tenant, id, time).await?;
                    }
                    campaigns::planned(tx, tenant, &campaign, time).await?;
                    Ok::<_, Error>(Next::GoOn)
                })
            })
            .await
    }

    /// Makes the deliveries, a page of the audience after the other.
    async fn fill(
        &self,
        tenant: TenantId,
        campaign: &Campaign,
        time: LocalTime,
        following: Option<LocalTime>,
    ) -> Result<(), Error> {
        let mut token = String::new();
        loop {
            let now = self.clock.now();
            let (members, next) = self.directory.members(tenant, &campaign.audience, token, now).await?;
            let mut planned: Vec<Planned> = members
                .into_iter()
                .map(|member| plan(tenant, campaign, time, following, member, now))
                .collect();
            self.leave_out(tenant, campaign, time, &mut planned).await?;
            let planned: Arc<[Planned]> = planned.into();
            let owner = campaign.clone();
            self.store
                .write("PlanDeliveries", move |tx| {
                    let (campaign, planned) = (owner.clone(), Arc::clone(&planned));
                    Box::pin(async move {
                        unchanged(tx, tenant, &campaign).await?;
                        deliveries::insert(tx, tenant, campaign.id, campaign.message, time, &planned).await?;
                        Ok::<_, Error>(())
                    })
                })
                .await?;
            match next {
                Some(next) => token = next,
                None => return Ok(()),
            }
        }
    }

    /// Leaves out those who may not be contacted, and keeps a place for the others. What is planned again finds its
    /// places as they are.
    async fn leave_out(
        &self,
        tenant: TenantId,
        campaign: &Campaign,
        time: LocalTime,
        planned: &mut [Planned],
    ) -> Result<(), Error> {
        let reservation = reservation(campaign.id, &time.to_string());
        let sending = Sending { tenant, reservation, is_critical: campaign.is_critical };
        let waiting = planned.iter().filter(|one| one.skipped.is_none());
        let people: Vec<_> = waiting.map(|one| (one.person, Some(one.due_time))).collect();
        let refused = self.directory.reserve(&sending, &people, false).await?;
        for one in planned.iter_mut().filter(|one| one.skipped.is_none()) {
            one.skipped = refused.get(&one.person).copied();
        }
        Ok(())
    }
}

/// Under what the contacts of an occurrence are reserved.
pub(crate) fn reservation(campaign: CampaignId, occurrence: &str) -> String {
    format!("{}@{occurrence}", campaign.name())
}

/// Refuses to go on with a campaign that was held, ended or changed since it was read: what it says now is planned
/// when it runs again.
async fn unchanged(tx: &Tx, tenant: TenantId, campaign: &Campaign) -> Result<(), Error> {
    let now = campaigns::find(tx, tenant, campaign.id).await?;
    let same = now.is_some_and(|now| now.state == State::Active && now.revision == campaign.revision);
    if same { Ok(()) } else { Err(Error::Changed) }
}

/// Whether an occurrence was missed everywhere, so that nobody gets it.
fn is_over(policy: MissedPolicy, time: LocalTime, following: Option<LocalTime>, now: DateTime<Utc>) -> bool {
    let superseded = following.is_some_and(|following| latest(following) <= now);
    superseded || (policy == MissedPolicy::Skip && now - latest(time) > LATE)
}

fn plan(
    tenant: TenantId,
    campaign: &Campaign,
    time: LocalTime,
    following: Option<LocalTime>,
    member: Member,
    now: DateTime<Utc>,
) -> Planned {
    let Member { person, unit, language, zone, has_address } = member;
    let home = campaign.home.as_ref();
    let zone = zone.or(home.map(|home| home.zone)).unwrap_or(Tz::UTC);
    let due_time = domain::instant(time, zone);
    let next = following.map(|following| domain::instant(following, zone));
    let skipped = match fate(campaign.missed_policy, due_time, next, now) {
        Fate::Skip(reason) => Some(reason),
        Fate::Send if !has_address => Some("the person has no address"),
        Fate::Send => None,
    };
    let token = PageToken::new(tenant, rand::random());
    Planned { id: DeliveryId::generate(), person, unit, language, due_time, skipped, token }
}
