//! What was kept long enough, and letting it go without changing any number.
//!
//! Rows from which rates are counted leave their number in `answered_before` in the transaction in which they go.
//! `purged_wave` remembers of which closed waves nothing of a kind is left, and `comments_purged` up to which day no own
//! words are left, so that a daily purge looks at what is new alone.

use std::collections::BTreeMap;

use arki_database::{Error, Tx};
use arki_ids::{TenantId, WaveId};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, Statement, Value};

use super::{parse, rows, to_json, unsigned, word};
use crate::domain::{Anonymity, Audience, State, answer};

/// The first day that both databases know.
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Own words as they stand in stored answers: as the value of a question, which a colon precedes. Inside of a text the
/// quotes would have a backslash before them.
const WORDS: &str = "%:{\"t\":%";

/// What goes of closed waves as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What leads from links to invitations, and where nothing else is to be told of them the invitations.
    Links,
    /// Who was asked.
    Invitations,
    /// Seals of the keys of imported responses.
    Imported,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Links => "links",
            Self::Invitations => "invitations",
            Self::Imported => "imported",
        }
    }
}

/// A closed wave of which something is to go.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    pub id: WaveId,
    pub anonymity: Anonymity,
    pub audience: Audience,
}

/// The wave that closed first of those that closed before a time and have something left of a kind. Who was asked goes
/// after the last answer of the wave: by the invitation an answer is found when its person is to be erased.
pub async fn next_closed(
    tx: &Tx,
    tenant: TenantId,
    kind: Kind,
    before: DateTime<Utc>,
) -> Result<Option<Closed>, Error> {
    let sql = "SELECT w.id, w.anonymity, w.audience FROM wave w WHERE w.tenant_id = $1 AND w.state = $2 \
               AND w.close_time < $3 AND NOT EXISTS (SELECT 1 FROM purged_wave p WHERE p.tenant_id = w.tenant_id \
               AND p.wave_id = w.id AND p.kind = $4) \
               AND ($4 <> 'invitations' OR NOT EXISTS (SELECT 1 FROM response r WHERE r.tenant_id = w.tenant_id \
               AND r.wave_id = w.id)) ORDER BY w.close_time, w.id LIMIT 1";
    let values: [Value; 4] =
        [tenant.to_string().into(), State::Closed.word().into(), before.into(), kind.word().into()];
    let Some(row) = tx.query_one_raw(statement(tx, sql, values)).await? else { return Ok(None) };
    let (id, anonymity, audience): (String, String, String) =
        (row.try_get("", "id")?, row.try_get("", "anonymity")?, row.try_get("", "audience")?);
    Ok(Some(Closed {
        id: parse(&id, "wave.id")?,
        anonymity: word(&anonymity, Anonymity::from_word, "wave.anonymity")?,
        audience: word(&audience, Audience::from_word, "wave.audience")?,
    }))
}

