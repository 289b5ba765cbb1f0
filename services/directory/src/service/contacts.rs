//! Whether people may be contacted, and the ledger of those who are.

use std::collections::BTreeMap;
use std::sync::Arc;

use arki_database::Tx;
use arki_ids::{PersonId, TenantId};
use arki_rpc::Caller;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::consent::{Channel, Purpose};
use crate::domain::contact::{Change, Contact, Refusal, Rules, Wanted, judge, judge_again};
use crate::domain::suppression::HashKey;
use crate::storage::contacts::{self, Place};
use crate::storage::standing::Standing;

/// What is to be contacted by whom.
#[derive(Clone, Debug)]
pub struct Reserve {
    pub reservation: String,
    pub purpose: Purpose,
    pub channel: Channel,
    /// With the time of each; none is now.
    pub people: Vec<(PersonId, Option<DateTime<Utc>>)>,
    /// How long after its time, or after now, a place is kept for who doesn't confirm it.
    pub lease: TimeDelta,
    pub is_relational: bool,
    pub is_critical: bool,
    /// People are asked because they have left.
    pub asks_leavers: bool,
    /// The contacts take place now.
    pub confirm: bool,
}

/// Why each person is not contacted; none where the place is kept.
pub type Answers = BTreeMap<PersonId, Option<Refusal>>;

impl Directory {
    /// The rules of a tenant.
    pub async fn get_contact_rules(&self, caller: &Caller) -> Result<Rules, Error> {
        Ok(contacts::rules(self.store.reader(), caller.tenant).await?)
    }

    /// Changes the rules of a tenant.
    pub async fn update_contact_rules(
        &self,
        asked: &Asked,
        change: Change,
        etag: String,
    ) -> Result<Rules, Error> {
        let (tenant, now) = (asked.caller.tenant, self.now());
        self.write_recorded(
            "UpdateContactRules",
            asked,
            |_: &Rules| vec!["contactRules".to_owned()],
            move |tx| {
                let etag = etag.clone();
                Box::pin(async move {
                    let rules = contacts::rules(tx, tenant).await?;
                    check_etag(&etag, rules.revision)?;
                    let changed = rules.change(change, now)?;
                    if changed != rules {
                        contacts::save_rules(tx, tenant, &changed, now).await?;
                    }
                    Ok(changed)
                })
            },
        )
        .await
    }

    /// Whether a person may be contacted now. Nothing is reserved.
    pub async fn check_contact(
        &self,
        caller: &Caller,
        person: PersonId,
        purpose: Purpose,
        channel: Channel,
    ) -> Result<Result<(), Refusal>, Error> {
        let (reader, tenant, now) = (self.store.reader(), caller.tenant, self.now());
        let key = self.hash_key(tenant).await?;
        let standing = Standing::read(reader, tenant, &[person], purpose, channel, &key).await?;
        let places =
            contacts::of_people(reader, tenant, &[person]).await?.remove(&person).unwrap_or_default();
        let is_kept = |place: &Place| place.lease_end.is_none_or(|end| end > now);
        let others: Vec<_> = places.into_iter().filter(is_kept).map(|place| place.contact).collect();
        let known = standing.known(person, now, &others).ok_or(Error::PersonNotFound(person))?;
        let rules = contacts::rules(reader, tenant).await?;
        let contact = Contact { time: now, purpose, is_relational: false };
        Ok(judge(&rules, &known, &Wanted { contact, is_critical: false, asks_leavers: false }))
    }

    /// Keeps a contact with each of those who may be contacted.
    ///
    /// Whoever counts the contacts of a person holds the head of the person until the new ones are there: so however many
    /// ask at once, nobody has more than the rules allow.
    pub async fn reserve_contacts(&self, tenant: TenantId, reserve: Reserve) -> Result<Answers, Error> {
        let key = self.hash_key(tenant).await?;
        let people: BTreeMap<_, _> = reserve.people.iter().copied().collect();
        let ids: Arc<[PersonId]> = people.keys().copied().collect();
        self.make_heads(tenant, &ids).await?;
        let now = self.now();
        let (people, reserve) = (Arc::new(people), Arc::new(reserve));
        // READ COMMITTED: what is read after the heads are held is what others have committed, and holds until the end.
        self.store
            .claim("ReserveContacts", move |tx| {
                let (ids, people) = (Arc::clone(&ids), Arc::clone(&people));
                let (reserve, key) = (Arc::clone(&reserve), key.clone());
                Box::pin(async move { reserve_all(tx, tenant, &ids, &people, &reserve, &key, now).await })
            })
            .await
    }

