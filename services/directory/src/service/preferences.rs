//! What people choose to get by mail, by themselves.

use arki_database::Tx;
use arki_ids::{PersonId, SuppressionId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};

use super::consents::{find_holding, record};
use super::{Directory, Error};
use crate::domain::Person;
use crate::domain::consent::{Channel, Consent, Purpose, State};
use crate::domain::contact::{Contact, Rules, Wanted, judge};
use crate::domain::person::Kind;
use crate::domain::suppression::{HashKey, Reason, Suppression, normalized};
use crate::storage::standing::Standing;
use crate::storage::{contacts, merges, people, suppressions};

/// The text that people read where they choose.
const TEXT_VERSION: &str = "preference page 1";

/// What a person gets, by purpose. Empty for employees, who are told things whether they like it or not.
pub type Preferences = Vec<(Purpose, bool)>;

impl Directory {
    /// What a person gets.
    pub async fn get_preferences(&self, tenant: TenantId, person: PersonId) -> Result<Preferences, Error> {
        let (reader, now) = (self.store.reader(), self.now());
        let key = self.hash_key(tenant).await?;
        let found = match people::find(reader, tenant, person).await? {
            Some(found) => Some(found),
            None => match merges::find(reader, tenant, person).await? {
                Some(survivor) => people::find(reader, tenant, survivor).await?,
                None => None,
            },
        };
        let found = found.ok_or(Error::PersonNotFound(person))?;
        if !chooses(&found) {
            return Ok(Preferences::new());
        }
        let rules = contacts::rules(reader, tenant).await?;
        let mut preferences = Preferences::new();
        for purpose in Purpose::ALL {
            let standing = Standing::read(reader, tenant, &[found.id], purpose, Channel::Email, &key).await?;
            preferences.push((purpose, gets(&rules, &standing, found.id, purpose, now)));
        }
        Ok(preferences)
    }

    /// Notes what a person chose. The same again changes nothing.
    pub async fn change_preference(
        &self,
        tenant: TenantId,
        person: PersonId,
        purpose: Purpose,
        is_subscribed: bool,
        source: String,
    ) -> Result<Preferences, Error> {
        let key = self.hash_key(tenant).await?;
        let now = self.now();
        self.store
            .write("ChangePreference", move |tx| {
                let (key, source) = (key.clone(), source.clone());
                Box::pin(async move {
                    let mut found = people::find(tx, tenant, person).await?;
                    if found.is_none()
                        && let Some(survivor) = merges::find(tx, tenant, person).await?
                    {
                        found = people::find(tx, tenant, survivor).await?;
                    }
                    let found = found.ok_or(Error::PersonNotFound(person))?;
                    if !chooses(&found) {
                        return Ok(());
                    }
                    let choice = Choice { purpose, is_subscribed, source, now };
                    choice.note(tx, tenant, &found, &key).await
                })
            })
            .await?;
        self.get_preferences(tenant, person).await
    }
}

struct Choice {
    purpose: Purpose,
    is_subscribed: bool,
    source: String,
    now: DateTime<Utc>,
}

impl Choice {
    async fn note(self, tx: &Tx, tenant: TenantId, person: &Person, key: &HashKey) -> Result<(), Error> {
        let Self { purpose, is_subscribed, source, now } = self;
        let channel = Channel::Email;
        let state = if is_subscribed { State::Granted } else { State::Withdrawn };
        let holds = find_holding(tx, tenant, person.id, purpose, channel).await?;
        if holds.as_ref().map(|holds| holds.state) != Some(state) {
            // Who chooses now changes what was said before, also where clocks disagree about before.
            let after = holds.map_or(now, |holds| now.max(holds.time + TimeDelta::microseconds(1)));
            let consent = Consent {
                person: person.id,
                purpose,
                channel,
                state,
                source: source.clone(),
                time: after,
                text_version: TEXT_VERSION.to_owned(),
            };
            record(tx, tenant, &[consent], now).await?;
        }
        let Ok(address) = normalized(channel, &person.profile.email) else { return Ok(()) };
        let hash = key.hash(channel, &address);
        if !is_subscribed {
            let entry = Suppression {
                id: SuppressionId::generate(),
                channel,
                hash,
                purpose: Some(purpose),
                reason: Reason::Unsubscribed,
                source,
                create_time: now,
                expire_time: None,
            };
            suppressions::save(tx, tenant, &entry).await?;
            return Ok(());
        }
        let entries = suppressions::of_addresses(tx, tenant, &[hash]).await?;
        for entry in entries.into_values().flatten() {
            if entry.reason == Reason::Unsubscribed && entry.purpose == Some(purpose) {
                suppressions::delete(tx, tenant, entry.id).await?;
            }
        }
        Ok(())
    }
}

fn chooses(person: &Person) -> bool {
    !matches!(person.profile.kind, Kind::Employee | Kind::Leaver)
}

/// Whether a person gets what is sent for a purpose, the budget aside.
fn gets(rules: &Rules, standing: &Standing, person: PersonId, purpose: Purpose, now: DateTime<Utc>) -> bool {
    let contact = Contact { time: now, purpose, is_relational: false };
    let wanted = Wanted { contact, is_critical: false, asks_leavers: false };
    standing.known(person, now, &[]).is_some_and(|known| judge(rules, &known, &wanted).is_ok())
}
