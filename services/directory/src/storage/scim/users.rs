//! Users.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use arki_database::Tx;
use arki_ids::{PersonId, ScimGroupId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::super::entity::{scim_group, scim_group_member, scim_user, scim_user_email};
use super::super::{CHUNK, Error, id};
use super::{delete, json};
use crate::domain::scim::narrow::Key;
use crate::domain::scim::{Resource, User};

/// The users with these ids.
pub async fn of_ids(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    ids: &[PersonId],
) -> Result<Vec<User>, Error> {
    let ids: Vec<String> = ids.iter().map(PersonId::to_string).collect();
    with_any(db, tenant, scim_user::Column::Id, &ids).await
}

/// The users with one of these names, each as it is looked for.
pub async fn named(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    name_keys: &[String],
) -> Result<Vec<User>, Error> {
    with_any(db, tenant, scim_user::Column::UserName, name_keys).await
}

/// The users with one of these keys of the client.
pub async fn with_external_ids(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    external_ids: &[String],
) -> Result<Vec<User>, Error> {
    with_any(db, tenant, scim_user::Column::ExternalId, external_ids).await
}

/// The users that have one of these keys, the newest first.
pub async fn with_keys(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    keys: &[Key],
) -> Result<Vec<User>, Error> {
    let (mut ids, mut names, mut externals, mut emails) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        match key {
            Key::Id(key) => ids.push(key.clone()),
            Key::Name(key) => names.push(key.clone()),
            Key::ExternalId(key) => externals.push(key.clone()),
            Key::Email(key) => emails.push(key.clone()),
            // No user has members.
            Key::Member(_) => {}
        }
    }
    for chunk in emails.chunks(CHUNK) {
        let found: Vec<String> = scim_user_email::Entity::in_tenant(tenant)
            .select_only()
            .column(scim_user_email::Column::UserId)
            .filter(scim_user_email::Column::EmailKey.is_in(chunk.iter().map(String::as_str)))
            .into_tuple()
            .all(db)
            .await?;
        ids.extend(found);
    }
    let mut users = with_any(db, tenant, scim_user::Column::Id, &ids).await?;
    users.extend(with_any(db, tenant, scim_user::Column::UserName, &names).await?);
    users.extend(with_any(db, tenant, scim_user::Column::ExternalId, &externals).await?);
    users.sort_by_key(|user| Reverse(user.id));
    users.dedup_by_key(|user| user.id);
    Ok(users)
}

/// How many users there are.
pub async fn count(db: &impl ConnectionTrait, tenant: TenantId) -> Result<u64, Error> {
    Ok(scim_user::Entity::in_tenant(tenant).count(db).await?)
}

/// `limit` users after the first `offset`, the newest first.
pub async fn slice(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    offset: u64,
    limit: u64,
) -> Result<Vec<User>, Error> {
    let select = scim_user::Entity::in_tenant(tenant).order_by_desc(scim_user::Column::Id);
    let rows = select.offset(offset).limit(limit).all(db).await?;
    rows.into_iter().map(User::try_from).collect()
}

/// `limit` users that come after one of them, the newest first.
pub async fn after(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    last: Option<PersonId>,
    limit: u64,
) -> Result<Vec<User>, Error> {
    let mut select = scim_user::Entity::in_tenant(tenant).order_by_desc(scim_user::Column::Id).limit(limit);
    if let Some(last) = last {
        select = select.filter(scim_user::Column::Id.lt(last.to_string()));
    }
    select.all(db).await?.into_iter().map(User::try_from).collect()
}

