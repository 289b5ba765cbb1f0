//! Waves, what was fixed when they opened, and how many have answered.

use std::collections::HashMap;

use arki_database::Error;
use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, UnitId, WaveId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};

use super::entity::{roster, wave};
use super::{from_json, parse, parse_some, rows, to_json, unsigned, word};
use crate::domain::ineligible::Ineligible;
use crate::domain::rate::RosterUnit;
use crate::domain::{Anonymity, Audience, Opening, State, VersionKey, Wave};

pub async fn insert<C: ConnectionTrait>(db: &C, tenant: TenantId, new: &Wave) -> Result<(), Error> {
    row(tenant, new)?.into_active_model().insert(db).await?;
    Ok(())
}

/// Writes all fields that can change.
pub async fn update<C: ConnectionTrait>(db: &C, tenant: TenantId, changed: &Wave) -> Result<(), Error> {
    row(tenant, changed)?.into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn find<C: ConnectionTrait>(db: &C, tenant: TenantId, id: WaveId) -> Result<Option<Wave>, Error> {
    let row = wave::Entity::in_tenant(tenant).filter(wave::Column::Id.eq(id.to_string())).one(db).await?;
    row.map(read).transpose()
}

/// In the order of their creation.
pub async fn list<C>(db: &C, tenant: TenantId, page: &PageRequest) -> Result<Page<Wave>, Error>
where
    C: ConnectionTrait,
{
    let mut select = wave::Entity::in_tenant(tenant).order_by_asc(wave::Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(wave::Column::Id.gt(after.as_str()));
    }
    let rows = select.all(db).await?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.id.to_string()]))
}

/// Several waves, of any tenants.
pub async fn find_all<C>(
    db: &C,
    keys: &[(TenantId, WaveId)],
) -> Result<HashMap<(TenantId, WaveId), Wave>, Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "SELECT w.* FROM {} JOIN wave w ON w.tenant_id = t.value ->> 0 AND w.id = t.value ->> 1",
        rows::source(db.get_database_backend())
    );
    let mut found = HashMap::new();
    for statement in rows::statements(db, &sql, keys, &[])? {
        for row in wave::Entity::joined(statement).all(db).await? {
            let tenant = parse(&row.tenant_id, "wave.tenant_id")?;
            let wave = read(row)?;
            found.insert((tenant, wave.id), wave);
        }
    }
    Ok(found)
}

/// The waves of all tenants that are over but not closed yet.
pub async fn list_due<C>(db: &C, now: DateTime<Utc>, most: u64) -> Result<Vec<(TenantId, WaveId)>, Error>
where
    C: ConnectionTrait,
{
    let rows = wave::Entity::due(now).order_by_asc(wave::Column::CloseTime).limit(most).all(db).await?;
    rows.iter()
        .map(|row| Ok((parse(&row.tenant_id, "wave.tenant_id")?, parse(&row.id, "wave.id")?)))
        .collect()
}

/// How many responses the waves have, where they have any.
pub async fn responses<C>(db: &C, tenant: TenantId, waves: &[WaveId]) -> Result<HashMap<WaveId, u64>, Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "SELECT c.wave_id, CAST(SUM(c.responses) AS BIGINT) AS responses FROM {} \
         JOIN wave_count c ON c.tenant_id = t.value ->> 0 AND c.wave_id = t.value ->> 1 GROUP BY c.wave_id",
        rows::source(db.get_database_backend())
    );
    let keys: Vec<_> = waves.iter().map(|wave| (tenant, *wave)).collect();
    let mut counted = HashMap::new();
    for row in rows::query(db, &sql, &keys, &[]).await? {
        let wave: String = row.try_get("", "wave_id")?;
        let responses: i64 = row.try_get("", "responses")?;
        counted.insert(parse(&wave, "wave_count.wave_id")?, unsigned(responses, "wave_count.responses")?);
    }
    Ok(counted)
}

/// Keeps the tree of the opening with how many were invited.
pub async fn insert_roster<C>(
    db: &C,
    tenant: TenantId,
    wave: WaveId,
    roster: &[RosterUnit],
) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "INSERT INTO roster (tenant_id, wave_id, unit, parent, invited) \
         SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2, t.value ->> 3, CAST(t.value ->> 4 AS BIGINT) FROM {}",
        rows::source(db.get_database_backend())
    );
    let name = |unit: &Option<UnitId>| unit.map(|unit| unit.to_string());
    let rows: Vec<_> = roster
        .iter()
        .map(|RosterUnit { unit, parent, invited }| {
            (tenant, wave, name(unit).unwrap_or_default(), name(parent), *invited)
        })
        .collect();
    rows::execute(db, &sql, &rows, &[]).await?;
    Ok(())
}

