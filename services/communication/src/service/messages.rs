use arki_ids::{MessageId, TenantId};

use super::{Asked, Error, Listed, Service, Wanted, arguments, check_etag};
use crate::domain::{self, Message, MessageChange, MessageContent};
use crate::storage::{answers, messages};

impl Service {
    pub(crate) async fn create_message(
        &self,
        asked: Asked,
        content: MessageContent,
    ) -> Result<Message, Error> {
        let (tenant, now) = (asked.tenant, self.now());
        let message = Message::new(MessageId::generate(), content, now)?;
        self.store
            .write_once("CreateMessage", asked.once("CreateMessage", now), move |tx| {
                let message = message.clone();
                Box::pin(async move {
                    messages::insert(tx, tenant, &message).await?;
                    Ok(message)
                })
            })
            .await
    }

    pub(crate) async fn get_message(&self, tenant: TenantId, id: MessageId) -> Result<Message, Error> {
        let found = messages::find(self.store.reader(), tenant, id).await?;
        Ok(found.ok_or(domain::Error::MessageNotFound(id))?)
    }

    pub(crate) async fn list_messages(
        &self,
        tenant: TenantId,
        wanted: &Wanted,
    ) -> Result<Listed<Message>, Error> {
        let arguments = arguments(&["messages", &tenant.to_string()]);
        let page = messages::list(self.store.reader(), tenant, &self.page(wanted, arguments)?).await?;
        Ok(self.listed(page, arguments))
    }

    pub(crate) async fn update_message(
        &self,
        asked: Asked,
        id: MessageId,
        etag: String,
        change: MessageChange,
    ) -> Result<Message, Error> {
        let (tenant, now) = (asked.tenant, self.now());
        self.store
            .write_once("UpdateMessage", asked.once("UpdateMessage", now), move |tx| {
                let (etag, change) = (etag.clone(), change.clone());
                Box::pin(async move {
                    let found = messages::find(tx, tenant, id).await?;
                    let message = found.ok_or(domain::Error::MessageNotFound(id))?;
                    check_etag(&etag, message.revision)?;
                    let answered = answers::is_answered(tx, tenant, id).await?;
                    let changed = message.change(change, answered, now)?;
                    messages::update(tx, tenant, &changed).await?;
                    Ok(changed)
                })
            })
            .await
    }
}
