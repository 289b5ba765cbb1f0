//! Counted answers: added up as they come, summed as they are read.

use std::collections::BTreeMap;

use arki_database::{Error, Tx};
use arki_ids::{TenantId, UnitId, WaveId};
use arki_stats::Histogram;
use chrono::NaiveDate;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::entity::{cell, respondents, wave_invited, wave_response};
use super::{CHUNK, row};
use crate::domain::metric::QuestionBinding;
use crate::domain::reading::Days;

/// Counts by unit.
pub type ByUnit<T> = BTreeMap<Option<UnitId>, T>;

/// What came in with one message. Maps, because one statement must not meet a row twice, and because two that add to
/// the same rows in the same order do not wait for each other in a circle.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub responses: BTreeMap<(Option<UnitId>, NaiveDate), u64>,
    pub respondents: BTreeMap<(QuestionBinding, Option<UnitId>, NaiveDate), u64>,
    pub cells: BTreeMap<(QuestionBinding, Option<UnitId>, NaiveDate, i32), u64>,
}

/// How many answered a question, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Respondents {
    pub people: u64,
    pub days: Days,
}

/// Adds counts to those that are there.
pub async fn add(tx: &Tx, tenant: TenantId, wave: WaveId, counted: &Counted) -> Result<(), Error> {
    let Counted { responses, respondents, cells } = counted;
    let rows: Vec<_> = responses.iter().collect();
    for chunk in rows.chunks(CHUNK) {
        let models = chunk.iter().map(|((unit, day), people)| {
            let model = wave_response::Model {
                tenant_id: row::tenant(tenant),
                wave_id: wave.to_string(),
                unit_id: row::unit_text(*unit),
                day: *day,
                people: row::signed("wave_response.people", **people)?,
            };
            Ok(model.into_active_model())
        });
        use wave_response::Column::{Day, People, TenantId, UnitId, WaveId};
        let sum = added([TenantId, WaveId, UnitId, Day], People, "wave_response");
        wave_response::Entity::insert_many(models.collect::<Result<Vec<_>, Error>>()?)
            .on_conflict(sum)
            .exec_without_returning(tx)
            .await?;
    }
    let rows: Vec<_> = respondents.iter().collect();
    for chunk in rows.chunks(CHUNK) {
        let models = chunk.iter().map(|((question, unit, day), people)| {
            let model = respondents::Model {
                tenant_id: row::tenant(tenant),
                wave_id: wave.to_string(),
                questionnaire_id: question.questionnaire.to_string(),
                question: question.question.clone(),
                unit_id: row::unit_text(*unit),
                day: *day,
                people: row::signed("respondents.people", **people)?,
            };
            Ok(model.into_active_model())
        });
        use respondents::Column::{Day, People, Question, QuestionnaireId, TenantId, UnitId, WaveId};
        let sum = added([TenantId, WaveId, QuestionnaireId, Question, UnitId, Day], People, "respondents");
        respondents::Entity::insert_many(models.collect::<Result<Vec<_>, Error>>()?)
            .on_conflict(sum)
            .exec_without_returning(tx)
            .await?;
    }
    let rows: Vec<_> = cells.iter().collect();
    for chunk in rows.chunks(CHUNK) {
        let models = chunk.iter().map(|((question, unit, day, value), people)| {
            let model = cell::Model {
                tenant_id: row::tenant(tenant),
                wave_id: wave.to_string(),
                questionnaire_id: question.questionnaire.to_string(),
                question: question.question.clone(),
                unit_id: row::unit_text(*unit),
                day: *day,
                value: *value,
                people: row::signed("cell.people", **people)?,
            };
            Ok(model.into_active_model())
        });
        use cell::Column::{Day, People, Question, QuestionnaireId, TenantId, UnitId, Value, WaveId};
        let sum = added([TenantId, WaveId, QuestionnaireId, Question, UnitId, Day, Value], People, "cell");
        cell::Entity::insert_many(models.collect::<Result<Vec<_>, Error>>()?)
            .on_conflict(sum)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// A row that is there already takes the new people on top of its own.
fn added<C: ColumnTrait + Copy, const N: usize>(key: [C; N], people: C, table: &'static str) -> OnConflict {
    let sum = Expr::col((Alias::new(table), people)).add(Expr::col((Alias::new("excluded"), people)));
    OnConflict::columns(key).value(people, sum).to_owned()
}

/// Remembers how many were invited.
pub async fn insert_invited(
    tx: &Tx,
    tenant: TenantId,
    wave: WaveId,
    invited: &ByUnit<u64>,
) -> Result<(), Error> {
    let rows: Vec<_> = invited.iter().collect();
    for chunk in rows.chunks(CHUNK) {
        let models = chunk.iter().map(|(unit, people)| {
            let model = wave_invited::Model {
                tenant_id: row::tenant(tenant),
                wave_id: wave.to_string(),
                unit_id: row::unit_text(**unit),
                people: row::signed("wave_invited.people", **people)?,
            };
            Ok(model.into_active_model())
        });
        wave_invited::Entity::insert_many(models.collect::<Result<Vec<_>, Error>>()?)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// How many were invited; empty while that is not known.
pub async fn list_invited(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    wave: WaveId,
) -> Result<ByUnit<u64>, Error> {
    let rows = wave_invited::Entity::in_tenant(tenant)
        .filter(wave_invited::Column::WaveId.eq(wave.to_string()))
        .all(db)
        .await?;
    let each = |wave_invited::Model { unit_id, people, .. }: wave_invited::Model| {
        Ok((row::unit("wave_invited.unit_id", &unit_id)?, row::number("wave_invited.people", people)?))
    };
    rows.into_iter().map(each).collect()
}

/// How many answered the wave.
pub async fn sum_responses(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    wave: WaveId,
) -> Result<ByUnit<u64>, Error> {
    use wave_response::Column::{People, UnitId, WaveId};
    let rows: Vec<(String, i64)> = wave_response::Entity::in_tenant(tenant)
        .filter(WaveId.eq(wave.to_string()))
        .select_only()
        .column(UnitId)
        .column_as(summed(People), "sum")
        .group_by(UnitId)
        .into_tuple()
        .all(db)
        .await?;
    let each = |(unit, people): (String, i64)| {
        Ok((row::unit("wave_response.unit_id", &unit)?, row::number("wave_response.people", people)?))
    };
    rows.into_iter().map(each).collect()
}

/// How many answered a question, and from when to when.
pub async fn sum_respondents(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    wave: WaveId,
    question: &QuestionBinding,
) -> Result<ByUnit<Respondents>, Error> {
    use respondents::Column::{Day, People, Question, QuestionnaireId, UnitId, WaveId};
    let rows: Vec<(String, i64, NaiveDate, NaiveDate)> = respondents::Entity::in_tenant(tenant)
        .filter(WaveId.eq(wave.to_string()))
        .filter(QuestionnaireId.eq(question.questionnaire.to_string()))
        .filter(Question.eq(question.question.as_str()))
        .select_only()
        .column(UnitId)
        .column_as(summed(People), "sum")
        .column_as(Day.min(), "first")
        .column_as(Day.max(), "last")
        .group_by(UnitId)
        .into_tuple()
        .all(db)
        .await?;
    let each = |(unit, people, first, last): (String, i64, NaiveDate, NaiveDate)| {
        let people = row::number("respondents.people", people)?;
        Ok((row::unit("respondents.unit_id", &unit)?, Respondents { people, days: Days { first, last } }))
    };
    rows.into_iter().map(each).collect()
}

/// How often each value of a question was given.
pub async fn sum_cells(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    wave: WaveId,
    question: &QuestionBinding,
) -> Result<ByUnit<Histogram>, Error> {
    use cell::Column::{People, Question, QuestionnaireId, UnitId, Value, WaveId};
    let rows: Vec<(String, i32, i64)> = cell::Entity::in_tenant(tenant)
        .filter(WaveId.eq(wave.to_string()))
        .filter(QuestionnaireId.eq(question.questionnaire.to_string()))
        .filter(Question.eq(question.question.as_str()))
        .select_only()
        .column(UnitId)
        .column(Value)
        .column_as(summed(People), "sum")
        .group_by(UnitId)
        .group_by(Value)
        .into_tuple()
        .all(db)
        .await?;
    let mut histograms: ByUnit<Histogram> = BTreeMap::new();
    for (unit, value, people) in rows {
        let histogram = histograms.entry(row::unit("cell.unit_id", &unit)?).or_default();
        histogram
            .add(value, row::number("cell.people", people)?)
            .map_err(|error| Error::Corrupt(format!("cell.value: {error}")))?;
    }
    Ok(histograms)
}

/// A sum of whole numbers as one: PostgreSQL's own sum of them is a numeric.
fn summed(column: impl ColumnTrait) -> sea_orm::sea_query::Expr {
    column.sum().cast_as(Alias::new("bigint"))
}
