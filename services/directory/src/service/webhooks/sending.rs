//! Handing deliveries to whoever sends them, and taking note of what came of it. Secrets stay here: what is handed out
//! is signed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arki_database::Tx;
use arki_events::append;
use arki_ids::{TenantId, WebhookDeliveryId, WebhookEndpointId};
use arki_proto::event::v1::WebhookEndpointDisabled;
use arki_webhooks::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;

use super::super::{Directory, Error};
use super::Place;
use crate::domain::webhook::endpoint::Disabled;
use crate::domain::webhook::schedule::GIVES_UP;
use crate::domain::webhook::{Attempt, Delivery};
use crate::storage::webhooks::queue::{self, Claimed, Target};
use crate::storage::webhooks::reports;

/// A delivery to send now.
#[derive(Clone, Debug)]
pub struct ToSend {
    pub claimed: Claimed,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    /// Unix seconds of the claim.
    pub timestamp: i64,
    /// One for each live secret, between spaces.
    pub signature: String,
}

/// What came of one claimed delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub tenant: TenantId,
    pub delivery: WebhookDeliveryId,
    pub fence: i64,
    pub duration_ms: i32,
    pub status: i32,
    pub outcome: String,
    pub retry_after: TimeDelta,
}

/// Where deliveries of an endpoint go, and who signs them.
struct Opened {
    url: String,
    headers: BTreeMap<String, String>,
    secrets: Vec<Secret>,
}

/// What an endpoint's share of the reports says of it.
#[derive(Clone, Copy, Default)]
struct Health {
    takes: bool,
    is_gone: bool,
}

impl Directory {
    /// Hands out up to `max` deliveries that are due, for `lease`.
    pub async fn claim_webhook_deliveries(&self, max: u64, lease: TimeDelta) -> Result<Vec<ToSend>, Error> {
        let now = self.now();
        if !queue::anything_due(self.store.reader(), now).await? {
            return Ok(Vec::new());
        }
        let (claimed, targets) = self
            .store
            .claim("ClaimWebhookDeliveries", move |tx| Box::pin(queue::claim(tx, now, lease, max)))
            .await?;
        let mut opened = HashMap::new();
        for (key, target) in targets {
            match self.open(key, target, now) {
                Ok(target) => {
                    opened.insert(key, target);
                }
                // Its deliveries stay leased and come again; whoever put the key away sees why nothing is sent.
                Err(error) => tracing::error!(%error, endpoint = key.1.name(), "nothing can be sent"),
            }
        }
        let sign = |claimed: Claimed| {
            let Opened { url, headers, secrets } = opened.get(&(claimed.tenant, claimed.endpoint))?;
            let timestamp = now.timestamp();
            let signature = secrets
                .iter()
                .map(|secret: &Secret| secret.sign(&claimed.event_id, timestamp, &claimed.body))
                .collect::<Vec<_>>()
                .join(" ");
            Some(ToSend { claimed, url: url.clone(), headers: headers.clone(), timestamp, signature })
        };
        Ok(claimed.into_iter().filter_map(sign).collect())
    }

    fn open(
        &self,
        (tenant, endpoint): (TenantId, WebhookEndpointId),
        target: Target,
        now: DateTime<Utc>,
    ) -> Result<Opened, Error> {
        let place = Place { sealer: &self.sealer, tenant, endpoint };
        let headers = place.open_headers(&target.sealed.headers)?;
        let secrets = place.open_secrets(&target.sealed.secrets)?;
        let secrets = secrets.live(now).map(|secret| Secret::from_random(secret.bytes)).collect();
        Ok(Opened { url: target.url, headers, secrets })
    }

    /// Takes note of what came of claimed deliveries, and tells how many of the claims still held.
    pub async fn report_webhook_attempts(&self, reported: Vec<Report>) -> Result<usize, Error> {
        let now = self.now();
        let mut by_tenant: BTreeMap<TenantId, Vec<(Report, f64)>> = BTreeMap::new();
        for report in reported {
            // Chance is drawn once: a transaction that runs again must do the same.
            by_tenant.entry(report.tenant).or_default().push((report, rand::rng().random()));
        }
        let mut held = 0;
        for (tenant, reports) in by_tenant {
            let reports = Arc::new(reports);
            held += self
                .store
                .claim("ReportWebhookAttempts", move |tx| {
                    let reports = Arc::clone(&reports);
                    Box::pin(async move { note(tx, tenant, &reports, now).await })
                })
                .await?;
        }
        Ok(held)
    }

    /// Frees what a process before this one was sending. Only where the database has one process.
    pub(crate) async fn release_webhook_deliveries(&self) -> Result<u64, Error> {
        let now = self.now();
        Ok(self
            .store
            .claim("ReleaseWebhookDeliveries", move |tx| Box::pin(queue::release_all(tx, now)))
            .await?)
    }
}

async fn note(
    tx: &Tx,
    tenant: TenantId,
    reported: &[(Report, f64)],
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let fences: Vec<_> = reported.iter().map(|(report, _)| (report.delivery, report.fence)).collect();
    let held: HashMap<_, _> =
        reports::held(tx, tenant, &fences).await?.into_iter().map(|one| (one.id, one)).collect();
    let mut log = Vec::new();
    let mut health: BTreeMap<WebhookEndpointId, Health> = BTreeMap::new();
    for (report, part) in reported {
        let Some(delivery) = held.get(&report.delivery) else { continue };
        let attempt = Attempt {
            time: now - TimeDelta::milliseconds(report.duration_ms.into()),
            duration_ms: report.duration_ms,
            status: report.status,
            outcome: report.outcome.clone(),
        };
        let after: Delivery = delivery.clone().attempted(attempt.clone(), report.retry_after, *part, now);
        if !reports::settle(tx, tenant, report.fence, &after).await? {
            continue;
        }
        let health = health.entry(delivery.endpoint).or_default();
        health.takes |= attempt.is_taken();
        health.is_gone |= attempt.is_gone();
        log.push((delivery.id, after.attempts, attempt));
    }
    reports::log(tx, tenant, &log).await?;
    for (endpoint, health) in health {
        judge(tx, tenant, endpoint, health, now).await?;
    }
    Ok(log.len())
}

/// Whether an endpoint is to be sent anything more.
async fn judge(
    tx: &Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    health: Health,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let reason = if health.is_gone {
        Some(Disabled::Gone)
    } else if health.takes {
        reports::succeeded(tx, tenant, endpoint).await?;
        None
    } else {
        let since = reports::failed(tx, tenant, endpoint, now).await?;
        (now - since >= GIVES_UP).then_some(Disabled::Failing)
    };
    let Some(reason) = reason else { return Ok(()) };
    if reports::disable(tx, tenant, endpoint, reason, now).await? {
        let event =
            WebhookEndpointDisabled { webhook_endpoint: endpoint.name(), reason: reason.word().to_owned() };
        append(tx, tenant, &endpoint.name(), now, &event).await?;
    }
    Ok(())
}
