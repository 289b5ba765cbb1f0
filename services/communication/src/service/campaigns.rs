use arki_database::Tx;
use arki_ids::{CampaignId, MessageId, TenantId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Asked, Error, Listed, Service, Wanted, arguments, check_etag};
use crate::domain::{self, Campaign, CampaignChange, Delivery, DeliveryState, Home, NewCampaign, State};
use crate::storage::{campaigns, deliveries, messages, occurrences};

/// A campaign, and when it comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CampaignView {
    pub(crate) campaign: Campaign,
    pub(crate) next_time: Option<DateTime<Utc>>,
}

impl CampaignView {
    fn new(campaign: Campaign, now: DateTime<Utc>) -> Self {
        Self { next_time: campaign.next_time(now), campaign }
    }
}

impl Service {
    pub(crate) async fn create_campaign(
        &self,
        asked: Asked,
        new: NewCampaign,
    ) -> Result<CampaignView, Error> {
        let (tenant, now) = (asked.tenant, self.now());
        let campaign = Campaign::new(CampaignId::generate(), new, now);
        self.store
            .write_once("CreateCampaign", asked.once("CreateCampaign", now), move |tx| {
                let campaign = campaign.clone();
                Box::pin(async move {
                    message_exists(tx, tenant, campaign.message).await?;
                    campaigns::insert(tx, tenant, &campaign).await?;
                    Ok(CampaignView::new(campaign, now))
                })
            })
            .await
    }

    pub(crate) async fn get_campaign(&self, tenant: TenantId, id: CampaignId) -> Result<CampaignView, Error> {
        let found = campaigns::find(self.store.reader(), tenant, id).await?;
        let campaign = found.ok_or(domain::Error::CampaignNotFound(id))?;
        Ok(CampaignView::new(campaign, self.now()))
    }

    pub(crate) async fn list_campaigns(
        &self,
        tenant: TenantId,
        wanted: &Wanted,
    ) -> Result<Listed<CampaignView>, Error> {
        let arguments = arguments(&["campaigns", &tenant.to_string()]);
        let page = campaigns::list(self.store.reader(), tenant, &self.page(wanted, arguments)?).await?;
        let now = self.now();
        Ok(self.listed(page.map(|campaign| CampaignView::new(campaign, now)), arguments))
    }

    pub(crate) async fn update_campaign(
        &self,
        asked: Asked,
        id: CampaignId,
        etag: String,
        change: CampaignChange,
    ) -> Result<CampaignView, Error> {
        let (tenant, now) = (asked.tenant, self.now());
        self.store
            .write_once("UpdateCampaign", asked.once("UpdateCampaign", now), move |tx| {
                let (etag, change) = (etag.clone(), change.clone());
                Box::pin(async move {
                    let campaign = load(tx, tenant, id, &etag).await?;
                    let changed = campaign.change(change, now)?;
                    message_exists(tx, tenant, changed.message).await?;
                    if !changed.is_planned_as(&campaign) {
                        plan_anew(tx, tenant, &changed).await?;
                    }
                    campaigns::update(tx, tenant, &changed).await?;
                    Ok(CampaignView::new(changed, now))
                })
            })
            .await
    }

    pub(crate) async fn activate_campaign(
        &self,
        asked: Asked,
        id: CampaignId,
        etag: String,
    ) -> Result<CampaignView, Error> {
        let (tenant, now) = (asked.tenant, self.now());
        let settings = self.directory.tenant(tenant).await?;
        let home = Home { zone: settings.zone, language: settings.language };
        self.store
            .write_once("ActivateCampaign", asked.once("ActivateCampaign", now), move |tx| {
                let (etag, home) = (etag.clone(), home.clone());
                Box::pin(async move {
                    let campaign = load(tx, tenant, id, &etag).await?;
                    let mut active = campaign.activate(home, now)?;
                    if let Some(first) = occurrences::list_unfinished(tx, tenant, id).await?.first() {
                        active.plan_from(*first);
                    }
                    campaigns::update(tx, tenant, &active).await?;
                    Ok(CampaignView::new(active, now))
                })
            })
            .await
    }

    pub(crate) async fn pause_campaign(
        &self,
        asked: Asked,
        id: CampaignId,
        etag: String,
    ) -> Result<CampaignView, Error> {
        self.turn(asked, "PauseCampaign", id, etag, Campaign::pause).await
    }

    pub(crate) async fn end_campaign(
        &self,
        asked: Asked,
        id: CampaignId,
        etag: String,
    ) -> Result<CampaignView, Error> {
        self.turn(asked, "EndCampaign", id, etag, Campaign::end).await
    }

    async fn turn(
        &self,
        asked: Asked,
        method: &'static str,
        id: CampaignId,
        etag: String,
        turn: fn(&Campaign, DateTime<Utc>) -> Result<Campaign, domain::Error>,
    ) -> Result<CampaignView, Error> {
        let (tenant, now) = (asked.tenant, self.now());
        self.store
            .write_once(method, asked.once(method, now), move |tx| {
                let etag = etag.clone();
                Box::pin(async move {
                    let turned = turn(&load(tx, tenant, id, &etag).await?, now)?;
                    campaigns::update(tx, tenant, &turned).await?;
                    Ok(CampaignView::new(turned, now))
                })
            })
            .await
    }

    pub(crate) async fn list_deliveries(
        &self,
        tenant: TenantId,
        campaign: CampaignId,
        state: Option<DeliveryState>,
        wanted: &Wanted,
    ) -> Result<Listed<Delivery>, Error> {
        let reader = self.store.reader();
        if campaigns::find(reader, tenant, campaign).await?.is_none() {
            return Err(domain::Error::CampaignNotFound(campaign).into());
        }
        let word = state.map_or("", DeliveryState::word);
        let arguments = arguments(&["deliveries", &tenant.to_string(), &campaign.to_string(), word]);
        let page = deliveries::list(reader, tenant, campaign, state, &self.page(wanted, arguments)?).await?;
        Ok(self.listed(page, arguments))
    }
}

async fn load(tx: &Tx, tenant: TenantId, id: CampaignId, etag: &str) -> Result<Campaign, Error> {
    let campaign = campaigns::find(tx, tenant, id).await?.ok_or(domain::Error::CampaignNotFound(id))?;
    check_etag(etag, campaign.revision)?;
    Ok(campaign)
}

async fn message_exists(tx: &Tx, tenant: TenantId, id: MessageId) -> Result<(), Error> {
    messages::find(tx, tenant, id).await?.map(drop).ok_or_else(|| domain::Error::MessageNotFound(id).into())
}

/// Takes back what waits of a campaign that says something else now. What still comes of it is planned again once the
/// campaign runs, and whoever has got an occurrence does not get it again.
async fn plan_anew(tx: &Tx, tenant: TenantId, changed: &Campaign) -> Result<(), Error> {
    debug_assert_ne!(changed.state, State::Active, "what runs is not changed");
    let opened = occurrences::reopen(tx, tenant, changed.id).await?;
    deliveries::delete_pending(tx, tenant, changed.id).await?;
    for time in opened.into_iter().filter(|time| !changed.schedule.contains(*time)) {
        occurrences::finish(tx, tenant, changed.id, time).await?;
    }
    Ok(())
}