pub async fn list_roster<C>(db: &C, tenant: TenantId, wave: WaveId) -> Result<Vec<RosterUnit>, Error>
where
    C: ConnectionTrait,
{
    let rows = roster::Entity::of_wave(tenant, wave).order_by_asc(roster::Column::Unit).all(db).await?;
    let read = |row: roster::Model| {
        let roster::Model { tenant_id: _, wave_id: _, unit, parent, invited } = row;
        Ok(RosterUnit {
            unit: parse_some(Some(unit.as_str()).filter(|unit| !unit.is_empty()), "roster.unit")?,
            parent: parse_some(parent.as_deref(), "roster.parent")?,
            invited: unsigned(invited, "roster.invited")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Keeps how many of the audience were not invited, by reason.
pub async fn insert_ineligible<C>(
    db: &C,
    tenant: TenantId,
    wave: WaveId,
    ineligible: &Ineligible,
) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "INSERT INTO ineligible (tenant_id, wave_id, reason, people) \
         SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2, CAST(t.value ->> 3 AS BIGINT) FROM {}",
        rows::source(db.get_database_backend())
    );
    let rows: Vec<_> = ineligible.iter().map(|(reason, people)| (tenant, wave, reason, *people)).collect();
    rows::execute(db, &sql, &rows, &[]).await?;
    Ok(())
}

pub async fn list_ineligible<C>(db: &C, tenant: TenantId, wave: WaveId) -> Result<Ineligible, Error>
where
    C: ConnectionTrait,
{
    let sql = "SELECT reason, people FROM ineligible WHERE tenant_id = $1 AND wave_id = $2";
    let values = [tenant.to_string().into(), wave.to_string().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut ineligible = Ineligible::new();
    for row in db.query_all_raw(statement).await? {
        let people: i64 = row.try_get("", "people")?;
        ineligible.insert(row.try_get("", "reason")?, unsigned(people, "ineligible.people")?);
    }
    Ok(ineligible)
}

/// How many have answered, by their own unit, with those whose rows have gone since: in one statement, so that none is
/// missing while a purge commits. A wave of employees counts what was answered, on paper too; of others only those who
/// were asked have a rate, so only their invitations count.
pub async fn answered<C>(db: &C, tenant: TenantId, wave: &Wave) -> Result<HashMap<Option<UnitId>, u64>, Error>
where
    C: ConnectionTrait,
{
    let there = if wave.audience.is_guarded() {
        "response WHERE tenant_id = $1 AND wave_id = $2"
    } else {
        "invitation WHERE tenant_id = $1 AND wave_id = $2 AND submitted"
    };
    let sql = format!(
        "SELECT unit, CAST(SUM(answered) AS BIGINT) AS answered FROM \
         (SELECT COALESCE(unit, '') AS unit, COUNT(*) AS answered FROM {there} GROUP BY 1 \
         UNION ALL SELECT unit, answered FROM answered_before WHERE tenant_id = $1 AND wave_id = $2) \
         AS counted GROUP BY unit"
    );
    let values = [tenant.to_string().into(), wave.id.to_string().into()];
    let rows =
        db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    rows.iter()
        .map(|row| {
            let (unit, count): (String, i64) = (row.try_get("", "unit")?, row.try_get("", "answered")?);
            let unit = Some(unit.as_str()).filter(|unit| !unit.is_empty());
            Ok((parse_some(unit, "unit")?, unsigned(count, "a count")?))
        })
        .collect()
}

fn row(tenant: TenantId, wave: &Wave) -> Result<wave::Model, Error> {
    let Wave {
        id,
        display_name,
        version: VersionKey { questionnaire, number },
        audience,
        units,
        anonymity,
        is_relational,
        state,
        opening,
        close_time,
        sender,
        results_day,
        create_time,
        update_time,
        revision,
    } = wave;
    let mut row = wave::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        display_name: display_name.clone(),
        questionnaire_id: questionnaire.to_string(),
        version: unsigned(*number, "wave.version")?,
        audience: audience.word().to_owned(),
        units: to_json(units)?,
        anonymity: anonymity.word().to_owned(),
        is_relational: *is_relational,
        state: state.word().to_owned(),
        open_time: None,
        open_day: None,
        time_zone: None,
        default_language: None,
        minimum_group: None,
        invitations: None,
        close_time: *close_time,
        sender: to_json(sender)?,
        results_day: *results_day,
        create_time: *create_time,
        update_time: *update_time,
        revision: *revision,
    };
    if let Some(Opening { time, day, time_zone, default_language, minimum_group, invitations }) = opening {
        row.open_time = Some(*time);
        row.open_day = Some(*day);
        row.time_zone = Some(time_zone.clone());
        row.default_language = Some(default_language.clone());
        row.minimum_group = Some(unsigned(*minimum_group, "wave.minimum_group")?);
        row.invitations = Some(unsigned(*invitations, "wave.invitations")?);
    }
    Ok(row)
}

fn read(row: wave::Model) -> Result<Wave, Error> {
    let wave::Model {
        tenant_id: _,
        id,
        display_name,
        questionnaire_id,
        version,
        audience,
        units,
        anonymity,
        is_relational,
        state,
        open_time,
        open_day,
        time_zone,
        default_language,
        minimum_group,
        invitations,
        close_time,
        sender,
        results_day,
        create_time,
        update_time,
        revision,
    } = row;
    let opening = match (open_time, open_day, time_zone, default_language, minimum_group, invitations) {
        (Some(time), Some(day), Some(time_zone), Some(default_language), Some(group), Some(invitations)) => {
            Some(Opening {
                time,
                day,
                time_zone,
                default_language,
                minimum_group: unsigned(group, "wave.minimum_group")?,
                invitations: unsigned(invitations, "wave.invitations")?,
            })
        }
        (None, None, None, None, None, None) => None,
        _ => return Err(Error::Corrupt("wave: only a part of its opening is there".to_owned())),
    };
    Ok(Wave {
        id: parse(&id, "wave.id")?,
        display_name,
        version: VersionKey {
            questionnaire: parse(&questionnaire_id, "wave.questionnaire_id")?,
            number: unsigned(version, "wave.version")?,
        },
        audience: word(&audience, Audience::from_word, "wave.audience")?,
        units: from_json(&units, "wave.units")?,
        anonymity: word(&anonymity, Anonymity::from_word, "wave.anonymity")?,
        is_relational,
        state: word(&state, State::from_word, "wave.state")?,
        opening,
        close_time,
        sender: from_json(&sender, "wave.sender")?,
        results_day,
        create_time,
        update_time,
        revision,
    })
}
