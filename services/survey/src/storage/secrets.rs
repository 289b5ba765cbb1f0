//! The secret of the installation.

use arki_database::{Error, Store};
use rand::RngCore;
use sea_orm::{ConnectionTrait, Statement};

use crate::domain::Secret;

/// The secret, made on the first call of the first process. Of several that start at once one makes it, and all
/// read that one.
pub async fn read_or_make(store: &Store) -> Result<Secret, Error> {
    if let Some(secret) = read(store.reader()).await? {
        return Ok(secret);
    }
    let mut fresh = [0; 32];
    rand::rng().fill_bytes(&mut fresh);
    store
        .claim("MakeSecret", move |tx| {
            Box::pin(async move {
                let sql =
                    "INSERT INTO installation (name, value) VALUES ('token', $1) ON CONFLICT DO NOTHING";
                let values = [fresh.to_vec().into()];
                tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values))
                    .await?;
                read(tx).await?.ok_or_else(|| Error::Corrupt("installation has no secret".to_owned()))
            })
        })
        .await
}

async fn read<C: ConnectionTrait>(db: &C) -> Result<Option<Secret>, Error> {
    let sql = "SELECT value FROM installation WHERE name = 'token'";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let Some(row) = row else { return Ok(None) };
    let value: Vec<u8> = row.try_get("", "value")?;
    let value =
        value.try_into().map_err(|_| Error::Corrupt("installation.value: not 32 bytes".to_owned()))?;
    Ok(Some(Secret::new(value)))
}