    /// Gives back what a reservation keeps and was not confirmed.
    pub async fn release_contacts(&self, tenant: TenantId, reservation: String) -> Result<(), Error> {
        self.store
            .claim("ReleaseContacts", move |tx| {
                let reservation = reservation.clone();
                Box::pin(async move { Ok(contacts::release(tx, tenant, &reservation).await?) })
            })
            .await
    }

    async fn make_heads(&self, tenant: TenantId, people: &[PersonId]) -> Result<(), Error> {
        let missing = contacts::without_head(self.store.reader(), tenant, people).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Arc<[PersonId]> = missing.into();
        self.store
            .claim("MakeContactHeads", move |tx| {
                let missing = Arc::clone(&missing);
                Box::pin(async move {
                    let there = crate::storage::people::of_ids(tx, tenant, &missing).await?;
                    let mut there: Vec<_> = there.into_iter().map(|person| person.id).collect();
                    there.sort_unstable();
                    Ok(contacts::insert_heads(tx, tenant, &there).await?)
                })
            })
            .await
    }
}

async fn reserve_all(
    tx: &Tx,
    tenant: TenantId,
    ids: &[PersonId],
    people: &BTreeMap<PersonId, Option<DateTime<Utc>>>,
    reserve: &Reserve,
    key: &HashKey,
    now: DateTime<Utc>,
) -> Result<Answers, Error> {
    let Reserve {
        reservation,
        purpose,
        channel,
        people: _,
        lease,
        is_relational,
        is_critical,
        asks_leavers,
        confirm,
    } = reserve;
    let held = contacts::hold(tx, tenant, ids).await?;
    contacts::forget_lapsed(tx, tenant, ids, now).await?;
    let rules = contacts::rules(tx, tenant).await?;
    let standing = Standing::read(tx, tenant, ids, *purpose, *channel, key).await?;
    let mut places = contacts::of_people(tx, tenant, ids).await?;
    let (mut kept, mut refused, mut answers) = (Vec::new(), Vec::new(), Answers::new());
    for (person, time) in people {
        let time = time.unwrap_or(now).trunc_subsecs(6);
        let (own, others): (Vec<_>, Vec<_>) = places
            .remove(person)
            .unwrap_or_default()
            .into_iter()
            .partition(|place| place.reservation == *reservation);
        let own = own.into_iter().next();
        let others: Vec<_> = others.iter().map(|place| place.contact).collect();
        let contact = Contact { time, purpose: *purpose, is_relational: *is_relational };
        let wanted = Wanted { contact, is_critical: *is_critical, asks_leavers: *asks_leavers };
        let known = standing.known(*person, now, &others).filter(|_| held.contains(person));
        let before = own.as_ref().map(|own| own.contact);
        let judged =
            known.map_or(Err(Refusal::Unknown), |known| judge_again(&rules, &known, before, &wanted));
        answers.insert(*person, judged.err());
        match judged {
            Ok(()) => {}
            // A place that can't move to where others are stays where it was: nobody loses one by asking.
            Err(refusal) if refusal.is_of_others() => continue,
            Err(_) => {
                refused.push(*person);
                continue;
            }
        }
        let takes_place = *confirm || own.is_some_and(|own| own.lease_end.is_none());
        kept.push(Place {
            person: *person,
            reservation: reservation.clone(),
            channel: *channel,
            contact,
            lease_end: (!takes_place).then(|| time.max(now) + *lease),
        });
    }
    contacts::save(tx, tenant, &kept).await?;
    contacts::delete(tx, tenant, reservation, &refused).await?;
    Ok(answers)
}
