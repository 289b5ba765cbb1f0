use arki_database::Error;
use arki_database::page::{Page, PageRequest};
use arki_ids::{MessageId, TenantId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::message::{Column, Entity, Model};
use super::read::{from_json, of_word, parsed, to_json};
use crate::domain::{Message, MessageContent, MessageKind};

const KINDS: [MessageKind; 7] = [
    MessageKind::Strategy,
    MessageKind::Focus,
    MessageKind::Success,
    MessageKind::Uncertainty,
    MessageKind::NextStep,
    MessageKind::Invitation,
    MessageKind::Reminder,
];

pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    message: &Message,
) -> Result<(), Error> {
    let row = row(tenant, message)?;
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn update<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    message: &Message,
) -> Result<(), Error> {
    let row = row(tenant, message)?;
    row.into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub(crate) async fn find<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    id: MessageId,
) -> Result<Option<Message>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::MessageId.eq(id.to_string())).one(db).await?;
    row.map(message).transpose()
}

/// Those of `ids` that there are.
pub(crate) async fn find_all<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    ids: &[MessageId],
) -> Result<Vec<Message>, Error> {
    let ids = ids.iter().map(ToString::to_string);
    let rows = Entity::in_tenant(tenant).filter(Column::MessageId.is_in(ids)).all(db).await?;
    rows.into_iter().map(message).collect()
}

/// In the order of their creation.
pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Message>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::MessageId).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::MessageId.gt(after.as_str()));
    }
    let rows = select.all(db).await?.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.id.to_string()]))
}

pub(super) fn kind(word: &str) -> Result<MessageKind, Error> {
    of_word(&KINDS, word, MessageKind::word, "message.kind")
}

fn row(tenant: TenantId, message: &Message) -> Result<Model, Error> {
    let Message { id, content, revision, create_time, update_time } = message;
    let MessageContent { kind, subject, body, why, what_stays, where_to_get_help, comprehension } = content;
    Ok(Model {
        tenant_id: tenant.to_string(),
        message_id: id.to_string(),
        kind: kind.word().to_owned(),
        subject: to_json(subject, "message.subject")?,
        body: to_json(body, "message.body")?,
        why: to_json(why, "message.why")?,
        what_stays: to_json(what_stays, "message.what_stays")?,
        where_to_get_help: to_json(where_to_get_help, "message.where_to_get_help")?,
        comprehension: comprehension
            .as_ref()
            .map(|question| to_json(question, "message.comprehension"))
            .transpose()?,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    })
}

fn message(row: Model) -> Result<Message, Error> {
    let Model {
        tenant_id: _,
        message_id,
        kind,
        subject,
        body,
        why,
        what_stays,
        where_to_get_help,
        comprehension,
        revision,
        create_time,
        update_time,
    } = row;
    let content = MessageContent {
        kind: self::kind(&kind)?,
        subject: from_json(&subject, "message.subject")?,
        body: from_json(&body, "message.body")?,
        why: from_json(&why, "message.why")?,
        what_stays: from_json(&what_stays, "message.what_stays")?,
        where_to_get_help: from_json(&where_to_get_help, "message.where_to_get_help")?,
        comprehension: comprehension
            .map(|question| from_json(&question, "message.comprehension"))
            .transpose()?,
    };
    Ok(Message {
        id: parsed(&message_id, "message.message_id")?,
        content,
        revision,
        create_time,
        update_time,
    })
}
