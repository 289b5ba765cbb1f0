use std::sync::Arc;

use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, VisionId};

use super::facts::Named;
use super::{Call, Error, Goals, expect_etag};
use crate::domain::{Place, Vision, VisionChange, VisionContent};
use crate::storage::visions;

impl Goals {
    pub async fn create_vision(&self, call: Call, content: VisionContent) -> Result<Vision, Error> {
        let tenant = call.tenant;
        let named = Named { person: content.sponsor, ..Named::default() };
        let facts = self.facts(tenant, named).await?;
        let now = self.now();
        let vision = Vision::draft(VisionId::generate(), content, now);
        let asked = Arc::new((vision, facts));
        self.write("CreateVision", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (vision, facts) = &*asked;
                facts.complete()?;
                visions::insert(tx, tenant, vision).await?;
                Ok(vision.clone())
            })
        })
        .await
    }

    pub async fn get_vision(&self, tenant: TenantId, id: VisionId) -> Result<Vision, Error> {
        visions::find(self.store.reader(), tenant, id).await?.ok_or(Error::VisionNotFound(id))
    }

    pub async fn list_visions(&self, tenant: TenantId, page: &PageRequest) -> Result<Page<Vision>, Error> {
        Ok(visions::list(self.store.reader(), tenant, page).await?)
    }

    pub async fn update_vision(
        &self,
        call: Call,
        id: VisionId,
        etag: String,
        change: VisionChange,
    ) -> Result<Vision, Error> {
        let tenant = call.tenant;
        let named = Named { person: change.sponsor.flatten(), ..Named::default() };
        let facts = self.facts(tenant, named).await?;
        let now = self.now();
        let asked = Arc::new((etag, change, facts));
        self.write("UpdateVision", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (etag, change, facts) = &*asked;
                let vision = visions::find(tx, tenant, id).await?.ok_or(Error::VisionNotFound(id))?;
                expect_etag(etag, vision.revision)?;
                facts.complete_besides(Place::default(), vision.content.sponsor)?;
                let vision = vision.apply(change.clone(), now)?;
                visions::update(tx, tenant, &vision).await?;
                Ok(vision)
            })
        })
        .await
    }

    /// Brings a vision into force; the one before ends. Goals of that one stay as they are.
    pub async fn activate_vision(&self, call: Call, id: VisionId, etag: String) -> Result<Vision, Error> {
        let tenant = call.tenant;
        let now = self.now();
        self.write("ActivateVision", call, now, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let vision = visions::find(tx, tenant, id).await?.ok_or(Error::VisionNotFound(id))?;
                expect_etag(&etag, vision.revision)?;
                let vision = vision.activate(now)?;
                // First the one before: the database takes no second vision in force, not even for a moment.
                if let Some(before) = visions::find_active(tx, tenant).await? {
                    visions::update(tx, tenant, &before.end(now)?).await?;
                }
                visions::update(tx, tenant, &vision).await?;
                Ok(vision)
            })
        })
        .await
    }
}
