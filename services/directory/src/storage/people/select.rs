//! Lists of people.

use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, UnitId};
use chrono::NaiveDate;
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, UnionType,
    WithClause,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::super::entity::{account, employment, membership, person, person_attribute, unit, unit_version};
use super::super::{Error, employments, id, optional};
use super::load;
use crate::domain::Person;
use crate::domain::audience::{Audience, Member, Segment};
use crate::domain::person::{Employment, Kind, email_key};

/// Which people are asked for; none means that it doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<Kind>,
    /// Who belongs to this unit on the day.
    pub unit: Option<UnitFilter>,
    /// Letter case aside.
    pub email: Option<String>,
    pub external_id: Option<String>,
    /// Who leads a unit on the day.
    pub leads_on: Option<NaiveDate>,
    /// Who has one of the values of each.
    pub attributes: Vec<Segment>,
}

/// Who belongs to a unit on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitFilter {
    pub unit: UnitId,
    pub include_descendants: bool,
    pub day: NaiveDate,
}

/// People, in the order of their creation.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Person>, Error> {
    let Filter { kind, unit, email, external_id, leads_on, attributes } = filter;
    let mut select = person::Entity::in_tenant(tenant).limit(page.limit());
    if let Some(kind) = kind {
        select = select.filter(person::Column::Kind.eq(kind.word()));
    }
    if let Some(UnitFilter { unit, include_descendants, day }) = unit {
        let mut members = membership::Entity::in_tenant(tenant)
            .select_only()
            .column(membership::Column::PersonId)
            .filter(valid_on(*day));
        members = if *include_descendants {
            members.filter(membership::Column::UnitId.in_subquery(at_or_below(tenant, &[*unit], *day)))
        } else {
            members.filter(membership::Column::UnitId.eq(unit.to_string()))
        };
        select = select.filter(person::Column::Id.in_subquery(members.into_query()));
    }
    if let Some(email) = email {
        // An empty address is nobody's.
        select = select.filter(person::Column::EmailKey.eq(email_key(email).unwrap_or_default()));
    }
    if let Some(external_id) = external_id {
        select = select.filter(person::Column::ExternalId.eq(external_id.as_str()));
    }
    if let Some(day) = leads_on {
        select = select.filter(person::Column::Id.in_subquery(leaders(tenant, *day)));
    }
    for segment in attributes {
        select = select.filter(person::Column::Id.in_subquery(of_segment(tenant, segment)));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(person::Column::Id.gt(after.as_str()));
    }
    let people = load(db, tenant, select).await?;
    Ok(Page::cut(people, page, |last| vec![last.id.to_string()]))
}

#[derive(FromQueryResult)]
struct MemberRow {
    id: String,
    unit_id: Option<String>,
    role_id: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
    email: String,
    display_name: String,
    external_id: Option<String>,
}

/// Who belongs to an audience on a day, in the order of their ids.
pub async fn audience(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    audience: &Audience,
    day: NaiveDate,
    page: &PageRequest,
) -> Result<Page<Member>, Error> {
    let Audience { kind, leads, units, roles, attributes } = audience;
    let place = Condition::all()
        .add(
            Expr::col((membership::Entity, membership::Column::TenantId))
                .equals((person::Entity, person::Column::TenantId)),
        )
        .add(
            Expr::col((membership::Entity, membership::Column::PersonId))
                .equals((person::Entity, person::Column::Id)),
        )
        .add(valid_on(day));
    // An employee's unit is the place of the day; a customer's is the unit that serves the account.
    let served = Condition::all()
        .add(
            Expr::col((account::Entity, account::Column::TenantId))
                .equals((person::Entity, person::Column::TenantId)),
        )
        .add(
            Expr::col((account::Entity, account::Column::Id))
                .equals((person::Entity, person::Column::AccountId)),
        );
    let unit = || {
        Expr::from(Func::coalesce([
            Expr::col((membership::Entity, membership::Column::UnitId)),
            Expr::col((account::Entity, account::Column::UnitId)),
        ]))
    };
    let mut select = person::Entity::in_tenant(tenant)
        .select_only()
        .columns([
            person::Column::Id,
            person::Column::Language,
            person::Column::TimeZone,
            person::Column::Email,
            person::Column::DisplayName,
            person::Column::ExternalId,
        ])
        .column(membership::Column::RoleId)
        .expr_as(unit(), "unit_id")
        .order_by_asc(person::Column::Id)
        .limit(page.limit());
    // A left join: whoever belongs nowhere is still of the kind.
    QuerySelect::query(&mut select).join(JoinType::LeftJoin, membership::Entity, place);
    QuerySelect::query(&mut select).join(JoinType::LeftJoin, account::Entity, served);
    let after = page.after.as_ref().and_then(|cursor| cursor.first());
    let stood: &[Employment] = match kind {
        Kind::Employee => &Employment::WORKING,
        Kind::Leaver => &[Employment::Left],
        Kind::Customer | Kind::Prospect | Kind::FormerCustomer | Kind::Candidate => &[],
    };
    if stood.is_empty() {
        select = select.filter(person::Column::Kind.eq(kind.word()));
    } else {
        // Of that day, not of today: who has left since then was an employee on it.
        let of_person = Condition::all()
            .add(
                Expr::col((employment::Entity, employment::Column::TenantId))
                    .equals((person::Entity, person::Column::TenantId)),
            )
            .add(
                Expr::col((employment::Entity, employment::Column::PersonId))
                    .equals((person::Entity, person::Column::Id)),
            );
        QuerySelect::query(&mut select).join(JoinType::InnerJoin, employment::Entity, of_person);
        let kinds = [Kind::Employee, Kind::Leaver].map(Kind::word);
        select = select
            .filter(employments::stands(stood, day))
            .filter(employment::Column::TenantId.eq(tenant.to_string()))
            .filter(person::Column::Kind.is_in(kinds));
        // The table of employment has no customers in it, so that a page is read from where it begins.
        if let Some(after) = after {
            select = select.filter(employment::Column::PersonId.gt(after.as_str()));
        }
    }
    if *leads {
        select = select.filter(person::Column::Id.in_subquery(leaders(tenant, day)));
    }
    for segment in attributes {
        select = select.filter(person::Column::Id.in_subquery(of_segment(tenant, segment)));
    }
    if !units.is_empty() {
        select = select.filter(unit().in_subquery(at_or_below(tenant, units, day)));
    }
    if !roles.is_empty() {
        select = select.filter(membership::Column::RoleId.is_in(roles.iter().map(ToString::to_string)));
    }
    if let Some(after) = after {
        select = select.filter(person::Column::Id.gt(after.as_str()));
    }
    let rows = select.into_model::<MemberRow>().all(db).await?;
    let members = rows.into_iter().map(member).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(members, page, |last| vec![last.person.to_string()]))
}

