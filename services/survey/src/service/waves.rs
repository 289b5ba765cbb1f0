//! Preparing waves, and looking at them.

use arki_database::Once;
use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, WaveId};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::surveys::{Surveys, check_etag};
use crate::domain::ineligible::{self, Shown};
use crate::domain::rate::{self, Rates};
use crate::domain::wave::{Change, Draft};
use crate::domain::{VersionKey, Wave};
use crate::storage::{questionnaires, waves};

/// A wave with how many responses it has: all of them, so look at them through [`Wave::shown_responses`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counted {
    pub wave: Wave,
    pub responses: u64,
}

impl Surveys {
    pub async fn create_wave(&self, tenant: TenantId, draft: Draft, once: Once) -> Result<Counted, Error> {
        let new = Wave::new(WaveId::generate(), draft, self.now())?;
        self.store
            .write_once("CreateWave", once, move |tx| {
                let new = new.clone();
                Box::pin(async move {
                    must_exist(
                        questionnaires::find_version(tx, tenant, new.version).await?.is_some(),
                        new.version,
                    )?;
                    waves::insert(tx, tenant, &new).await?;
                    Ok(Counted { wave: new, responses: 0 })
                })
            })
            .await
    }

    pub async fn wave(&self, tenant: TenantId, id: WaveId) -> Result<Counted, Error> {
        let wave = waves::find(self.store.reader(), tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
        let responses = waves::responses(self.store.reader(), tenant, &[id]).await?;
        Ok(Counted { wave, responses: responses.get(&id).copied().unwrap_or_default() })
    }

    pub async fn waves(&self, tenant: TenantId, page: &PageRequest) -> Result<Page<Counted>, Error> {
        let page = waves::list(self.store.reader(), tenant, page).await?;
        let ids: Vec<_> = page.items.iter().map(|wave| wave.id).collect();
        let responses = waves::responses(self.store.reader(), tenant, &ids).await?;
        Ok(page.map(|wave| Counted { responses: responses.get(&wave.id).copied().unwrap_or_default(), wave }))
    }

    pub async fn update_wave(
        &self,
        tenant: TenantId,
        id: WaveId,
        etag: &str,
        change: Change,
        once: Once,
    ) -> Result<Counted, Error> {
        let (now, etag) = (self.now(), etag.to_owned());
        self.store
            .write_once("UpdateWave", once, move |tx| {
                let (etag, change) = (etag.clone(), change.clone());
                Box::pin(async move {
                    let mut wave = waves::find(tx, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
                    check_etag(&etag, wave.revision)?;
                    wave.apply(change, now)?;
                    let version = questionnaires::find_version(tx, tenant, wave.version).await?;
                    must_exist(version.is_some(), wave.version)?;
                    waves::update(tx, tenant, &wave).await?;
                    let responses = waves::responses(tx, tenant, &[id]).await?;
                    Ok(Counted { wave, responses: responses.get(&id).copied().unwrap_or_default() })
                })
            })
            .await
    }

    /// How many of those invited have answered, and who was not invited, as far as it may be shown.
    pub async fn response_rates(&self, tenant: TenantId, id: WaveId) -> Result<(Rates, Shown), Error> {
        let reader = self.store.reader();
        let wave = waves::find(reader, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
        let roster = waves::list_roster(reader, tenant, id).await?;
        let answered = waves::answered(reader, tenant, &wave).await?;
        let ineligible = waves::list_ineligible(reader, tenant, id).await?;
        Ok((rate::rates(&wave, &roster, &answered), ineligible::shown(&wave, ineligible)))
    }
}

fn must_exist(exists: bool, version: VersionKey) -> Result<(), Error> {
    if exists { Ok(()) } else { Err(Error::VersionNotFound(version)) }
}
