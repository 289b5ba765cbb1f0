//! What CRM systems tell, in batches: a few statements for all items, and an event for each thing that changed.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::Arc;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::TenantId;
use arki_rpc::Caller;
use chrono::{DateTime, Utc};

use super::erasures::erased;
use super::events::{tell_outcomes, tell_people};
use super::import::IDS;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::crm::shelf::Changed;
use crate::domain::crm::{Known, Noun, Record, Shelf, Told, Verdict};
use crate::domain::erasure::Key;
use crate::domain::person::{ExternalId, email_key};
use crate::domain::{Account, Outcome, Person, Tenant};
use crate::storage::crm::{self, ToReread};
use crate::storage::{accounts, attributes, outcomes, people, units};

/// What is stored, by key, and by which further keys the same is known.
type Found<T> = (HashMap<String, T>, HashMap<String, String>);

/// Something that a CRM tells of, and how it is kept.
pub trait Stored: Noun + Send + Sync + 'static {
    /// What is stored under keys of a source, and by which further keys of them the same is known.
    fn load(
        tx: &Tx,
        tenant: TenantId,
        source: &str,
        keys: &[&str],
    ) -> impl Future<Output = Result<Found<Self>, Error>> + Send;

    /// The keys of items in the form in which those of erased people are known.
    fn erased_keys(source: &str, keys: &BTreeSet<String>) -> Vec<Key>;

    /// Writes and tells what changed.
    fn save(
        tx: &Tx,
        tenant: &Tenant,
        changed: &[Self],
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// What must be loaded for items.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) keys: BTreeSet<String>,
    pub(super) accounts: BTreeSet<String>,
    pub(super) people: BTreeSet<String>,
    pub(super) emails: BTreeSet<String>,
    /// By attribute and value.
    pub(super) attributes: BTreeSet<(String, String)>,
}

impl Wanted {
    /// Notes what a field of an item refers to.
    pub(super) fn note(&mut self, field: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        match field {
            "account_external_id" => {
                self.accounts.insert(value.to_owned());
            }
            "person_external_id" => {
                self.people.insert(value.to_owned());
            }
            "email" => {
                self.emails.extend(email_key(value));
            }
            _ => {
                if let Some(key) = field.strip_prefix("attributes.") {
                    self.attributes.insert((key.to_owned(), value.to_owned()));
                }
            }
        }
    }

    fn of(items: &[Told]) -> Self {
        let mut wanted = Self::default();
        for Told { external_id, fields, .. } in items {
            wanted.keys.insert(external_id.clone());
            for (field, value) in fields {
                wanted.note(field, value);
            }
        }
        // What is no text of a database is refused later, and is not asked for.
        let is_askable = |key: &String| !key.contains('\0');
        for keys in [&mut wanted.keys, &mut wanted.accounts, &mut wanted.people] {
            keys.retain(is_askable);
        }
        wanted.attributes.retain(|(key, value)| !key.contains('\0') && !value.contains('\0'));
        wanted
    }
}

impl Directory {
    /// Brings things to what a source says, each item by itself.
    pub async fn batch_upsert<T: Stored>(
        &self,
        op: &'static str,
        asked: &Asked,
        source: String,
        items: Vec<Told>,
    ) -> Result<Vec<Verdict>, Error> {
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let batch = Arc::new((source, items));
        self.write_past_conflicts(op, asked, move |tx| {
            let batch = Arc::clone(&batch);
            Box::pin(async move {
                let (source, items) = &*batch;
                let tenant = tenant_of(tx, tenant).await?;
                let wanted = Wanted::of(items);
                let records = records::<T>(tx, tenant.id, source, &wanted).await?;
                let mut shelf = shelf::<T>(tx, &tenant, source, wanted, records, now).await?;
                let verdicts: Vec<_> = items.iter().map(|item| shelf.tell(item)).collect();
                put(tx, &tenant, source, shelf.changed(), now).await?;
                Ok(verdicts)
            })
        })
        .await
    }

