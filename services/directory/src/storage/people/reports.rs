//! Who reports to whom.

use std::collections::HashMap;

use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId};
use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait, Query, SelectStatement, UnionType, WithClause,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait};

use super::super::entity::person::{Column, Entity};
use super::super::{CHUNK, Error};
use super::{find_manager, load};
use crate::domain::Person;
use crate::domain::person::Kind;

/// Who reports to a manager, directly or also through others, in the order of their creation. Leavers don't.
pub async fn reports(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    manager: PersonId,
    transitive: bool,
    page: &PageRequest,
) -> Result<Page<Person>, Error> {
    let mut select =
        Entity::in_tenant(tenant).filter(Column::Kind.ne(Kind::Leaver.word())).limit(page.limit());
    select = if transitive {
        select.filter(Column::Id.in_subquery(below(tenant, manager)))
    } else {
        select.filter(Column::ManagerId.eq(manager.to_string()))
    };
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let people = load(db, tenant, select).await?;
    Ok(Page::cut(people, page, |last| vec![last.id.to_string()]))
}

/// Who is above a person, the direct manager first.
pub async fn above(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
) -> Result<Vec<Person>, Error> {
    let mut chain: Vec<PersonId> = Vec::new();
    let mut at = find_manager(db, tenant, person).await?.flatten();
    // Each once: should what is stored ever hold a circle, it must not hold up this walk.
    while let Some(manager) = at.filter(|manager| *manager != person && !chain.contains(manager)) {
        chain.push(manager);
        at = find_manager(db, tenant, manager).await?.flatten();
    }
    let mut found = HashMap::new();
    for chunk in chain.chunks(CHUNK) {
        let ids = chunk.iter().map(ToString::to_string);
        for person in load(db, tenant, Entity::in_tenant(tenant).filter(Column::Id.is_in(ids))).await? {
            found.insert(person.id, person);
        }
    }
    Ok(chain.into_iter().filter_map(|manager| found.remove(&manager)).collect())
}

/// The ids of everybody below a manager. UNION, not UNION ALL, so that it ends even on a circle.
fn below(tenant: TenantId, manager: PersonId) -> SelectStatement {
    let mut start = Entity::in_tenant(tenant)
        .select_only()
        .column(Column::Id)
        .filter(Column::ManagerId.eq(manager.to_string()))
        .into_query();
    let step = Query::select()
        .column((Entity, Column::Id))
        .from(Entity)
        .inner_join("below", Expr::col((Entity, Column::ManagerId)).equals(("below", "id")))
        .and_where(Column::TenantId.eq(tenant.to_string()))
        .take();
    let below = CommonTableExpression::new()
        .table_name("below")
        .column("id")
        .query(start.union(UnionType::Distinct, step).take())
        .to_owned();
    let with = WithClause::new().recursive(true).cte(below).to_owned();
    Query::select().column(("below", "id")).from("below").with_cte(with).take()
}
