//! Where employees stand through time.
//!
//! The state of today is with the person and lies here too, with what was before and what is planned: audiences of any
//! day are read from here. [`follow`] keeps the two alike with every write of a person. A row that is still to come is
//! marked as planned, so that what is due is found without looking at everybody.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::rows::{self, Columns, Type};
use arki_ids::{PersonId, TenantId};
use chrono::NaiveDate;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::employment::{Column, Entity, Model};
use super::{Error, among, corrupt, id, word};
use crate::domain::Person;
use crate::domain::history::Period;
use crate::domain::person::{Employment, Employments};

const COLUMNS: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("person_id", Type::Text),
    ("valid_from", Type::Date),
    ("valid_to", Type::Date),
    ("state", Type::Text),
    ("is_planned", Type::Boolean),
]);

/// The employment of a person through time.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
) -> Result<Employments, Error> {
    let rows = Entity::in_tenant(tenant).filter(Column::PersonId.eq(person.to_string())).all(db).await?;
    put_together(rows)
}

/// People with something planned that holds by a day.
pub async fn due(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    day: NaiveDate,
    most: u64,
) -> Result<Vec<PersonId>, Error> {
    let people: Vec<String> = Entity::in_tenant(tenant)
        .select_only()
        .column(Column::PersonId)
        .distinct()
        .filter(Column::IsPlanned.eq(true))
        .filter(Column::ValidFrom.lte(day))
        .order_by_asc(Column::PersonId)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    people.iter().map(|person| id(person)).collect()
}

/// Writes the employment of a person through time.
pub async fn save(
    tx: &Tx,
    tenant: TenantId,
    person: PersonId,
    employments: &Employments,
    today: NaiveDate,
) -> Result<(), Error> {
    replace(tx, tenant, vec![(person, employments.clone())], today).await
}

/// Brings employment through time to what people say of today. `known` are the ids of those who were stored before.
pub(super) async fn follow(
    tx: &Tx,
    tenant: TenantId,
    people: &[Person],
    known: &[String],
    today: NaiveDate,
) -> Result<(), Error> {
    let mut stored: HashMap<String, Vec<Model>> = HashMap::new();
    if !known.is_empty() {
        for row in Entity::in_tenant(tenant).filter(among(tx, Column::PersonId, known)).all(tx).await? {
            stored.entry(row.person_id.clone()).or_default().push(row);
        }
    }
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (person, said) in people.iter().map(|person| (person.id, person.profile.employment)) {
        let rows = stored.remove(&person.to_string()).unwrap_or_default();
        // Whoever was employed and is a customer now, say, has left.
        let Some(state) = said.or((!rows.is_empty()).then_some(Employment::Left)) else { continue };
        let is_due = rows.iter().any(|row| row.is_planned && row.valid_from <= today);
        let is_new = rows.is_empty();
        let before = put_together(rows)?;
        let mut after = before.clone();
        after.follow(today, state).map_err(corrupt)?;
        if is_new {
            new.push((person, after));
        } else if is_due || after != before {
            changed.push((person, after));
        }
    }
    insert(tx, tenant, &new, today).await?;
    replace(tx, tenant, changed, today).await
}

async fn replace(
    tx: &Tx,
    tenant: TenantId,
    changed: Vec<(PersonId, Employments)>,
    today: NaiveDate,
) -> Result<(), Error> {
    let people: Vec<PersonId> = changed.iter().map(|(person, _)| *person).collect();
    if people.is_empty() {
        return Ok(());
    }
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(among(tx, Column::PersonId, &people))
        .exec(tx)
        .await?;
    insert(tx, tenant, &changed, today).await
}

async fn insert(
    tx: &Tx,
    tenant: TenantId,
    through_time: &[(PersonId, Employments)],
    today: NaiveDate,
) -> Result<(), Error> {
    let rows: Vec<Model> = through_time
        .iter()
        .flat_map(|(person, employments)| {
            employments.periods().into_iter().map(move |Period { from, to, value }| Model {
                tenant_id: tenant.to_string(),
                person_id: person.to_string(),
                valid_from: from,
                valid_to: to,
                state: value.word().to_owned(),
                is_planned: from > today,
            })
        })
        .collect();
    rows::execute(tx, &COLUMNS.insert(tx.get_database_backend(), "employment"), &rows, &[]).await?;
    Ok(())
}

/// Rows that say that somebody stands so on a day.
pub(super) fn stands(states: &[Employment], day: NaiveDate) -> Condition {
    Condition::all()
        .add(Column::State.is_in(states.iter().map(|state| state.word())))
        .add(Column::ValidFrom.lte(day))
        .add(Condition::any().add(Column::ValidTo.is_null()).add(Column::ValidTo.gt(day)))
}

fn put_together(rows: Vec<Model>) -> Result<Employments, Error> {
    let period = |row: Model| {
        let Model { tenant_id: _, person_id: _, valid_from, valid_to, state, is_planned: _ } = row;
        Ok(Period { from: valid_from, to: valid_to, value: word(&state, Employment::of_word)? })
    };
    let periods = rows.into_iter().map(period).collect::<Result<Vec<_>, Error>>()?;
    Employments::from_periods(periods).map_err(corrupt)
}
