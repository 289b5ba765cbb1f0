use std::sync::Arc;

use arki_database::page::{Page, PageRequest};
use arki_ids::{TargetProfileId, TenantId};

use super::{Call, Error, Scorecard, expect_etag};
use crate::domain::emotion::{Profile, ProfileChange, ProfileContent};
use crate::domain::stored::Stored;
use crate::storage::{metrics, profiles};

impl Scorecard {
    pub async fn create_profile(
        &self,
        call: Call,
        content: ProfileContent,
    ) -> Result<Stored<Profile>, Error> {
        let tenant = call.tenant;
        let now = self.now();
        let id = TargetProfileId::generate();
        let content = Arc::new(content);
        self.write("CreateTargetProfile", call, now, move |tx| {
            let content = Arc::clone(&content);
            Box::pin(async move {
                content.target().map_err(Error::ProfileInvalid)?;
                let profile = Stored::new(Profile { id, content: (*content).clone() }, now);
                profiles::insert(tx, tenant, &profile).await?;
                Ok(profile)
            })
        })
        .await
    }

    pub async fn get_profile(&self, tenant: TenantId, id: TargetProfileId) -> Result<Stored<Profile>, Error> {
        profiles::find(self.store.reader(), tenant, id).await?.ok_or(Error::ProfileNotFound(id))
    }

    pub async fn list_profiles(
        &self,
        tenant: TenantId,
        page: &PageRequest,
    ) -> Result<Page<Stored<Profile>>, Error> {
        Ok(profiles::list(self.store.reader(), tenant, page).await?)
    }

    pub async fn update_profile(
        &self,
        call: Call,
        id: TargetProfileId,
        etag: String,
        change: ProfileChange,
    ) -> Result<Stored<Profile>, Error> {
        let tenant = call.tenant;
        let now = self.now();
        let asked = Arc::new((etag, change));
        self.write("UpdateTargetProfile", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (etag, change) = &*asked;
                let before = profiles::find(tx, tenant, id).await?.ok_or(Error::ProfileNotFound(id))?;
                expect_etag(etag, before.revision)?;
                let content = change.clone().apply(&before.value.content);
                content.target().map_err(Error::ProfileInvalid)?;
                if content.question != before.value.content.question {
                    // A metric counts the question of its profile, and its own changes begin a new version.
                    let in_use = metrics::list_by_profile(tx, tenant, id).await?;
                    if let Some(metric) = in_use.first() {
                        return Err(Error::ProfileInUse(metric.value.id()));
                    }
                }
                let profile = before.written(Profile { id, content }, now);
                profiles::update(tx, tenant, &profile).await?;
                Ok(profile)
            })
        })
        .await
    }
}