/// The groups that users are in, with what those are called.
pub async fn groups_of(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    users: &[PersonId],
) -> Result<HashMap<PersonId, Vec<(ScimGroupId, String)>>, Error> {
    let mut memberships: Vec<(String, String)> = Vec::new();
    for chunk in users.chunks(CHUNK) {
        let rows: Vec<(String, String)> = scim_group_member::Entity::in_tenant(tenant)
            .select_only()
            .columns([scim_group_member::Column::UserId, scim_group_member::Column::GroupId])
            .filter(scim_group_member::Column::UserId.is_in(chunk.iter().map(PersonId::to_string)))
            .order_by_asc(scim_group_member::Column::GroupId)
            .into_tuple()
            .all(db)
            .await?;
        memberships.extend(rows);
    }
    let groups: HashSet<&str> = memberships.iter().map(|(_, group)| group.as_str()).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    let mut names: HashMap<String, String> = HashMap::with_capacity(groups.len());
    for chunk in groups.chunks(CHUNK) {
        let rows: Vec<(String, String)> = scim_group::Entity::in_tenant(tenant)
            .select_only()
            .columns([scim_group::Column::Id, scim_group::Column::Resource])
            .filter(scim_group::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        for (group, resource) in rows {
            let name = json(&resource)?["displayName"].as_str().unwrap_or_default().to_owned();
            names.insert(group, name);
        }
    }
    let mut found: HashMap<PersonId, Vec<(ScimGroupId, String)>> = HashMap::new();
    for (user, group) in &memberships {
        let name = names.get(group).cloned().unwrap_or_default();
        found.entry(id(user)?).or_default().push((id(group)?, name));
    }
    Ok(found)
}

/// Writes users, new or changed, with their addresses.
pub async fn save(tx: &Tx, tenant: TenantId, users: &[&User]) -> Result<(), Error> {
    for chunk in users.chunks(CHUNK) {
        let rows = chunk.iter().map(|user| row(tenant, user).into_active_model().reset_all());
        let everything_else = OnConflict::columns([scim_user::Column::TenantId, scim_user::Column::Id])
            .update_columns([
                scim_user::Column::UserName,
                scim_user::Column::ExternalId,
                scim_user::Column::Resource,
                scim_user::Column::Revision,
                scim_user::Column::UpdateTime,
            ])
            .to_owned();
        scim_user::Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
        // A new user has no addresses yet.
        let old: Vec<PersonId> = chunk.iter().filter(|user| user.revision > 1).map(|user| user.id).collect();
        if !old.is_empty() {
            forget_emails(tx, tenant, &old).await?;
        }
    }
    let emails: Vec<_> = users
        .iter()
        .flat_map(|user| {
            user.email_keys().into_iter().map(|email_key| scim_user_email::Model {
                tenant_id: tenant.to_string(),
                email_key,
                user_id: user.id.to_string(),
            })
        })
        .collect();
    for chunk in emails.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        scim_user_email::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Removes users with their addresses.
pub async fn remove(tx: &Tx, tenant: TenantId, users: &[PersonId]) -> Result<(), Error> {
    for chunk in users.chunks(CHUNK) {
        forget_emails(tx, tenant, chunk).await?;
        let of = scim_user::Column::Id.is_in(chunk.iter().map(PersonId::to_string));
        let tenant_column = scim_user::Column::TenantId;
        delete::<scim_user::Entity>(tx, tenant_column, tenant, Condition::all().add(of)).await?;
    }
    Ok(())
}

async fn forget_emails(tx: &Tx, tenant: TenantId, users: &[PersonId]) -> Result<(), Error> {
    let of = scim_user_email::Column::UserId.is_in(users.iter().map(PersonId::to_string));
    let tenant_column = scim_user_email::Column::TenantId;
    delete::<scim_user_email::Entity>(tx, tenant_column, tenant, Condition::all().add(of)).await
}

async fn with_any(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    column: scim_user::Column,
    values: &[String],
) -> Result<Vec<User>, Error> {
    let mut users = Vec::new();
    for chunk in values.chunks(CHUNK) {
        let rows = scim_user::Entity::in_tenant(tenant)
            .filter(column.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await?;
        for row in rows {
            users.push(User::try_from(row)?);
        }
    }
    Ok(users)
}

fn row(tenant: TenantId, user: &User) -> scim_user::Model {
    let User { id, resource, revision, create_time, update_time } = user;
    scim_user::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        user_name: user.name_key(),
        external_id: user.external_id().map(str::to_owned),
        resource: resource.to_string(),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

impl TryFrom<scim_user::Model> for User {
    type Error = Error;

    fn try_from(row: scim_user::Model) -> Result<Self, Error> {
        let scim_user::Model {
            tenant_id: _,
            id: key,
            user_name: _,
            external_id: _,
            resource,
            revision,
            create_time,
            update_time,
        } = row;
        Ok(Self { id: id(&key)?, resource: json(&resource)?, revision, create_time, update_time })
    }
}
