use std::collections::BTreeMap;

use arki_database::{Backend, Error, Tx};
use arki_ids::{DeliveryId, MessageId, PersonId, TenantId, UnitId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    Statement,
};

use super::entity::{reader, tally};
use super::read::parsed;
use crate::domain::{BATCH, Count};

/// Who answered the question under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reader {
    pub(crate) delivery: DeliveryId,
    pub(crate) fingerprint: Vec<u8>,
}

pub(crate) async fn find_reader<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    message: MessageId,
    person: PersonId,
) -> Result<Option<Reader>, Error> {
    let row = reader::Entity::in_tenant(tenant)
        .filter(reader::Column::MessageId.eq(message.to_string()))
        .filter(reader::Column::PersonId.eq(person.to_string()))
        .one(db)
        .await?;
    row.map(|row| {
        Ok(Reader { delivery: parsed(&row.delivery_id, "reader.delivery_id")?, fingerprint: row.fingerprint })
    })
    .transpose()
}

/// Whether anybody has answered. Who did may be gone; what was counted stays.
pub(crate) async fn is_answered<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    message: MessageId,
) -> Result<bool, Error> {
    let tallies = tally::Entity::in_tenant(tenant).filter(tally::Column::MessageId.eq(message.to_string()));
    Ok(tallies.count(db).await? > 0)
}

/// Makes those who answer one message come one after the other, so that batches are counted right.
pub(crate) async fn lock(
    tx: &Tx,
    backend: Backend,
    tenant: TenantId,
    message: MessageId,
) -> Result<(), Error> {
    if backend == Backend::Postgres {
        let sql = "SELECT 1 FROM message WHERE tenant_id = $1 AND message_id = $2 FOR UPDATE";
        let values = [tenant.to_string().into(), message.to_string().into()];
        tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

/// Notes that somebody answered.
pub(crate) async fn insert_reader(
    tx: &Tx,
    tenant: TenantId,
    message: MessageId,
    person: PersonId,
    reader: Reader,
) -> Result<(), Error> {
    let Reader { delivery, fingerprint } = reader;
    let row = reader::Model {
        tenant_id: tenant.to_string(),
        message_id: message.to_string(),
        person_id: person.to_string(),
        delivery_id: delivery.to_string(),
        fingerprint,
    };
    reader::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Counts one answer.
pub(crate) async fn count(
    tx: &Tx,
    tenant: TenantId,
    message: MessageId,
    unit: Option<UnitId>,
    correct: bool,
) -> Result<(), Error> {
    let sql = "INSERT INTO tally (tenant_id, message_id, unit_id, answered, correct, told_answered, told_correct) \
               VALUES ($1, $2, $3, 1, $4, 0, 0) ON CONFLICT (tenant_id, message_id, unit_id) DO UPDATE SET \
               answered = tally.answered + 1, correct = tally.correct + excluded.correct";
    let unit = unit.map(|unit| unit.to_string()).unwrap_or_default();
    let values =
        [tenant.to_string().into(), message.to_string().into(), unit.into(), i64::from(correct).into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Answers that become known together, of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) unit: Option<UnitId>,
    pub(crate) correct: u64,
    pub(crate) wrong: u64,
}

/// Makes the answers known that are not yet, if there are enough for a batch; else none.
pub(crate) async fn tell(tx: &Tx, tenant: TenantId, message: MessageId) -> Result<Vec<Told>, Error> {
    let rows = tally::Entity::in_tenant(tenant)
        .filter(tally::Column::MessageId.eq(message.to_string()))
        .order_by_asc(tally::Column::UnitId)
        .all(tx)
        .await?;
    let waiting: i64 = rows.iter().map(|row| row.answered - row.told_answered).sum();
    if waiting < BATCH {
        return Ok(Vec::new());
    }
    tally::Entity::update_many()
        .col_expr(tally::Column::ToldAnswered, Expr::col(tally::Column::Answered))
        .col_expr(tally::Column::ToldCorrect, Expr::col(tally::Column::Correct))
        .filter(tally::Column::TenantId.eq(tenant.to_string()))
        .filter(tally::Column::MessageId.eq(message.to_string()))
        .exec(tx)
        .await?;
    rows.into_iter()
        .map(|row| {
            let answered = (row.answered - row.told_answered).unsigned_abs();
            let correct = (row.correct - row.told_correct).unsigned_abs();
            Ok(Told { unit: unit(&row.unit_id)?, correct, wrong: answered.saturating_sub(correct) })
        })
        .filter(|told| !matches!(told, Ok(Told { correct: 0, wrong: 0, .. })))
        .collect()
}

/// What is known of a message, by unit.
pub(crate) async fn counts<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    message: MessageId,
) -> Result<BTreeMap<Option<UnitId>, Count>, Error> {
    let rows = tally::Entity::in_tenant(tenant)
        .filter(tally::Column::MessageId.eq(message.to_string()))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let count = Count {
                answered: row.told_answered.unsigned_abs(),
                correct: row.told_correct.unsigned_abs().min(row.told_answered.unsigned_abs()),
            };
            Ok((unit(&row.unit_id)?, count))
        })
        .collect()
}

fn unit(text: &str) -> Result<Option<UnitId>, Error> {
    if text.is_empty() { Ok(None) } else { parsed(text, "tally.unit_id").map(Some) }
}
