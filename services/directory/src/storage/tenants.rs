//! The organisations.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::TenantId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::tenant::{Column, Entity, Model};
use super::{Error, corrupt, id, parsed};
use crate::domain::Tenant;
use crate::domain::tenant::HouseRules;

/// The tenant itself.
pub async fn find(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<Tenant>, Error> {
    Entity::in_tenant(tenant).one(db).await?.map(Tenant::try_from).transpose()
}

/// All tenants, oldest first: an operator is of no tenant's.
pub async fn list(db: &impl ConnectionTrait, page: &PageRequest) -> Result<Page<Tenant>, Error> {
    let mut select = Entity::of_everybody().order_by_asc(Column::TenantId).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::TenantId.gt(after.as_str()));
    }
    let tenants = select.all(db).await?.into_iter().map(Tenant::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(tenants, page, |last| vec![last.id.to_string()]))
}

/// Whether there is any tenant at all.
pub async fn any(db: &impl ConnectionTrait) -> Result<bool, Error> {
    Ok(Entity::of_everybody().limit(1).one(db).await?.is_some())
}

/// Writes a tenant, new or changed.
pub async fn save(tx: &Tx, tenant: &Tenant) -> Result<(), Error> {
    let row = Model::try_from(tenant)?.into_active_model().reset_all();
    let everything_else = OnConflict::column(Column::TenantId)
        .update_columns([
            Column::DisplayName,
            Column::DefaultLanguage,
            Column::TimeZone,
            Column::MinimumGroupEmployees,
            Column::MinimumGroupComments,
            Column::HeadlineMetricCap,
            Column::ImportLeaversPercent,
            Column::ImportChangedIdsPercent,
            Column::Revision,
            Column::UpdateTime,
        ])
        .to_owned();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

impl TryFrom<&Tenant> for Model {
    type Error = Error;

    fn try_from(tenant: &Tenant) -> Result<Self, Error> {
        let Tenant { id, rules, revision, create_time, update_time } = tenant;
        let HouseRules {
            display_name,
            default_language,
            time_zone,
            minimum_group_employees,
            minimum_group_comments,
            headline_metric_cap,
            import_leavers_percent,
            import_changed_ids_percent,
        } = rules;
        Ok(Self {
            tenant_id: id.to_string(),
            display_name: display_name.clone(),
            default_language: default_language.clone(),
            time_zone: time_zone.name().to_owned(),
            minimum_group_employees: i32::try_from(*minimum_group_employees).map_err(corrupt)?,
            minimum_group_comments: i32::try_from(*minimum_group_comments).map_err(corrupt)?,
            headline_metric_cap: i32::try_from(*headline_metric_cap).map_err(corrupt)?,
            import_leavers_percent: i32::try_from(*import_leavers_percent).map_err(corrupt)?,
            import_changed_ids_percent: i32::try_from(*import_changed_ids_percent).map_err(corrupt)?,
            revision: *revision,
            create_time: *create_time,
            update_time: *update_time,
        })
    }
}

impl TryFrom<Model> for Tenant {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id,
            display_name,
            default_language,
            time_zone,
            minimum_group_employees,
            minimum_group_comments,
            headline_metric_cap,
            import_leavers_percent,
            import_changed_ids_percent,
            revision,
            create_time,
            update_time,
        } = row;
        let rules = HouseRules {
            display_name,
            default_language,
            time_zone: parsed(&time_zone)?,
            minimum_group_employees: u32::try_from(minimum_group_employees).map_err(corrupt)?,
            minimum_group_comments: u32::try_from(minimum_group_comments).map_err(corrupt)?,
            headline_metric_cap: u32::try_from(headline_metric_cap).map_err(corrupt)?,
            import_leavers_percent: u32::try_from(import_leavers_percent).map_err(corrupt)?,
            import_changed_ids_percent: u32::try_from(import_changed_ids_percent).map_err(corrupt)?,
        };
        Ok(Self { id: id(&tenant_id)?, rules, revision, create_time, update_time })
    }
}