    /// What must be read in its source again.
    pub async fn list_crm_records_to_reread(
        &self,
        caller: &Caller,
        source: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<ToReread>, Error> {
        Ok(crm::to_reread(self.store.reader(), caller.tenant, source, page).await?)
    }
}

/// What is remembered of the keys of items.
pub(super) async fn records<T: Stored>(
    tx: &Tx,
    tenant: TenantId,
    source: &str,
    wanted: &Wanted,
) -> Result<HashMap<String, Record>, Error> {
    Ok(crm::records(tx, tenant, T::KIND, source, &texts(&wanted.keys)).await?)
}

/// Everything that items need, with a few statements for all of them.
pub(super) async fn shelf<T: Stored>(
    tx: &Tx,
    tenant: &Tenant,
    source: &str,
    wanted: Wanted,
    records: HashMap<String, Record>,
    now: DateTime<Utc>,
) -> Result<Shelf<T>, Error> {
    let Wanted { keys, accounts: account_keys, people: person_keys, emails, attributes: values } = wanted;
    let might_be_erased = T::erased_keys(source, &keys).into_iter().chain(emails.into_iter().map(Key::Email));
    let (things, same) = T::load(tx, tenant.id, source, &texts(&keys)).await?;
    let schema = attributes::schema(tx, tenant.id).await?;
    let is_key = |key: &str| schema.get(key).is_some_and(|definition| definition.terms.is_key);
    let values: Vec<_> = values.into_iter().filter(|(key, _)| is_key(key)).collect();
    let known = Known {
        source: source.to_owned(),
        now,
        zone: tenant.rules.time_zone,
        ids: IDS,
        units: units::keys(tx, tenant.id).await?,
        accounts: Account::load(tx, tenant.id, source, &texts(&account_keys)).await?.0,
        people: crm::owners(tx, tenant.id, source, &texts(&person_keys)).await?,
        holders: crm::holders(tx, tenant.id, &values).await?,
        erased: erased(tx, tenant.id, might_be_erased).await?.into_keys().collect(),
        schema,
    };
    Ok(Shelf::new(known, things, same, records))
}

/// Writes what changed.
pub(super) async fn put<T: Stored>(
    tx: &Tx,
    tenant: &Tenant,
    source: &str,
    changed: Changed<T>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let Changed { things, records } = changed;
    if !things.is_empty() {
        T::save(tx, tenant, &things, now).await?;
    }
    Ok(crm::save(tx, tenant.id, T::KIND, source, records).await?)
}

fn texts(keys: &BTreeSet<String>) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

impl Stored for Person {
    async fn load(tx: &Tx, tenant: TenantId, source: &str, keys: &[&str]) -> Result<Found<Self>, Error> {
        let owners = crm::owners(tx, tenant, source, keys).await?;
        let ids: BTreeSet<_> = owners.values().copied().collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut found: HashMap<_, _> =
            people::of_ids(tx, tenant, &ids).await?.into_iter().map(|person| (person.id, person)).collect();
        let (mut things, mut same, mut places) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (key, id) in owners {
            match found.remove(&id) {
                Some(person) => {
                    places.insert(id, key.clone());
                    things.insert(key, person);
                }
                // The person is here already, by another key.
                None => {
                    if let Some(place) = places.get(&id) {
                        same.insert(key, place.clone());
                    }
                }
            }
        }
        Ok((things, same))
    }

    fn erased_keys(source: &str, keys: &BTreeSet<String>) -> Vec<Key> {
        let key = |key: &String| ExternalId { source: source.to_owned(), external_id: key.clone() };
        keys.iter().map(key).map(Key::ExternalId).collect()
    }

    async fn save(tx: &Tx, tenant: &Tenant, changed: &[Self], now: DateTime<Utc>) -> Result<(), Error> {
        people::save(tx, tenant.id, changed).await?;
        tell_people(tx, tenant.id, changed, now).await
    }
}

impl Stored for Account {
    async fn load(tx: &Tx, tenant: TenantId, source: &str, keys: &[&str]) -> Result<Found<Self>, Error> {
        let found = accounts::with_keys(tx, tenant, source, keys).await?;
        let by_key = |account: Self| Some((account.details.external_id.clone()?, account));
        Ok((found.into_iter().filter_map(by_key).collect(), HashMap::new()))
    }

    fn erased_keys(_: &str, _: &BTreeSet<String>) -> Vec<Key> {
        Vec::new()
    }

    async fn save(tx: &Tx, tenant: &Tenant, changed: &[Self], _: DateTime<Utc>) -> Result<(), Error> {
        Ok(accounts::save(tx, tenant.id, changed).await?)
    }
}

impl Stored for Outcome {
    async fn load(tx: &Tx, tenant: TenantId, source: &str, keys: &[&str]) -> Result<Found<Self>, Error> {
        let found = outcomes::with_keys(tx, tenant, source, keys).await?;
        let by_key = |outcome: Self| Some((outcome.facts.external_id.clone()?, outcome));
        Ok((found.into_iter().filter_map(by_key).collect(), HashMap::new()))
    }

    fn erased_keys(_: &str, keys: &BTreeSet<String>) -> Vec<Key> {
        keys.iter().cloned().map(Key::Outcome).collect()
    }

    async fn save(tx: &Tx, tenant: &Tenant, changed: &[Self], now: DateTime<Utc>) -> Result<(), Error> {
        outcomes::save(tx, tenant.id, changed).await?;
        tell_outcomes(tx, tenant, changed, now).await
    }
}
