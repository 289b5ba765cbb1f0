//! Groups and who is in them.

use std::collections::{BTreeSet, HashMap};

use arki_database::Tx;
use arki_ids::{PersonId, ScimGroupId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::super::entity::scim_group::{self, Entity};
use super::super::entity::scim_group_member::{self as member, Entity as Members};
use super::super::{CHUNK, Error, id};
use super::{delete, json};
use crate::domain::scim::narrow::Key;
use crate::domain::scim::{Group, Resource};

/// A group before and after a change.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'g> {
    pub before: Option<&'g Group>,
    pub after: &'g Group,
}

/// The groups with these ids, with their members.
pub async fn of_ids(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    ids: &[ScimGroupId],
) -> Result<Vec<Group>, Error> {
    let ids: Vec<String> = ids.iter().map(ScimGroupId::to_string).collect();
    let rows = with_any(db, tenant, scim_group::Column::Id, &ids).await?;
    put_together(db, tenant, rows, true).await
}

/// The groups with one of these names, each as it is looked for.
pub async fn named(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    name_keys: &[String],
) -> Result<Vec<Group>, Error> {
    let rows = with_any(db, tenant, scim_group::Column::DisplayName, name_keys).await?;
    put_together(db, tenant, rows, true).await
}

/// The groups with one of these keys of the client.
pub async fn with_external_ids(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    external_ids: &[String],
) -> Result<Vec<Group>, Error> {
    let rows = with_any(db, tenant, scim_group::Column::ExternalId, external_ids).await?;
    put_together(db, tenant, rows, true).await
}

/// The groups that have one of these keys, the newest first; with their members where those are wanted.
pub async fn with_keys(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    keys: &[Key],
    with_members: bool,
) -> Result<Vec<Group>, Error> {
    let (mut ids, mut names, mut externals, mut members) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        match key {
            Key::Id(key) => ids.push(key.clone()),
            Key::Name(key) => names.push(key.clone()),
            Key::ExternalId(key) => externals.push(key.clone()),
            Key::Member(key) => members.push(key.clone()),
            // No group has addresses.
            Key::Email(_) => {}
        }
    }
    for chunk in members.chunks(CHUNK) {
        let found: Vec<String> = Members::in_tenant(tenant)
            .select_only()
            .column(member::Column::GroupId)
            .filter(member::Column::UserId.is_in(chunk.iter().map(String::as_str)))
            .into_tuple()
            .all(db)
            .await?;
        ids.extend(found);
    }
    let mut rows = with_any(db, tenant, scim_group::Column::Id, &ids).await?;
    rows.extend(with_any(db, tenant, scim_group::Column::DisplayName, &names).await?);
    rows.extend(with_any(db, tenant, scim_group::Column::ExternalId, &externals).await?);
    rows.sort_by(|left, right| right.id.cmp(&left.id));
    rows.dedup_by(|left, right| left.id == right.id);
    put_together(db, tenant, rows, with_members).await
}

/// How many groups there are.
pub async fn count(db: &impl ConnectionTrait, tenant: TenantId) -> Result<u64, Error> {
    Ok(Entity::in_tenant(tenant).count(db).await?)
}

/// `limit` groups after the first `offset`, the newest first.
pub async fn slice(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    offset: u64,
    limit: u64,
    with_members: bool,
) -> Result<Vec<Group>, Error> {
    let select = Entity::in_tenant(tenant).order_by_desc(scim_group::Column::Id);
    let rows = select.offset(offset).limit(limit).all(db).await?;
    put_together(db, tenant, rows, with_members).await
}

/// `limit` groups that come after one of them, the newest first.
pub async fn after(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    last: Option<ScimGroupId>,
    limit: u64,
    with_members: bool,
) -> Result<Vec<Group>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_desc(scim_group::Column::Id).limit(limit);
    if let Some(last) = last {
        select = select.filter(scim_group::Column::Id.lt(last.to_string()));
    }
    let rows = select.all(db).await?;
    put_together(db, tenant, rows, with_members).await
}

