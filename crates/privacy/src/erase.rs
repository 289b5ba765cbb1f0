//! Forgetting people, by the list of rooms.

use arki_database::{Error, Tx};
use arki_ids::{PersonId, TenantId};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::room::{Holds, Room};

/// How many rows of a kind were met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The name of the table.
    pub kind: String,
    /// How many.
    pub rows: u64,
}

/// Adds rows of a kind to those that were counted before. None leave no trace.
pub fn add(counted: &mut Vec<Rows>, kind: &str, rows: u64) {
    match counted.iter_mut().find(|counted| counted.kind == kind) {
        _ if rows == 0 => {}
        Some(counted) => counted.rows += rows,
        None => counted.push(Rows { kind: kind.to_owned(), rows }),
    }
}

/// Deletes and unlinks the rows of people, in the order of the rooms, and tells how many there were of each table. What
/// was erased before is not there any more, so that a second time counts nothing.
pub async fn erase(
    tx: &Tx,
    tenant: TenantId,
    people: &[PersonId],
    rooms: &[Room],
) -> Result<Vec<Rows>, Error> {
    let mut counted = Vec::new();
    if people.is_empty() {
        return Ok(counted);
    }
    for room in rooms {
        let Room { table, holds, whose, hides: _ } = room;
        let sql = match holds {
            Holds::Erased => format!("DELETE FROM {table} WHERE tenant_id = $1 AND ({whose})"),
            Holds::Unlinked(set) => format!("UPDATE {table} SET {set} WHERE tenant_id = $1 AND ({whose})"),
            Holds::NoPerson | Holds::ByHand(_) | Holds::Kept(_) => continue,
        };
        let done = tx.execute_raw(statement(tx, &sql, tenant, people)).await?;
        add(&mut counted, table, done.rows_affected());
    }
    Ok(counted)
}

/// A statement about people: `$1` is the tenant, `{people}` the list of their ids.
pub(crate) fn statement(
    db: &impl ConnectionTrait,
    sql: &str,
    tenant: TenantId,
    people: &[PersonId],
) -> Statement {
    let places: Vec<String> = (0..people.len()).map(|place| format!("${}", place + 2)).collect();
    let mut values: Vec<Value> = vec![tenant.to_string().into()];
    values.extend(people.iter().map(|person| Value::from(person.to_string())));
    let sql = sql.replace("{people}", &places.join(", "));
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}