/// Remembers that nothing of a kind is left of a wave.
pub async fn set_done(tx: &Tx, tenant: TenantId, wave: WaveId, kind: Kind) -> Result<(), Error> {
    let sql = "INSERT INTO purged_wave (tenant_id, wave_id, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values: [Value; 3] = [tenant.to_string().into(), wave.to_string().into(), kind.word().into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Destroys links of a wave, at most so many, and tells how many there were.
pub async fn destroy_links(tx: &Tx, tenant: TenantId, wave: WaveId, most: usize) -> Result<usize, Error> {
    let sql = "UPDATE invitation SET token_hash = NULL, fingerprint = NULL WHERE tenant_id = $1 AND wave_id = $2 \
               AND id IN (SELECT id FROM invitation WHERE tenant_id = $1 AND wave_id = $2 \
               AND (token_hash IS NOT NULL OR fingerprint IS NOT NULL) ORDER BY id LIMIT $3)";
    let values: [Value; 3] = [tenant.to_string().into(), wave.to_string().into(), limit(most)];
    let done = tx.execute_raw(statement(tx, sql, values)).await?;
    count(done.rows_affected())
}

/// Deletes invitations of a wave, at most so many, and tells how many there were. Where they are what the rates are
/// counted from, their number stays.
pub async fn delete_invitations(
    tx: &Tx,
    tenant: TenantId,
    wave: &Closed,
    most: usize,
) -> Result<usize, Error> {
    let sql = "SELECT id, unit, submitted FROM invitation WHERE tenant_id = $1 AND wave_id = $2 ORDER BY id LIMIT $3";
    let values: [Value; 3] = [tenant.to_string().into(), wave.id.to_string().into(), limit(most)];
    let found = tx.query_all_raw(statement(tx, sql, values)).await?;
    let Some(last) = found.last() else { return Ok(0) };
    let last: String = last.try_get("", "id")?;
    let mut answered = Answered::new();
    for row in &found {
        let (unit, submitted): (Option<String>, bool) =
            (row.try_get("", "unit")?, row.try_get("", "submitted")?);
        if submitted && !wave.audience.is_guarded() {
            *answered.entry((wave.id, unit.unwrap_or_default())).or_default() += 1;
        }
    }
    keep_answered(tx, tenant, &answered).await?;
    let sql = "DELETE FROM invitation WHERE tenant_id = $1 AND wave_id = $2 AND id <= $3";
    let values: [Value; 3] = [tenant.to_string().into(), wave.id.to_string().into(), last.into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(found.len())
}

/// Deletes seals of imported responses of a wave, at most so many, and tells how many there were.
pub async fn delete_imported(tx: &Tx, tenant: TenantId, wave: WaveId, most: usize) -> Result<usize, Error> {
    let sql = "DELETE FROM imported WHERE tenant_id = $1 AND wave_id = $2 AND mark IN \
               (SELECT mark FROM imported WHERE tenant_id = $1 AND wave_id = $2 ORDER BY mark LIMIT $3)";
    let values: [Value; 3] = [tenant.to_string().into(), wave.to_string().into(), limit(most)];
    let done = tx.execute_raw(statement(tx, sql, values)).await?;
    count(done.rows_affected())
}

/// Deletes responses of before a day that are counted, at most so many, and tells how many there were. Those of a wave
/// that is counted at its close stay until then. Where they are what the rates are counted from, their number stays.
pub async fn delete_responses(
    tx: &Tx,
    tenant: TenantId,
    before: NaiveDate,
    most: usize,
) -> Result<usize, Error> {
    let counted_at_once = Audience::ALL.into_iter().filter(|audience| !audience.is_guarded());
    let counted_at_once: Vec<String> =
        counted_at_once.map(|audience| format!("'{}'", audience.word())).collect();
    let sql = format!(
        "SELECT r.wave_id, r.id, r.unit, w.audience FROM response r \
         JOIN wave w ON w.tenant_id = r.tenant_id AND w.id = r.wave_id \
         WHERE r.tenant_id = $1 AND r.day < $2 AND (w.state = $3 OR (w.state = $4 AND w.audience IN ({}))) \
         ORDER BY r.day LIMIT $5",
        counted_at_once.join(", ")
    );
    let values: [Value; 5] = [
        tenant.to_string().into(),
        before.into(),
        State::Closed.word().into(),
        State::Open.word().into(),
        limit(most),
    ];
    let mut answered = Answered::new();
    let mut keys: Vec<(TenantId, WaveId, String)> = Vec::new();
    for row in tx.query_all_raw(statement(tx, &sql, values)).await? {
        let (wave, id, audience): (String, String, String) =
            (row.try_get("", "wave_id")?, row.try_get("", "id")?, row.try_get("", "audience")?);
        let unit: Option<String> = row.try_get("", "unit")?;
        let wave = parse(&wave, "response.wave_id")?;
        if word(&audience, Audience::from_word, "wave.audience")?.is_guarded() {
            *answered.entry((wave, unit.unwrap_or_default())).or_default() += 1;
        }
        keys.push((tenant, wave, id));
    }
    keep_answered(tx, tenant, &answered).await?;
    let sql = format!(
        "DELETE FROM response WHERE (tenant_id, wave_id, id) IN \
         (SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2 FROM {})",
        rows::source(tx.get_database_backend())
    );
    rows::execute(tx, &sql, &keys, &[]).await?;
    Ok(keys.len())
}

/// Takes own words out of responses of before a day, of at most so many, and tells of how many.
pub async fn delete_comments(
    tx: &Tx,
    tenant: TenantId,
    before: NaiveDate,
    most: usize,
) -> Result<usize, Error> {
    let sql = "SELECT day FROM comments_purged WHERE tenant_id = $1";
    let row = tx.query_one_raw(statement(tx, sql, [tenant.to_string().into()])).await?;
    let known: Option<NaiveDate> = row.map(|row| row.try_get("", "day")).transpose()?;
    let from = known.unwrap_or(FIRST_DAY);
    if from >= before || most == 0 {
        return Ok(0);
    }
    let sql = "SELECT wave_id, id, day, answers FROM response WHERE tenant_id = $1 AND day >= $2 AND day < $3 \
               AND answers LIKE $4 ORDER BY day LIMIT $5";
    let values: [Value; 5] =
        [tenant.to_string().into(), from.into(), before.into(), WORDS.into(), limit(most)];
    let found = tx.query_all_raw(statement(tx, sql, values)).await?;
    let mut changed: Vec<(TenantId, String, String, String)> = Vec::with_capacity(found.len());
    for row in &found {
        let (wave, id, answers): (String, String, String) =
            (row.try_get("", "wave_id")?, row.try_get("", "id")?, row.try_get("", "answers")?);
        let mut left =
            answer::read(&answers).map_err(|error| Error::Corrupt(format!("response.answers: {error}")))?;
        left.retain(|_, value| !matches!(value, answer::Value::Text(_)));
        changed.push((tenant, wave, id, to_json(&left)?));
    }
    let sql = format!(
        "UPDATE response SET answers = t.value ->> 3 FROM {} WHERE response.tenant_id = t.value ->> 0 \
         AND response.wave_id = t.value ->> 1 AND response.id = t.value ->> 2",
        rows::source(tx.get_database_backend())
    );
    rows::execute(tx, &sql, &changed, &[]).await?;
    // Of the day of the last one there may be more.
    let until = match found.last() {
        Some(last) if found.len() >= most => last.try_get("", "day")?,
        _ => before,
    };
    let sql = "INSERT INTO comments_purged (tenant_id, day) VALUES ($1, $2) \
               ON CONFLICT (tenant_id) DO UPDATE SET day = excluded.day";
    tx.execute_raw(statement(tx, sql, [tenant.to_string().into(), until.into()])).await?;
    Ok(found.len())
}

/// Responses came in of a day that was looked through already.
pub async fn reopen_comments(tx: &Tx, tenant: TenantId, day: NaiveDate) -> Result<(), Error> {
    let sql = "UPDATE comments_purged SET day = $2 WHERE tenant_id = $1 AND day > $2";
    tx.execute_raw(statement(tx, sql, [tenant.to_string().into(), day.into()])).await?;
    Ok(())
}

/// How many had answered, by wave and unit; no unit is the empty text.
type Answered = BTreeMap<(WaveId, String), i64>;

async fn keep_answered(tx: &Tx, tenant: TenantId, answered: &Answered) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO answered_before (tenant_id, wave_id, unit, answered) \
         SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2, CAST(t.value ->> 3 AS BIGINT) FROM {} WHERE TRUE \
         ON CONFLICT (tenant_id, wave_id, unit) \
         DO UPDATE SET answered = answered_before.answered + excluded.answered",
        rows::source(tx.get_database_backend())
    );
    let rows: Vec<_> =
        answered.iter().map(|((wave, unit), answered)| (tenant, *wave, unit, *answered)).collect();
    rows::execute(tx, &sql, &rows, &[]).await?;
    Ok(())
}

fn statement<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

fn limit(most: usize) -> Value {
    i64::try_from(most).unwrap_or(i64::MAX).into()
}

fn count(rows: u64) -> Result<usize, Error> {
    unsigned(rows, "a count of rows")
}
