//! Questionnaires and their versions.

use arki_database::Error;
use arki_database::page::{Page, PageRequest};
use arki_ids::{QuestionnaireId, TenantId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::{questionnaire, questionnaire_version};
use super::{from_json, parse, to_json, unsigned};
use crate::domain::{Questionnaire, Version, VersionKey};

pub async fn insert<C: ConnectionTrait>(db: &C, tenant: TenantId, new: &Questionnaire) -> Result<(), Error> {
    row(tenant, new)?.into_active_model().insert(db).await?;
    Ok(())
}

/// Writes all fields that can change.
pub async fn update<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    changed: &Questionnaire,
) -> Result<(), Error> {
    row(tenant, changed)?.into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn find<C>(db: &C, tenant: TenantId, id: QuestionnaireId) -> Result<Option<Questionnaire>, Error>
where
    C: ConnectionTrait,
{
    let row = questionnaire::Entity::in_tenant(tenant)
        .filter(questionnaire::Column::Id.eq(id.to_string()))
        .one(db)
        .await?;
    row.map(read).transpose()
}

/// In the order of their creation.
pub async fn list<C>(db: &C, tenant: TenantId, page: &PageRequest) -> Result<Page<Questionnaire>, Error>
where
    C: ConnectionTrait,
{
    let mut select =
        questionnaire::Entity::in_tenant(tenant).order_by_asc(questionnaire::Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(questionnaire::Column::Id.gt(after.as_str()));
    }
    let rows = select.all(db).await?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.id.to_string()]))
}

pub async fn insert_version<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    new: &Version,
) -> Result<(), Error> {
    let Version { key: VersionKey { questionnaire, number }, display_name, content, publish_time } = new;
    let row = questionnaire_version::Model {
        tenant_id: tenant.to_string(),
        questionnaire_id: questionnaire.to_string(),
        number: unsigned(*number, "questionnaire_version.number")?,
        display_name: display_name.clone(),
        content: to_json(content)?,
        publish_time: *publish_time,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

pub async fn find_version<C>(db: &C, tenant: TenantId, key: VersionKey) -> Result<Option<Version>, Error>
where
    C: ConnectionTrait,
{
    let Ok(number) = i32::try_from(key.number) else { return Ok(None) };
    let row = questionnaire_version::Entity::in_tenant(tenant)
        .filter(questionnaire_version::Column::QuestionnaireId.eq(key.questionnaire.to_string()))
        .filter(questionnaire_version::Column::Number.eq(number))
        .one(db)
        .await?;
    row.map(read_version).transpose()
}

/// Oldest first.
pub async fn list_versions<C>(
    db: &C,
    tenant: TenantId,
    questionnaire: QuestionnaireId,
    page: &PageRequest,
) -> Result<Page<Version>, Error>
where
    C: ConnectionTrait,
{
    let mut select = questionnaire_version::Entity::in_tenant(tenant)
        .filter(questionnaire_version::Column::QuestionnaireId.eq(questionnaire.to_string()))
        .order_by_asc(questionnaire_version::Column::Number)
        .limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        let after: i32 = parse(after, "the page token")?;
        select = select.filter(questionnaire_version::Column::Number.gt(after));
    }
    let rows = select.all(db).await?.into_iter().map(read_version).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.key.number.to_string()]))
}

fn row(tenant: TenantId, questionnaire: &Questionnaire) -> Result<questionnaire::Model, Error> {
    let Questionnaire { id, display_name, content, latest_version, create_time, update_time, revision } =
        questionnaire;
    Ok(questionnaire::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        display_name: display_name.clone(),
        content: to_json(content)?,
        latest_version: unsigned(*latest_version, "questionnaire.latest_version")?,
        create_time: *create_time,
        update_time: *update_time,
        revision: *revision,
    })
}

fn read(row: questionnaire::Model) -> Result<Questionnaire, Error> {
    let questionnaire::Model {
        tenant_id: _,
        id,
        display_name,
        content,
        latest_version,
        create_time,
        update_time,
        revision,
    } = row;
    Ok(Questionnaire {
        id: parse(&id, "questionnaire.id")?,
        display_name,
        content: from_json(&content, "questionnaire.content")?,
        latest_version: unsigned(latest_version, "questionnaire.latest_version")?,
        create_time,
        update_time,
        revision,
    })
}

fn read_version(row: questionnaire_version::Model) -> Result<Version, Error> {
    let questionnaire_version::Model {
        tenant_id: _,
        questionnaire_id,
        number,
        display_name,
        content,
        publish_time,
    } = row;
    let key = VersionKey {
        questionnaire: parse(&questionnaire_id, "questionnaire_version.questionnaire_id")?,
        number: unsigned(number, "questionnaire_version.number")?,
    };
    let content = from_json(&content, "questionnaire_version.content")?;
    Ok(Version { key, display_name, content, publish_time })
}
