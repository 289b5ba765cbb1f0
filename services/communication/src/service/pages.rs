use arki_database::{Backend, Tx};
use arki_events::Draft;
use arki_ids::TenantId;
use arki_proto::event::v1::MessageUnderstood;
use chrono::{DateTime, Utc};

use super::{Asked, Error, Service};
use crate::domain::{self, AudienceKind, Comprehension, Message, Page, PageToken, page};
use crate::storage::answers::{self, Reader, Told};
use crate::storage::deliveries::{self, Linked};
use crate::storage::{campaigns, messages};

impl Service {
    /// The page behind a link, in the language wished for.
    pub(crate) async fn get_page(&self, token: &str, language: &str) -> Result<Page, Error> {
        let token = PageToken::read(token).ok_or(domain::Error::LinkNotFound)?;
        let (tenant, reader) = (token.tenant(), self.store.reader());
        let linked = deliveries::find_linked(reader, &token).await?.ok_or(domain::Error::LinkNotFound)?;
        let Linked { id: _, campaign, message, person, unit: _, language: own } = linked;
        let message = messages::find(reader, tenant, message).await?.ok_or(domain::Error::LinkNotFound)?;
        let campaign = campaigns::find(reader, tenant, campaign).await?;
        let has_preferences =
            campaign.as_ref().is_some_and(|campaign| campaign.audience.kind != AudienceKind::Employee);
        let fallback =
            campaign.and_then(|campaign| campaign.home).map(|home| home.language).unwrap_or_default();
        let answered = answers::find_reader(reader, tenant, message.id, person).await?.is_some();
        let link = link(&self.public_url, &token);
        Ok(page(&message, language, &own, &fallback, &link, answered, has_preferences))
    }

    /// Answers the question under a message, once for each recipient. True where the same was answered before.
    pub(crate) async fn answer(
        &self,
        token: &str,
        option: String,
        request_id: String,
        fingerprint: [u8; 32],
    ) -> Result<bool, Error> {
        let token = PageToken::read(token).ok_or(domain::Error::LinkNotFound)?;
        let asked = Asked { tenant: token.tenant(), request_id, fingerprint };
        match self.answer_once(token, &option, asked.clone()).await {
            // Somebody answered twice at the same moment, by requests of two kinds: what was too fast for one of them
            // is there to be seen now.
            Err(Error::Database(arki_database::Error::Conflict { .. })) => {
                self.answer_once(token, &option, asked).await
            }
            answered => answered,
        }
    }

    async fn answer_once(&self, token: PageToken, option: &str, asked: Asked) -> Result<bool, Error> {
        let (now, backend, option) = (self.now(), self.store.backend(), option.to_owned());
        // Without a request id the answer itself is known again, and one after the other is all the order it needs:
        // a serializable transaction would make many who answer at the same minute fail each other.
        if asked.request_id.is_empty() {
            return self
                .store
                .claim("AnswerComprehension", move |tx| {
                    let option = option.clone();
                    Box::pin(async move { take(tx, backend, &token, &option, now).await })
                })
                .await;
        }
        self.store
            .write_once("AnswerComprehension", asked.once("AnswerComprehension", now), move |tx| {
                let option = option.clone();
                Box::pin(async move { take(tx, backend, &token, &option, now).await })
            })
            .await
    }
}

/// The reader's own page.
pub(crate) fn link(public_url: &str, token: &PageToken) -> String {
    format!("{public_url}/m/{}", token.text())
}

async fn take(
    tx: &Tx,
    backend: Backend,
    token: &PageToken,
    option: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let tenant = token.tenant();
    let linked = deliveries::find_linked(tx, token).await?.ok_or(domain::Error::LinkNotFound)?;
    let Linked { id, campaign: _, message, person, unit, language: _ } = linked;
    answers::lock(tx, backend, tenant, message).await?;
    let message = messages::find(tx, tenant, message).await?.ok_or(domain::Error::LinkNotFound)?;
    let unknown = || domain::Error::OptionUnknown(option.to_owned());
    let question = message.content.comprehension.as_ref().ok_or_else(unknown)?;
    let chosen = question.option(option).ok_or_else(unknown)?;
    let fingerprint = token.fingerprint(&answered_with(question, option)).to_vec();
    if let Some(before) = answers::find_reader(tx, tenant, message.id, person).await? {
        // Through the link of another occurrence it can't be told whether the answer is the same, so it is not taken
        // for that.
        return if before == (Reader { delivery: id, fingerprint }) {
            Ok(true)
        } else {
            Err(domain::Error::AlreadyAnswered.into())
        };
    }
    answers::insert_reader(tx, tenant, message.id, person, Reader { delivery: id, fingerprint }).await?;
    answers::count(tx, tenant, message.id, unit, chosen.correct).await?;
    tell(tx, tenant, &message, now).await?;
    Ok(false)
}

/// What the fingerprint is over.
fn answered_with(question: &Comprehension, option: &str) -> String {
    format!("{}={option}", question.key)
}

/// Tells the other services, batch by batch: an event for each answer would stand in the outbox beside the row of
/// the one who gave it.
async fn tell(tx: &Tx, tenant: TenantId, message: &Message, now: DateTime<Utc>) -> Result<(), Error> {
    let mut drafts = Vec::new();
    for Told { unit, correct, wrong } in answers::tell(tx, tenant, message.id).await? {
        let unit = unit.map(|unit| unit.name()).unwrap_or_default();
        for (count, correct) in [(correct, true), (wrong, false)] {
            let event = MessageUnderstood { message: message.id.name(), unit: unit.clone(), correct };
            let draft = || Draft::new(tenant, &message.id.name(), now, &event);
            drafts.extend(std::iter::repeat_with(draft).take(usize::try_from(count).unwrap_or(usize::MAX)));
        }
    }
    Ok(arki_events::append_all(tx, &drafts).await?)
}
