//! The hot path: what a group of submitted or imported responses reads and writes in its one transaction.
//!
//! The transaction is READ COMMITTED. What must hold is held otherwise: that an invitation is answered once, by an
//! update that touches only unanswered ones and tells which; that nothing is added to a wave that closes, by
//! [`hold_waves`], which the closing waits for.

use std::collections::{HashMap, HashSet};

use arki_database::{Error, Tx};
use arki_ids::{InvitationId, ResponseId, TenantId, UnitId, WaveId};
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sha2::{Digest, Sha256};

use super::{parse, parse_some, rows};

/// An invitation as a submitted answer meets it.
#[derive(Clone, Debug)]
pub struct Target {
    pub tenant: TenantId,
    pub wave: WaveId,
    pub invitation: InvitationId,
    pub unit: Option<UnitId>,
    pub submitted: bool,
    pub cancelled: bool,
    pub fingerprint: Option<String>,
}

/// A response that is to be written.
#[derive(Clone, Debug)]
pub struct New {
    pub tenant: TenantId,
    pub wave: WaveId,
    pub id: ResponseId,
    /// Only in waves that are linked.
    pub invitation: Option<InvitationId>,
    pub unit: Option<UnitId>,
    pub day: NaiveDate,
    pub language: Option<String>,
    /// The stored form.
    pub answers: String,
}

/// The invitations behind tokens, by the hashes of the tokens.
pub async fn find_targets(tx: &Tx, tokens: &[(TenantId, &str)]) -> Result<HashMap<String, Target>, Error> {
    let backend = tx.get_database_backend();
    // SQLite has no booleans, JSON has.
    let columns = "i.tenant_id, i.wave_id, i.id, i.unit, i.token_hash, \
                   CASE WHEN i.submitted THEN 1 ELSE 0 END, CASE WHEN i.cancelled THEN 1 ELSE 0 END, i.fingerprint";
    let sql = format!(
        "SELECT {} FROM {} JOIN invitation i ON i.tenant_id = t.value ->> 0 AND i.token_hash = t.value ->> 1",
        rows::gathered(backend, columns),
        rows::source(backend)
    );
    let mut found = HashMap::with_capacity(tokens.len());
    for row in rows::gather(tx, &sql, tokens).await? {
        let (tenant, wave, invitation, unit, token_hash, submitted, cancelled, fingerprint): FoundTarget =
            row;
        let target = Target {
            tenant: parse(&tenant, "invitation.tenant_id")?,
            wave: parse(&wave, "invitation.wave_id")?,
            invitation: parse(&invitation, "invitation.id")?,
            unit: parse_some(unit.as_deref(), "invitation.unit")?,
            submitted: submitted != 0,
            cancelled: cancelled != 0,
            fingerprint,
        };
        found.insert(token_hash, target);
    }
    Ok(found)
}

type FoundTarget = (String, String, String, Option<String>, String, u8, u8, Option<String>);

/// How a transaction holds a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Together with others who add to it.
    Shared,
    /// Alone: to close it, or to compare what is there with what may be.
    Alone,
}

/// Holds waves until the end of the transaction. Whoever reads the state of a wave after this reads what stays.
///
/// PostgreSQL only: SQLite has one writer. It is an advisory lock, because those queue in order: by locks on rows
/// a stream of shared holders could keep a closing waiting for ever.
pub async fn hold_waves(tx: &Tx, waves: &[(TenantId, WaveId)], hold: Hold) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    if backend != DbBackend::Postgres || waves.is_empty() {
        return Ok(());
    }
    let lock = if hold == Hold::Shared { "pg_advisory_xact_lock_shared" } else { "pg_advisory_xact_lock" };
    let sql = format!("SELECT {lock}(CAST(t.value ->> 0 AS BIGINT)) FROM {}", rows::source(backend));
    // In one order in every transaction, so that two never wait for each other.
    let mut keys: Vec<_> = waves.iter().map(|(tenant, wave)| [lock_key(*tenant, *wave)]).collect();
    keys.sort_unstable();
    rows::query(tx, &sql, &keys, &[]).await?;
    Ok(())
}

