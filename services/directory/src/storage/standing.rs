//! What is known of people before they are contacted, read at once for many.

use std::collections::HashMap;

use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use super::{Error, consents, people, suppressions};
use crate::domain::Person;
use crate::domain::consent::{Channel, Consent, Purpose, State, holding};
use crate::domain::contact::{Contact, Known};
use crate::domain::suppression::{AddressHash, HashKey, Suppression, normalized};

/// What is known of some people about one purpose and channel.
pub struct Standing {
    purpose: Purpose,
    people: HashMap<PersonId, (Person, Option<AddressHash>)>,
    said: HashMap<PersonId, Vec<Consent>>,
    suppressed: HashMap<AddressHash, Vec<Suppression>>,
}

impl Standing {
    /// Reads what is known of people.
    pub async fn read(
        db: &impl ConnectionTrait,
        tenant: TenantId,
        ids: &[PersonId],
        purpose: Purpose,
        channel: Channel,
        key: &HashKey,
    ) -> Result<Self, Error> {
        let people = people::of_ids(db, tenant, ids).await?;
        let people: HashMap<_, _> =
            people.into_iter().map(|person| (person.id, hashed(person, channel, key))).collect();
        let hashes: Vec<_> = people.values().filter_map(|(_, hash)| *hash).collect();
        Ok(Self {
            purpose,
            said: consents::of_people(db, tenant, ids, purpose, channel).await?,
            suppressed: suppressions::of_addresses(db, tenant, &hashes).await?,
            people,
        })
    }

    /// What is known of a person, beside these other contacts; none where there is nobody.
    pub fn known<'k>(
        &self,
        person: PersonId,
        now: DateTime<Utc>,
        contacts: &'k [Contact],
    ) -> Option<Known<'k>> {
        let (found, hash) = self.people.get(&person)?;
        let said: Option<State> = self.said.get(&person).and_then(holding).map(|said| said.state);
        let entries = hash.as_ref().and_then(|hash| self.suppressed.get(hash));
        let stands = |entry: &Suppression| entry.holds_at(now) && entry.is_against(self.purpose);
        Some(Known {
            kind: found.profile.kind,
            employment: found.profile.employment,
            said,
            is_suppressed: entries.into_iter().flatten().any(stands),
            contacts,
        })
    }
}

/// The hash of the address by which a person is reached; of numbers the directory knows none.
fn hashed(person: Person, channel: Channel, key: &HashKey) -> (Person, Option<AddressHash>) {
    let address = match channel {
        Channel::Email => normalized(channel, &person.profile.email).ok(),
        Channel::Sms => None,
    };
    let hash = address.map(|address| key.hash(channel, &address));
    (person, hash)
}