fn member(row: MemberRow) -> Result<Member, Error> {
    let MemberRow { id: key, unit_id, role_id, language, time_zone, email, display_name, external_id } = row;
    Ok(Member {
        person: id(&key)?,
        unit: optional(unit_id.as_deref())?,
        role: optional(role_id.as_deref())?,
        language,
        time_zone,
        email,
        display_name,
        external_id,
    })
}

/// The ids of those who lead a unit on a day.
fn leaders(tenant: TenantId, day: NaiveDate) -> SelectStatement {
    unit_version::Entity::in_tenant(tenant)
        .select_only()
        .column(unit_version::Column::LeaderId)
        .filter(unit_version::Column::LeaderId.is_not_null())
        .filter(unit_version::Column::ValidFrom.lte(day))
        .filter(
            Condition::any()
                .add(unit_version::Column::ValidTo.is_null())
                .add(unit_version::Column::ValidTo.gt(day)),
        )
        .into_query()
}

/// The ids of those who have one of the values of a segment.
fn of_segment(tenant: TenantId, segment: &Segment) -> SelectStatement {
    let Segment { key, values } = segment;
    person_attribute::Entity::in_tenant(tenant)
        .select_only()
        .column(person_attribute::Column::PersonId)
        .filter(person_attribute::Column::Key.eq(key.as_str()))
        .filter(person_attribute::Column::Value.is_in(values.iter().map(String::as_str)))
        .into_query()
}

/// The ids of units and of all below them on a day. UNION, not UNION ALL, so that it ends even on a circle.
fn at_or_below(tenant: TenantId, units: &[UnitId], day: NaiveDate) -> SelectStatement {
    let mut start = unit::Entity::in_tenant(tenant)
        .select_only()
        .column(unit::Column::Id)
        .filter(unit::Column::Id.is_in(units.iter().map(ToString::to_string)))
        .into_query();
    let step = Query::select()
        .column((unit_version::Entity, unit_version::Column::UnitId))
        .from(unit_version::Entity)
        .inner_join(
            "below",
            Expr::col((unit_version::Entity, unit_version::Column::ParentId)).equals(("below", "id")),
        )
        .and_where(unit_version::Column::TenantId.eq(tenant.to_string()))
        .and_where(unit_version::Column::ValidFrom.lte(day))
        .cond_where(
            Condition::any()
                .add(unit_version::Column::ValidTo.is_null())
                .add(unit_version::Column::ValidTo.gt(day)),
        )
        .take();
    let below = CommonTableExpression::new()
        .table_name("below")
        .column("id")
        .query(start.union(UnionType::Distinct, step).take())
        .to_owned();
    let with = WithClause::new().recursive(true).cte(below).to_owned();
    Query::select().column(("below", "id")).from("below").with_cte(with).take()
}

/// Places with the person beside each.
pub(super) fn with_person(mut select: Select<membership::Entity>) -> Select<membership::Entity> {
    let same = Condition::all()
        .add(
            Expr::col((person::Entity, person::Column::TenantId))
                .equals((membership::Entity, membership::Column::TenantId)),
        )
        .add(
            Expr::col((person::Entity, person::Column::Id))
                .equals((membership::Entity, membership::Column::PersonId)),
        );
    QuerySelect::query(&mut select).join(JoinType::InnerJoin, person::Entity, same);
    select
}

/// Places with the employment of whoever has them beside each.
pub(super) fn with_employment(mut select: Select<membership::Entity>) -> Select<membership::Entity> {
    let same = Condition::all()
        .add(
            Expr::col((employment::Entity, employment::Column::TenantId))
                .equals((membership::Entity, membership::Column::TenantId)),
        )
        .add(
            Expr::col((employment::Entity, employment::Column::PersonId))
                .equals((membership::Entity, membership::Column::PersonId)),
        );
    QuerySelect::query(&mut select).join(JoinType::InnerJoin, employment::Entity, same);
    select
}

pub(super) fn valid_on(day: NaiveDate) -> Condition {
    Condition::all().add(membership::Column::ValidFrom.lte(day)).add(lasts_beyond(day))
}

pub(super) fn lasts_beyond(day: NaiveDate) -> Condition {
    Condition::any().add(membership::Column::ValidTo.is_null()).add(membership::Column::ValidTo.gt(day))
}
