//! What people said about being contacted.

use std::collections::BTreeSet;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_events::{Draft, append_all};
use arki_ids::{PersonId, TenantId};
use arki_proto::event::v1::ConsentChanged;
use arki_rpc::Caller;
use chrono::{DateTime, SubsecRound, Utc};

use super::{Asked, Directory, Error};
use crate::domain::Refused;
use crate::domain::consent::{Channel, Consent, Purpose, State, holding};
use crate::storage::{consents, people};

/// What is to be noted; no time is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub person: PersonId,
    pub purpose: Purpose,
    pub channel: Channel,
    pub state: State,
    pub source: String,
    pub time: Option<DateTime<Utc>>,
    pub text_version: String,
}

impl Directory {
    /// Notes what a person said, and tells what holds now.
    pub async fn record_consent(&self, asked: &Asked, said: Said) -> Result<Consent, Error> {
        let now = self.now();
        let consent = dated("time", said, now)?;
        let tenant = asked.caller.tenant;
        self.write("RecordConsent", asked, move |tx| {
            let consent = consent.clone();
            Box::pin(async move {
                check_people(tx, tenant, std::slice::from_ref(&consent)).await?;
                record(tx, tenant, std::slice::from_ref(&consent), now).await?;
                let holds =
                    find_holding(tx, tenant, consent.person, consent.purpose, consent.channel).await?;
                Ok(holds.unwrap_or(consent))
            })
        })
        .await
    }

    /// Notes what several people said, and tells how much of it is new.
    pub async fn batch_record_consents(&self, asked: &Asked, said: Vec<Said>) -> Result<u64, Error> {
        let now = self.now();
        let said = said.into_iter().enumerate();
        let said = said.map(|(at, said)| dated(&format!("consents[{at}].time"), said, now));
        let said = said.collect::<Result<Vec<_>, _>>()?;
        let names: BTreeSet<_> = said.iter().map(|consent| consent.person.name()).collect();
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "BatchRecordConsents",
            asked,
            move |_: &u64| names.iter().cloned().collect(),
            move |tx| {
                let said = said.clone();
                Box::pin(async move {
                    check_people(tx, tenant, &said).await?;
                    record(tx, tenant, &said, now).await
                })
            },
        )
        .await
    }

    /// What a person said, latest first.
    pub async fn list_consents(
        &self,
        caller: &Caller,
        person: PersonId,
        page: &PageRequest,
    ) -> Result<Page<Consent>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        people::find(reader, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
        Ok(consents::list(reader, tenant, person, page).await?)
    }
}

/// To the microsecond, as both databases keep it; what is still to come was not said.
fn dated(field: &str, said: Said, now: DateTime<Utc>) -> Result<Consent, Error> {
    let Said { person, purpose, channel, state, source, time, text_version } = said;
    let time = time.unwrap_or(now).trunc_subsecs(6);
    if time > now {
        return Err(Refused::new(field, "must not be later than now").into());
    }
    Ok(Consent { person, purpose, channel, state, source, time, text_version })
}

async fn check_people(tx: &Tx, tenant: TenantId, said: &[Consent]) -> Result<(), Error> {
    let wanted: BTreeSet<_> = said.iter().map(|consent| consent.person).collect();
    let found = people::of_ids(tx, tenant, &wanted.iter().copied().collect::<Vec<_>>()).await?;
    let found: BTreeSet<_> = found.into_iter().map(|person| person.id).collect();
    match wanted.difference(&found).next() {
        Some(missing) => Err(Error::PersonNotFound(*missing)),
        None => Ok(()),
    }
}

/// What holds of what a person said.
pub(super) async fn find_holding(
    tx: &Tx,
    tenant: TenantId,
    person: PersonId,
    purpose: Purpose,
    channel: Channel,
) -> Result<Option<Consent>, Error> {
    let said = consents::of_people(tx, tenant, &[person], purpose, channel).await?;
    Ok(said.get(&person).and_then(holding).cloned())
}

/// Notes what people said, and tells the other services what holds of it now.
pub(super) async fn record(
    tx: &Tx,
    tenant: TenantId,
    said: &[Consent],
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let recorded = consents::insert(tx, tenant, said).await?;
    if recorded == 0 {
        return Ok(0);
    }
    let mut drafts = Vec::new();
    let about: BTreeSet<_> = said.iter().map(|one| (one.purpose, one.channel)).collect();
    for (purpose, channel) in about {
        let of = said.iter().filter(|one| (one.purpose, one.channel) == (purpose, channel));
        let people: BTreeSet<_> = of.map(|one| one.person).collect();
        let people: Vec<_> = people.into_iter().collect();
        let all = consents::of_people(tx, tenant, &people, purpose, channel).await?;
        for holds in people.iter().filter_map(|person| holding(all.get(person)?)) {
            let event = ConsentChanged {
                person: holds.person.name(),
                purpose: purpose.word().to_owned(),
                channel: channel.word().to_owned(),
                state: holds.state.word().to_owned(),
            };
            drafts.push(Draft::new(tenant, &holds.person.name(), now, &event));
        }
    }
    append_all(tx, &drafts).await?;
    Ok(recorded)
}
