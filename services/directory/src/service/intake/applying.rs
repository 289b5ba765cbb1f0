//! Applying what was told, with the same hands as a batch: what is due is claimed for a while, and each group of it is
//! applied and marked in one transaction, so that it has one effect however often it is tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use arki_database::Tx;
use arki_ids::{IntakeDeliveryId, IntakeEndpointId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};

use super::super::crm::{Stored, Wanted, put, records, shelf};
use super::super::{Directory, Error, tenant_of};
use crate::domain::crm::{Fault, Kind};
use crate::domain::intake::{Delivery, Endpoint};
use crate::domain::{Account, Outcome, Person, Tenant};
use crate::storage::intake::queue::{self, Claimed};
use crate::storage::intake::{deliveries, endpoints};

/// For how long a claim holds.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// How many deliveries are claimed at once.
const AT_ONCE: u64 = 500;

/// The order in which kinds are applied: what others refer to first.
const ORDER: [Kind; 3] = [Kind::Account, Kind::Person, Kind::Outcome];

/// What is written of a delivery that no fault of its own says why.
const UNKNOWN: (&str, &str) = ("INTERNAL", "it can't be stored, see the log of the directory");

/// Deliveries of one kind to one endpoint, and who must apply them.
#[derive(Clone)]
struct Group {
    tenant: TenantId,
    endpoint: IntakeEndpointId,
    kind: Kind,
    claimed: Vec<(IntakeDeliveryId, i64)>,
}

impl Directory {
    /// Applies what is due, and tells how many deliveries that were.
    pub async fn apply_intake(&self) -> Result<usize, Error> {
        let now = self.now();
        if !queue::anything_due(self.store.reader(), now).await? {
            return Ok(0);
        }
        let claimed = self
            .store
            .claim("ClaimIntake", move |tx| {
                Box::pin(async move { Ok::<_, Error>(queue::claim(tx, now, LEASE, AT_ONCE).await?) })
            })
            .await?;
        let count = claimed.len();
        for group in groups(claimed) {
            self.apply_group(group).await?;
        }
        Ok(count)
    }

    /// Frees what a process before this one was applying. Only where the database has one process.
    pub(crate) async fn release_intake(&self) -> Result<u64, Error> {
        let now = self.now();
        Ok(self.store.claim("ReleaseIntake", move |tx| Box::pin(queue::release_all(tx, now))).await?)
    }

    async fn apply_group(&self, group: Group) -> Result<(), Error> {
        match self.apply_at_once(group.clone()).await {
            Ok(()) => Ok(()),
            Err(error) if is_away(&error) => Err(error),
            // Something among them can't be stored. One by one, the others pass it by.
            Err(_) => {
                for claimed in &group.claimed {
                    let alone = Group { claimed: vec![*claimed], ..group.clone() };
                    match self.apply_at_once(alone.clone()).await {
                        Ok(()) => {}
                        Err(error) if is_away(&error) => return Err(error),
                        Err(error) => {
                            tracing::error!(%error, delivery = claimed.0.name(), "a delivery can't be applied");
                            if let Err(error) = self.give_back(alone).await {
                                tracing::error!(%error, delivery = claimed.0.name(), "it is not noted either");
                            }
                        }
                    }
                }
                Ok(())
            }
        }
    }

    async fn apply_at_once(&self, group: Group) -> Result<(), Error> {
        let (now, most) = (self.now(), self.intake.tries);
        let group = Arc::new(group);
        self.store
            .write("ApplyIntake", move |tx| {
                let group = Arc::clone(&group);
                Box::pin(async move {
                    let held = deliveries::held(tx, group.tenant, &group.claimed).await?;
                    let found = endpoints::find(tx, group.tenant, group.endpoint).await?;
                    let Some((endpoint, _)) = found else { return Ok(()) };
                    let tenant = tenant_of(tx, group.tenant).await?;
                    let settled = match group.kind {
                        Kind::Person => apply::<Person>(tx, &tenant, &endpoint, held, most, now).await?,
                        Kind::Account => apply::<Account>(tx, &tenant, &endpoint, held, most, now).await?,
                        Kind::Outcome => apply::<Outcome>(tx, &tenant, &endpoint, held, most, now).await?,
                    };
                    Ok(deliveries::update(tx, tenant.id, &settled).await?)
                })
            })
            .await
    }

    /// Notes that something failed for no reason of its own.
    async fn give_back(&self, group: Group) -> Result<(), Error> {
        let (now, most) = (self.now(), self.intake.tries);
        let group = Arc::new(group);
        self.store
            .write("FailIntake", move |tx| {
                let group = Arc::clone(&group);
                Box::pin(async move {
                    let held = deliveries::held(tx, group.tenant, &group.claimed).await?;
                    let failed =
                        |one: Delivery| one.failed(UNKNOWN.0.to_owned(), UNKNOWN.1.to_owned(), most, now);
                    let failed: Vec<_> = held.into_iter().map(failed).collect();
                    Ok(deliveries::update(tx, group.tenant, &failed).await?)
                })
            })
            .await
    }
}

/// Whether it is the database that fails, and not what is written: then everything waits for the end of its lease.
fn is_away(error: &Error) -> bool {
    use arki_database::Error as Database;
    matches!(error, Error::Database(Database::Unavailable | Database::Overloaded | Database::Serialization))
}

fn groups(claimed: Vec<Claimed>) -> Vec<Group> {
    let mut groups: BTreeMap<_, Group> = BTreeMap::new();
    for Claimed { tenant, endpoint, kind, delivery, fence } in claimed {
        let place = ORDER.iter().position(|one| *one == kind);
        let group = groups.entry((place, tenant, endpoint)).or_insert_with(|| Group {
            tenant,
            endpoint,
            kind,
            claimed: Vec::new(),
        });
        group.claimed.push((delivery, fence));
    }
    groups.into_values().collect()
}

async fn apply<T: Stored>(
    tx: &Tx,
    tenant: &Tenant,
    endpoint: &Endpoint,
    held: Vec<Delivery>,
    most: u32,
    now: DateTime<Utc>,
) -> Result<Vec<Delivery>, Error> {
    let mapping = &endpoint.terms.mapping;
    let mut wanted = Wanted::default();
    wanted.keys.extend(held.iter().map(|delivery| delivery.external_id.clone()));
    let known = records::<T>(tx, tenant.id, &endpoint.source, &wanted).await?;
    for change in held.iter().filter_map(|delivery| delivery.change.as_ref()) {
        let Some(object) = mapping.of(&change.object) else { continue };
        let record = known.get(&change.external_id);
        for field in object.fields.keys() {
            for value in object.values_of(field, record, &change.properties) {
                wanted.note(field, &value);
            }
        }
    }
    let mut shelf = shelf::<T>(tx, tenant, &endpoint.source, wanted, known, now).await?;
    let settle = |delivery: Delivery| {
        // What is not mapped any more, or was for somebody who is forgotten, is of no interest.
        let told = delivery.change.as_ref().and_then(|change| Some((change, mapping.of(&change.object)?)));
        let Some((change, object)) = told.filter(|(_, object)| object.kind == T::KIND) else {
            return delivery.done(now);
        };
        match shelf.hear(change, object).fault {
            None => delivery.done(now),
            Some(Fault { reason, field, problem }) => {
                delivery.failed(reason.word().to_owned(), format!("{field}: {problem}"), most, now)
            }
        }
    };
    let settled = held.into_iter().map(settle).collect();
    put(tx, tenant, &endpoint.source, shelf.changed(), now).await?;
    Ok(settled)
}