/// Advisory locks are numbers for a whole database: a hash keeps ours off those of others.
fn lock_key(tenant: TenantId, wave: WaveId) -> i64 {
    let digest = Sha256::new()
        .chain_update("arki survey wave ")
        .chain_update(tenant.uuid().as_bytes())
        .chain_update(wave.uuid().as_bytes())
        .finalize();
    digest.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

/// Notes invitations as answered, each with a fingerprint of the answers, and tells which of them were not before.
pub async fn mark_submitted(tx: &Tx, answered: &[(&Target, &str)]) -> Result<HashSet<InvitationId>, Error> {
    let backend = tx.get_database_backend();
    let mut sql = format!(
        "UPDATE invitation SET submitted = TRUE, fingerprint = t.value ->> 3 FROM {} \
         WHERE invitation.tenant_id = t.value ->> 0 AND invitation.wave_id = t.value ->> 1 \
         AND invitation.id = t.value ->> 2 AND NOT invitation.submitted",
        rows::source(backend)
    );
    let mut rows: Vec<_> = answered
        .iter()
        .map(|(target, fingerprint)| (target.tenant, target.wave, target.invitation, *fingerprint))
        .collect();
    // In one order in every transaction, so that two never wait for each other.
    rows.sort_unstable();
    if backend == DbBackend::Sqlite {
        // Its one writer is this transaction, so what it read as unanswered still is.
        let marked = rows::execute(tx, &sql, &rows, &[]).await?;
        if marked != rows.len() as u64 {
            return Err(Error::Corrupt(format!("{marked} of {} invitations could be marked", rows.len())));
        }
        return Ok(rows.iter().map(|(_, _, invitation, _)| *invitation).collect());
    }
    sql.push_str(" RETURNING id");
    let marked = rows::query(tx, &sql, &rows, &[]).await?;
    marked.iter().map(|row| parse(&row.try_get::<String>("", "id")?, "invitation.id")).collect()
}

/// Writes responses. Their order is that of their random ids, not that in which they came.
pub async fn insert_responses(tx: &Tx, mut new: Vec<New>) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    let sql = format!(
        "INSERT INTO response (tenant_id, wave_id, id, invitation_id, unit, day, language, answers) \
         SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2, t.value ->> 3, t.value ->> 4, {}, t.value ->> 6, \
         t.value ->> 7 FROM {}",
        rows::day(backend, 5),
        rows::source(backend)
    );
    new.sort_unstable_by_key(|response| response.id);
    let rows: Vec<_> = new
        .iter()
        .map(|New { tenant, wave, id, invitation, unit, day, language, answers }| {
            (tenant, wave, id, invitation, unit, day, language, answers)
        })
        .collect();
    rows::execute(tx, &sql, &rows, &[]).await?;
    Ok(())
}

/// Adds to the numbers of responses.
pub async fn add_counts(tx: &Tx, shard: i32, added: &[((TenantId, WaveId), u64)]) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO wave_count (tenant_id, wave_id, shard, responses) \
         SELECT t.value ->> 0, t.value ->> 1, CAST(t.value ->> 2 AS INTEGER), CAST(t.value ->> 3 AS BIGINT) \
         FROM {} WHERE TRUE ON CONFLICT (tenant_id, wave_id, shard) \
         DO UPDATE SET responses = wave_count.responses + excluded.responses",
        rows::source(tx.get_database_backend())
    );
    let mut rows: Vec<_> =
        added.iter().map(|((tenant, wave), responses)| (*tenant, *wave, shard, *responses)).collect();
    rows.sort_unstable();
    rows::execute(tx, &sql, &rows, &[]).await?;
    Ok(())
}

/// Which of the marks of imported responses there are, with the fingerprints of their answers.
pub async fn find_imported(
    tx: &Tx,
    tenant: TenantId,
    wave: WaveId,
    marks: &[&str],
) -> Result<HashMap<String, String>, Error> {
    let sql = format!(
        "SELECT m.mark, m.fingerprint FROM {} JOIN imported m ON m.tenant_id = t.value ->> 0 \
         AND m.wave_id = t.value ->> 1 AND m.mark = t.value ->> 2",
        rows::source(tx.get_database_backend())
    );
    let rows: Vec<_> = marks.iter().map(|mark| (tenant, wave, mark)).collect();
    let found = rows::query(tx, &sql, &rows, &[]).await?;
    found.iter().map(|row| Ok((row.try_get("", "mark")?, row.try_get("", "fingerprint")?))).collect()
}

/// Notes marks of imported responses, and tells which were not there before.
pub async fn mark_imported(
    tx: &Tx,
    tenant: TenantId,
    wave: WaveId,
    imported: &[(&str, &str)],
) -> Result<HashSet<String>, Error> {
    let sql = format!(
        "INSERT INTO imported (tenant_id, wave_id, mark, fingerprint) \
         SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2, t.value ->> 3 FROM {} WHERE TRUE \
         ON CONFLICT DO NOTHING RETURNING mark",
        rows::source(tx.get_database_backend())
    );
    let mut rows: Vec<_> =
        imported.iter().map(|(mark, fingerprint)| (tenant, wave, *mark, *fingerprint)).collect();
    rows.sort_unstable();
    let marked = rows::query(tx, &sql, &rows, &[]).await?;
    marked.iter().map(|row| Ok(row.try_get("", "mark")?)).collect()
}

/// Forgets the keys of imported responses.
pub async fn forget_imported(tx: &Tx, tenant: TenantId, wave: WaveId) -> Result<(), Error> {
    let sql = "DELETE FROM imported WHERE tenant_id = $1 AND wave_id = $2";
    let values = [tenant.to_string().into(), wave.to_string().into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}
