//! Target profiles: one row each.

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Tx};
use arki_ids::{TargetProfileId, TenantId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::target_profile::{Column, Entity, Model};
use super::row;
use crate::domain::emotion::{Profile, ProfileAudience, ProfileContent};
use crate::domain::metric::QuestionBinding;
use crate::domain::stored::Stored;

pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    id: TargetProfileId,
) -> Result<Option<Stored<Profile>>, Error> {
    let found = Entity::in_tenant(tenant).filter(Column::Id.eq(id.to_string())).one(db).await?;
    found.map(profile).transpose()
}

/// In the order of their ids, which is that of their creation.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Stored<Profile>>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let profiles = select.all(db).await?.into_iter().map(profile).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(profiles, page, |last| vec![last.value.id.to_string()]))
}

pub async fn insert(tx: &Tx, tenant: TenantId, profile: &Stored<Profile>) -> Result<(), Error> {
    Entity::insert(model(tenant, profile)?.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub async fn update(tx: &Tx, tenant: TenantId, profile: &Stored<Profile>) -> Result<(), Error> {
    model(tenant, profile)?.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

fn profile(model: Model) -> Result<Stored<Profile>, Error> {
    let Model {
        tenant_id: _,
        id,
        display_name,
        audience,
        questionnaire_id,
        question,
        terms,
        revision,
        create_time,
        update_time,
    } = model;
    let content = ProfileContent {
        display_name,
        audience: row::word("target_profile.audience", &audience, ProfileAudience::from_word)?,
        question: QuestionBinding {
            questionnaire: row::parse("target_profile.questionnaire_id", &questionnaire_id)?,
            question,
        },
        terms: row::read("target_profile.terms", terms)?,
    };
    Ok(Stored {
        value: Profile { id: row::parse("target_profile.id", &id)?, content },
        revision: row::number("target_profile.revision", revision)?,
        create_time,
        update_time,
    })
}

fn model(tenant: TenantId, profile: &Stored<Profile>) -> Result<Model, Error> {
    let Stored { value: Profile { id, content }, revision, create_time, update_time } = profile;
    let ProfileContent { display_name, audience, question, terms } = content;
    Ok(Model {
        tenant_id: row::tenant(tenant),
        id: id.to_string(),
        display_name: display_name.clone(),
        audience: audience.word().to_owned(),
        questionnaire_id: question.questionnaire.to_string(),
        question: question.question.clone(),
        terms: row::write("target_profile.terms", terms)?,
        revision: row::signed("target_profile.revision", *revision)?,
        create_time: *create_time,
        update_time: *update_time,
    })
}