/// Writes groups, new or changed. Of the members only those that come or go.
pub async fn save(tx: &Tx, tenant: TenantId, groups: &[Changed<'_>]) -> Result<(), Error> {
    for chunk in groups.chunks(CHUNK) {
        let rows = chunk.iter().map(|group| row(tenant, group.after).into_active_model().reset_all());
        let everything_else = OnConflict::columns([scim_group::Column::TenantId, scim_group::Column::Id])
            .update_columns([
                scim_group::Column::DisplayName,
                scim_group::Column::ExternalId,
                scim_group::Column::Resource,
                scim_group::Column::Revision,
                scim_group::Column::UpdateTime,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
    }
    let nobody = BTreeSet::new();
    let mut coming = Vec::new();
    for Changed { before, after } in groups {
        let old = before.map_or(&nobody, |group| &group.members);
        let going: Vec<String> = old.difference(&after.members).cloned().collect();
        for chunk in going.chunks(CHUNK) {
            let of = Condition::all()
                .add(member::Column::GroupId.eq(after.id.to_string()))
                .add(member::Column::UserId.is_in(chunk.iter().map(String::as_str)));
            delete::<Members>(tx, member::Column::TenantId, tenant, of).await?;
        }
        coming.extend(after.members.difference(old).map(|user| member::Model {
            tenant_id: tenant.to_string(),
            group_id: after.id.to_string(),
            user_id: user.clone(),
        }));
    }
    for chunk in coming.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        Members::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Removes groups with all that says who is in them.
pub async fn remove(tx: &Tx, tenant: TenantId, groups: &[ScimGroupId]) -> Result<(), Error> {
    for chunk in groups.chunks(CHUNK) {
        let ids = || chunk.iter().map(ScimGroupId::to_string);
        let of = Condition::all().add(member::Column::GroupId.is_in(ids()));
        delete::<Members>(tx, member::Column::TenantId, tenant, of).await?;
        let of = Condition::all().add(scim_group::Column::Id.is_in(ids()));
        delete::<Entity>(tx, scim_group::Column::TenantId, tenant, of).await?;
    }
    Ok(())
}

/// Takes users out of every group, each of which becomes another version.
pub async fn remove_users(
    tx: &Tx,
    tenant: TenantId,
    users: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    for chunk in users.chunks(CHUNK) {
        let ids = || chunk.iter().map(PersonId::to_string);
        let groups = Members::in_tenant(tenant)
            .select_only()
            .column(member::Column::GroupId)
            .filter(member::Column::UserId.is_in(ids()));
        Entity::update_many()
            .col_expr(scim_group::Column::Revision, Expr::col(scim_group::Column::Revision).add(1))
            .col_expr(scim_group::Column::UpdateTime, Expr::value(now))
            .filter(scim_group::Column::TenantId.eq(tenant.to_string()))
            .filter(scim_group::Column::Id.in_subquery(groups.into_query()))
            .exec(tx)
            .await?;
        let of = Condition::all().add(member::Column::UserId.is_in(ids()));
        delete::<Members>(tx, member::Column::TenantId, tenant, of).await?;
    }
    Ok(())
}

async fn with_any(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    column: scim_group::Column,
    values: &[String],
) -> Result<Vec<scim_group::Model>, Error> {
    let mut found = Vec::new();
    for chunk in values.chunks(CHUNK) {
        let select = Entity::in_tenant(tenant).filter(column.is_in(chunk.iter().map(String::as_str)));
        found.extend(select.all(db).await?);
    }
    Ok(found)
}

async fn put_together(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    rows: Vec<scim_group::Model>,
    with_members: bool,
) -> Result<Vec<Group>, Error> {
    let mut members: HashMap<String, BTreeSet<String>> = HashMap::new();
    for chunk in rows.chunks(CHUNK).filter(|_| with_members) {
        let found: Vec<(String, String)> = Members::in_tenant(tenant)
            .select_only()
            .columns([member::Column::GroupId, member::Column::UserId])
            .filter(member::Column::GroupId.is_in(chunk.iter().map(|row| row.id.as_str())))
            .into_tuple()
            .all(db)
            .await?;
        for (group, user) in found {
            members.entry(group).or_default().insert(user);
        }
    }
    rows.into_iter()
        .map(|row| {
            let scim_group::Model {
                tenant_id: _,
                id: key,
                display_name: _,
                external_id: _,
                resource,
                revision,
                create_time,
                update_time,
            } = row;
            let members = members.remove(&key).unwrap_or_default();
            let (id, resource) = (id(&key)?, json(&resource)?);
            Ok(Group { id, resource, members, revision, create_time, update_time })
        })
        .collect()
}

fn row(tenant: TenantId, group: &Group) -> scim_group::Model {
    let Group { id, resource, members: _, revision, create_time, update_time } = group;
    scim_group::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        display_name: group.name_key(),
        external_id: group.external_id().map(str::to_owned),
        resource: resource.to_string(),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}
