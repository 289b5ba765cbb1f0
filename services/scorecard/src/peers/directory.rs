//! The house rules of a tenant, asked of the directory on this service's own behalf: what a caller of this service may
//! do here says nothing of what it may read there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arki_ids::TenantId;
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure, Peer, client};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use pb::directory_service_client::DirectoryServiceClient;
use tonic::{Code, Request};

use crate::domain::metric::DEFAULT_HEADLINE_CAP;

/// How long house rules are taken as they were: they change once in a year, and every read needs them.
const FRESH: TimeDelta = TimeDelta::seconds(60);

/// What a tenant says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseRules {
    /// For readers who have not chosen a language.
    pub default_language: String,
    /// Days are counted in it.
    pub time_zone: Tz,
    /// How many headline metrics there may be.
    pub headline_cap: usize,
}

impl HouseRules {
    /// The day that it is, or was, in the tenant's time zone.
    #[must_use]
    pub fn day(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.time_zone).date_naive()
    }
}

/// Why the directory did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is away or full: ask again later.
    #[error("the directory is not available")]
    Away(#[source] Failure),
    /// It took longer than there was time.
    #[error("the directory did not answer in time")]
    Late(#[source] Failure),
    /// It refused what this service may always ask.
    #[error("the directory refused")]
    Refused(#[source] Failure),
    /// Its answer is not what the contract says.
    #[error("the directory's answer can't be read: {0}")]
    Unreadable(String),
}

type Known = HashMap<TenantId, (DateTime<Utc>, HouseRules)>;

/// The directory.
#[derive(Clone, Debug)]
pub struct Directory {
    client: DirectoryServiceClient<Peer>,
    known: Arc<Mutex<Known>>,
}

impl Directory {
    /// A directory behind a peer that has the client stack around it.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self { client: DirectoryServiceClient::new(peer), known: Arc::default() }
    }

    /// The house rules, at most a minute old; older ones while the directory is away.
    pub async fn recent_rules(&self, tenant: TenantId, now: DateTime<Utc>) -> Result<HouseRules, Error> {
        let known = self.known().get(&tenant).cloned();
        match known {
            Some((asked, rules)) if now - asked < FRESH => Ok(rules),
            Some((_, rules)) => match self.rules(tenant, now).await {
                // A language or a time zone of yesterday serves a reader better than no answer.
                Err(Error::Away(_) | Error::Late(_)) => Ok(rules),
                answered => answered,
            },
            None => self.rules(tenant, now).await,
        }
    }

    /// The house rules as they are now.
    pub async fn rules(&self, tenant: TenantId, now: DateTime<Utc>) -> Result<HouseRules, Error> {
        let request = Request::new(pb::GetTenantRequest { name: tenant.name() });
        let request = client::with_caller(request, &Caller::service("scorecard", tenant));
        let answered = self.client.clone().get_tenant(request).await.map_err(|status| {
            let failure = Failure::from_status(&status);
            match failure.code {
                Code::Unavailable | Code::ResourceExhausted => Error::Away(failure),
                Code::DeadlineExceeded | Code::Cancelled => Error::Late(failure),
                _ => Error::Refused(failure),
            }
        })?;
        let said = answered.into_inner().tenant;
        let rules = read(said.ok_or_else(|| Error::Unreadable("the tenant is missing".to_owned()))?)?;
        self.known().insert(tenant, (now, rules.clone()));
        Ok(rules)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // No code panics while it holds the lock, so what is inside is whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(tenant: pb::Tenant) -> Result<HouseRules, Error> {
    let or = |value: String, default: &str| if value.is_empty() { default.to_owned() } else { value };
    let time_zone = or(tenant.time_zone, "UTC");
    let time_zone =
        time_zone.parse().map_err(|_| Error::Unreadable(format!("{time_zone:?} is no time zone")))?;
    let cap = usize::try_from(tenant.headline_metric_cap)
        .map_err(|_| Error::Unreadable("headline_metric_cap is negative".to_owned()))?;
    Ok(HouseRules {
        default_language: or(tenant.default_language, "en"),
        time_zone,
        headline_cap: if cap == 0 { DEFAULT_HEADLINE_CAP } else { cap },
    })
}
