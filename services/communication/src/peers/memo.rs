//! Addresses for a short while.
//!
//! Names and addresses belong to the directory and are never stored here. The planner has just seen them when it
//! plans what is due at once, and to ask for each of them again a second later would be most of the cost of sending;
//! so they stay in memory for [`KEPT`], and are forgotten with the process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};

use super::Recipient;

/// How long: whoever leaves or changes the address is written to as before for no longer than this.
const KEPT: TimeDelta = TimeDelta::minutes(5);

/// How many at most, some 20 MB.
const MOST: usize = 100_000;

/// Since when somebody's address is known, and the address.
type Known = HashMap<(TenantId, PersonId), (DateTime<Utc>, Recipient)>;

#[derive(Default)]
pub(super) struct Memo {
    known: Mutex<Known>,
}

impl Memo {
    pub(super) fn put(&self, tenant: TenantId, person: PersonId, recipient: Recipient, now: DateTime<Utc>) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, (since, _)| is_fresh(*since, now));
        }
        if known.len() < MOST {
            known.insert((tenant, person), (now, recipient));
        }
    }

    /// Takes it out: a recipient is written to once, and asked for anew the next time.
    pub(super) fn take(&self, tenant: TenantId, person: PersonId, now: DateTime<Utc>) -> Option<Recipient> {
        let (since, recipient) = self.known().remove(&(tenant, person))?;
        is_fresh(since, now).then_some(recipient)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // No code panics while it holds the lock, so what is inside is whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (TimeDelta::zero()..KEPT).contains(&(now - since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_once_and_only_while_it_is_fresh() {
        let (memo, tenant, person) = (Memo::default(), TenantId::random(), PersonId::random());
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ann = Recipient { address: "ann@example.org".to_owned(), display_name: "Ann Example".to_owned() };
        memo.put(tenant, person, ann.clone(), now);
        assert_eq!(memo.take(TenantId::random(), person, now), None);
        assert_eq!(memo.take(tenant, person, now), Some(ann.clone()));
        assert_eq!(memo.take(tenant, person, now), None);
        for wrong in [now + KEPT, now - TimeDelta::seconds(1)] {
            memo.put(tenant, person, ann.clone(), now);
            assert_eq!(memo.take(tenant, person, wrong), None);
        }
    }
}
