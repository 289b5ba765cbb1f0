//! Invitations: made when a wave opens, looked up by their tokens, and cut off from them when it closes.

use arki_database::Error;
use arki_database::page::{Page, PageRequest};
use arki_ids::{InvitationId, PersonId, TenantId, UnitId, WaveId};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use super::entity::invitation;
use super::{parse, parse_some, rows};
use crate::domain::Invitation;

/// An invitation with the hash of its token.
#[derive(Clone, Debug)]
pub struct New {
    pub invitation: Invitation,
    pub token_hash: String,
}

/// Writes the invitations of a wave. They are many, so they go in large parts.
pub async fn insert_all<C>(db: &C, tenant: TenantId, wave: WaveId, new: &[New]) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "INSERT INTO invitation (tenant_id, wave_id, id, person, unit, role, language, token_hash) \
         SELECT t.value ->> 0, t.value ->> 1, t.value ->> 2, t.value ->> 3, t.value ->> 4, t.value ->> 5, \
         t.value ->> 6, t.value ->> 7 FROM {}",
        rows::source(db.get_database_backend())
    );
    let rows: Vec<_> = new
        .iter()
        .map(|New { invitation, token_hash }| {
            // A new invitation is neither opened nor answered nor cancelled.
            let Invitation { id, person, unit, role, language, opened: _, submitted: _, cancelled: _ } =
                invitation;
            (tenant, wave, id, person, unit, role, language, token_hash)
        })
        .collect();
    rows::execute(db, &sql, &rows, &[]).await?;
    Ok(())
}

/// Which invitations of a wave are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub unit: Option<UnitId>,
    pub person: Option<PersonId>,
}

/// The invitations of a wave in the order in which they were made.
pub async fn list<C>(
    db: &C,
    tenant: TenantId,
    wave: WaveId,
    filter: Filter,
    page: &PageRequest,
) -> Result<Page<Invitation>, Error>
where
    C: ConnectionTrait,
{
    let mut select =
        invitation::Entity::of_wave(tenant, wave).order_by_asc(invitation::Column::Id).limit(page.limit());
    let Filter { unit, person } = filter;
    if let Some(unit) = unit {
        select = select.filter(invitation::Column::Unit.eq(unit.to_string()));
    }
    if let Some(person) = person {
        select = select.filter(invitation::Column::Person.eq(person.to_string()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(invitation::Column::Id.gt(after.as_str()));
    }
    let rows = select.all(db).await?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.id.to_string()]))
}

/// The invitation behind a link, with its wave.
pub async fn find_by_token<C>(
    db: &C,
    tenant: TenantId,
    token_hash: &str,
) -> Result<Option<(WaveId, Invitation)>, Error>
where
    C: ConnectionTrait,
{
    let row = invitation::Entity::in_tenant(tenant)
        .filter(invitation::Column::TokenHash.eq(token_hash))
        .one(db)
        .await?;
    row.map(|row| Ok((parse(&row.wave_id, "invitation.wave_id")?, read(row)?))).transpose()
}

/// Notes that links were opened.
pub async fn mark_opened<C>(db: &C, opened: &[(TenantId, WaveId, InvitationId)]) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "UPDATE invitation SET opened = TRUE FROM {} WHERE invitation.tenant_id = t.value ->> 0 \
         AND invitation.wave_id = t.value ->> 1 AND invitation.id = t.value ->> 2 AND NOT invitation.opened",
        rows::source(db.get_database_backend())
    );
    rows::execute(db, &sql, opened, &[]).await?;
    Ok(())
}

/// Cancels what a person was asked in open waves of employees and has not answered.
pub async fn cancel<C>(db: &C, tenant: TenantId, person: PersonId) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql = "UPDATE invitation SET cancelled = TRUE WHERE tenant_id = $1 AND person = $2 AND NOT submitted \
               AND NOT cancelled AND wave_id IN \
               (SELECT id FROM wave WHERE tenant_id = $1 AND state = 'open' AND audience = 'employees')";
    let values = [tenant.to_string().into(), person.to_string().into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Destroys what leads from the links of a wave to anything else. What stays is who was asked, and whether they
/// answered.
pub async fn destroy_links<C>(db: &C, tenant: TenantId, wave: WaveId) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql =
        "UPDATE invitation SET token_hash = NULL, fingerprint = NULL WHERE tenant_id = $1 AND wave_id = $2";
    let values = [tenant.to_string().into(), wave.to_string().into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

fn read(row: invitation::Model) -> Result<Invitation, Error> {
    let invitation::Model {
        tenant_id: _,
        wave_id: _,
        id,
        person,
        unit,
        role,
        language,
        token_hash: _,
        fingerprint: _,
        opened,
        submitted,
        cancelled,
    } = row;
    Ok(Invitation {
        id: parse(&id, "invitation.id")?,
        person: parse(&person, "invitation.person")?,
        unit: parse_some(unit.as_deref(), "invitation.unit")?,
        role: parse_some(role.as_deref(), "invitation.role")?,
        language,
        opened,
        submitted,
        cancelled,
    })
}
