//! What do we store of HR and recruiting, and why.
//!
//! `workforce_figure`: a row for each unit, month and kind, with the newest numbers that a system told, and when that was
//! so by its clock: what comes later and is older must lose. Nothing of a person is in it.

use std::collections::{BTreeSet, HashSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, UnitId, WorkforceFigureId};
use chrono::NaiveDate;
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::workforce_figure::{Column, Entity, Model};
use super::{CHUNK, Error, among, id, parsed, word};
use crate::domain::workforce::{Figure, Key, Kind, Numbers};

/// Which figures are asked for; none means that it doesn't matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Itself alone.
    pub unit: Option<UnitId>,
    pub kind: Option<Kind>,
    /// The first month.
    pub from: Option<NaiveDate>,
    /// The last month.
    pub until: Option<NaiveDate>,
}

/// One figure.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    figure: WorkforceFigureId,
) -> Result<Option<Figure>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(figure.to_string())).one(db).await?;
    row.map(Figure::try_from).transpose()
}

/// Figures by month, and within a month in the order in which they were first reported; of units `within` alone where
/// that is given.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    filter: &Filter,
    within: Option<&HashSet<UnitId>>,
    page: &PageRequest,
) -> Result<Page<Figure>, Error> {
    let Filter { unit, kind, from, until } = filter;
    let mut select =
        Entity::in_tenant(tenant).order_by_asc(Column::Month).order_by_asc(Column::Id).limit(page.limit());
    if let Some(unit) = unit {
        select = select.filter(Column::UnitId.eq(unit.to_string()));
    }
    if let Some(kind) = kind {
        select = select.filter(Column::Kind.eq(kind.word()));
    }
    if let Some(from) = from {
        select = select.filter(Column::Month.gte(*from));
    }
    if let Some(until) = until {
        select = select.filter(Column::Month.lte(*until));
    }
    if let Some(within) = within {
        let units: Vec<UnitId> = within.iter().copied().collect();
        select = select.filter(among(db, Column::UnitId, &units));
    }
    if let Some([month, id]) = page.after.as_deref() {
        let month: NaiveDate = parsed(month)?;
        let later_in_month = Condition::all().add(Column::Month.eq(month)).add(Column::Id.gt(id.as_str()));
        select = select.filter(Condition::any().add(Column::Month.gt(month)).add(later_in_month));
    }
    let rows = select.all(db).await?;
    let found = rows.into_iter().map(Figure::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(found, page, |last| vec![last.key.month.to_string(), last.id.to_string()]))
}

/// Every figure of these units in these months.
pub async fn of_units(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    units: &[UnitId],
    months: &BTreeSet<NaiveDate>,
) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    for chunk in units.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(among(db, Column::UnitId, chunk))
            .filter(Column::Month.is_in(months.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            figures.push(Figure::try_from(row)?);
        }
    }
    Ok(figures)
}

/// Writes figures, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, figures: &[Figure]) -> Result<(), Error> {
    for chunk in figures.chunks(CHUNK) {
        let rows = chunk.iter().map(|figure| row(tenant, figure).into_active_model().reset_all());
        let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
            .update_columns([
                Column::Count,
                Column::Base,
                Column::Source,
                Column::SourceTime,
                Column::Revision,
                Column::UpdateTime,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Removes a figure.
pub async fn delete(tx: &Tx, tenant: TenantId, figure: WorkforceFigureId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(figure.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(tenant: TenantId, figure: &Figure) -> Model {
    let Figure { id, key, numbers, source, source_time, revision, create_time, update_time } = figure;
    let (Key { unit, month, kind }, Numbers { count, base }) = (key, numbers);
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        unit_id: unit.to_string(),
        month: *month,
        kind: kind.word().to_owned(),
        count: *count,
        base: *base,
        source: source.clone(),
        source_time: *source_time,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

impl TryFrom<Model> for Figure {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            id: name,
            unit_id,
            month,
            kind,
            count,
            base,
            source,
            source_time,
            revision,
            create_time,
            update_time,
        } = row;
        Ok(Self {
            id: id(&name)?,
            key: Key { unit: id(&unit_id)?, month, kind: word(&kind, Kind::of_word)? },
            numbers: Numbers { count, base },
            source,
            source_time,
            revision,
            create_time,
            update_time,
        })
    }
}
