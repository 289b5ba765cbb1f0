//! Working on questionnaires, and freezing them.

use arki_database::Once;
use arki_database::page::{Page, PageRequest};
use arki_ids::{QuestionnaireId, TenantId};

use super::error::Error;
use super::surveys::{Surveys, check_etag};
use crate::domain::questionnaire::Change;
use crate::domain::{Content, Questionnaire, Version, VersionKey, publish};
use crate::storage::questionnaires;

impl Surveys {
    pub async fn create_questionnaire(
        &self,
        tenant: TenantId,
        display_name: String,
        content: Content,
        once: Once,
    ) -> Result<Questionnaire, Error> {
        let new = Questionnaire::new(QuestionnaireId::generate(), display_name, content, self.now());
        self.store
            .write_once("CreateQuestionnaire", once, move |tx| {
                let new = new.clone();
                Box::pin(async move {
                    questionnaires::insert(tx, tenant, &new).await?;
                    Ok(new)
                })
            })
            .await
    }

    pub async fn questionnaire(&self, tenant: TenantId, id: QuestionnaireId) -> Result<Questionnaire, Error> {
        let found = questionnaires::find(self.store.reader(), tenant, id).await?;
        found.ok_or(Error::QuestionnaireNotFound(id))
    }

    pub async fn questionnaires(
        &self,
        tenant: TenantId,
        page: &PageRequest,
    ) -> Result<Page<Questionnaire>, Error> {
        Ok(questionnaires::list(self.store.reader(), tenant, page).await?)
    }

    pub async fn update_questionnaire(
        &self,
        tenant: TenantId,
        id: QuestionnaireId,
        etag: &str,
        change: Change,
        once: Once,
    ) -> Result<Questionnaire, Error> {
        let (now, etag) = (self.now(), etag.to_owned());
        self.store
            .write_once("UpdateQuestionnaire", once, move |tx| {
                let (etag, change) = (etag.clone(), change.clone());
                Box::pin(async move {
                    let found = questionnaires::find(tx, tenant, id).await?;
                    let mut found = found.ok_or(Error::QuestionnaireNotFound(id))?;
                    check_etag(&etag, found.revision)?;
                    found.apply(change, now);
                    questionnaires::update(tx, tenant, &found).await?;
                    Ok(found)
                })
            })
            .await
    }

    /// Freezes the questionnaire. What has not changed since its newest version is that version.
    pub async fn publish_questionnaire(
        &self,
        tenant: TenantId,
        id: QuestionnaireId,
        etag: &str,
        once: Once,
    ) -> Result<Version, Error> {
        let (now, etag) = (self.now(), etag.to_owned());
        self.store
            .write_once("PublishQuestionnaire", once, move |tx| {
                let etag = etag.clone();
                Box::pin(async move {
                    let found = questionnaires::find(tx, tenant, id).await?;
                    let mut found = found.ok_or(Error::QuestionnaireNotFound(id))?;
                    check_etag(&etag, found.revision)?;
                    let missing = publish::missing(&found.content);
                    if !missing.is_empty() {
                        return Err(Error::QuestionnaireIncomplete(missing));
                    }
                    let newest = VersionKey { questionnaire: id, number: found.latest_version };
                    if let Some(newest) = questionnaires::find_version(tx, tenant, newest).await?
                        && newest.content == found.content
                    {
                        return Ok(newest);
                    }
                    let version = found.freeze(now);
                    questionnaires::insert_version(tx, tenant, &version).await?;
                    questionnaires::update(tx, tenant, &found).await?;
                    Ok(version)
                })
            })
            .await
    }

    pub async fn version(&self, tenant: TenantId, key: VersionKey) -> Result<Version, Error> {
        let found = questionnaires::find_version(self.store.reader(), tenant, key).await?;
        found.ok_or(Error::VersionNotFound(key))
    }

    pub async fn versions(
        &self,
        tenant: TenantId,
        id: QuestionnaireId,
        page: &PageRequest,
    ) -> Result<Page<Version>, Error> {
        // A questionnaire without versions has an empty list; one that isn't there has none.
        self.questionnaire(tenant, id).await?;
        Ok(questionnaires::list_versions(self.store.reader(), tenant, id, page).await?)
    }
}
