//! Where events are sent.

mod deliveries;
mod sending;

use std::collections::BTreeMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, WebhookEndpointId};
use arki_rpc::Caller;
use arki_webhooks::Secret;
use chrono::TimeDelta;

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::webhook::Endpoint;
use crate::domain::webhook::endpoint::{Disabled, Secrets, Wanted};
use crate::sealing::{self, Sealer};
use crate::storage::webhooks::endpoints::{self, Sealed};

pub use sending::{Report, ToSend};

/// What a new secret and the last answer to its request are told apart by: the secret itself is never remembered.
struct Fresh(Secret);

impl Fresh {
    fn new() -> Self {
        Self(Secret::from_random(sealing::random()))
    }
}

impl Directory {
    /// Makes an endpoint. The secret is none where the request was answered before.
    pub async fn create_webhook_endpoint(
        &self,
        asked: &Asked,
        wanted: Wanted,
    ) -> Result<(Endpoint, Option<Secret>), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.check(&asked.caller, &wanted)?;
        let headers = wanted.headers.clone().unwrap_or_default();
        let endpoint = Endpoint::create(WebhookEndpointId::generate(), wanted, now);
        let fresh = Fresh::new();
        let secrets = Secrets::default().rotated(*fresh.0.bytes(), TimeDelta::zero(), now);
        let place = Place { sealer: &self.sealer, tenant, endpoint: endpoint.id };
        let sealed =
            Sealed { headers: place.seal_headers(&headers)?, secrets: place.seal_secrets(&secrets)? };
        let id = endpoint.id;
        // The first answer is stored for retries, so the secret must not be part of it.
        let endpoint = self
            .write_recorded(
                "CreateWebhookEndpoint",
                asked,
                |made: &Endpoint| vec![made.id.name()],
                move |tx| {
                    let (endpoint, sealed) = (endpoint.clone(), sealed.clone());
                    Box::pin(async move {
                        endpoints::save(tx, tenant, &endpoint, &sealed).await?;
                        Ok(endpoint)
                    })
                },
            )
            .await?;
        let is_new = endpoint.id == id;
        Ok((endpoint, is_new.then_some(fresh.0)))
    }

    /// One endpoint.
    pub async fn get_webhook_endpoint(
        &self,
        caller: &Caller,
        endpoint: WebhookEndpointId,
    ) -> Result<Endpoint, Error> {
        let found = endpoints::find(self.store.reader(), caller.tenant, endpoint).await?;
        found.map(|(endpoint, _)| endpoint).ok_or(Error::WebhookEndpointNotFound(endpoint))
    }

    /// Endpoints, oldest first.
    pub async fn list_webhook_endpoints(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Endpoint>, Error> {
        Ok(endpoints::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes an endpoint.
    pub async fn update_webhook_endpoint(
        &self,
        asked: &Asked,
        endpoint: WebhookEndpointId,
        wanted: Wanted,
        etag: String,
    ) -> Result<Endpoint, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.check(&asked.caller, &wanted)?;
        let place = Place { sealer: &self.sealer, tenant, endpoint };
        let headers = wanted.headers.as_ref().map(|headers| place.seal_headers(headers)).transpose()?;
        self.write_recorded(
            "UpdateWebhookEndpoint",
            asked,
            move |_: &Endpoint| vec![endpoint.name()],
            move |tx| {
                let (wanted, etag, headers) = (wanted.clone(), etag.clone(), headers.clone());
                Box::pin(async move {
                    let (stored, mut sealed) = find(tx, tenant, endpoint).await?;
                    check_etag(&etag, stored.revision)?;
                    let changed = stored.change(wanted, now);
                    if changed != stored {
                        sealed.headers = headers.unwrap_or(sealed.headers);
                        endpoints::save(tx, tenant, &changed, &sealed).await?;
                    }
                    Ok(changed)
                })
            },
        )
        .await
    }

    /// Removes an endpoint with its deliveries and its log.
    pub async fn delete_webhook_endpoint(
        &self,
        asked: &Asked,
        endpoint: WebhookEndpointId,
    ) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "DeleteWebhookEndpoint",
            asked,
            move |(): &()| vec![endpoint.name()],
            move |tx| {
                Box::pin(async move {
                    let was_there = endpoints::remove(tx, tenant, endpoint).await?;
                    if was_there { Ok(()) } else { Err(Error::WebhookEndpointNotFound(endpoint)) }
                })
            },
        )
        .await
    }

    /// Gives an endpoint a new secret. It is none where the request was answered before.
    pub async fn rotate_webhook_secret(
        &self,
        asked: &Asked,
        endpoint: WebhookEndpointId,
        overlap: TimeDelta,
    ) -> Result<(Endpoint, Option<Secret>), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let fresh = Fresh::new();
        let (bytes, sealer) = (*fresh.0.bytes(), self.sealer.clone());
        let id = fresh.0.sign("rotation", 0, &[]);
        let mark = id.clone();
        let (changed, made) = self
            .write_recorded(
                "RotateWebhookSecret",
                asked,
                move |_: &(Endpoint, String)| vec![endpoint.name()],
                move |tx| {
                    let (sealer, mark) = (sealer.clone(), mark.clone());
                    Box::pin(async move {
                        let (stored, mut sealed) = find(tx, tenant, endpoint).await?;
                        let place = Place { sealer: &sealer, tenant, endpoint };
                        let secrets = place.open_secrets(&sealed.secrets)?.rotated(bytes, overlap, now);
                        let changed = stored.with_secrets(&secrets, now);
                        sealed.secrets = place.seal_secrets(&secrets)?;
                        endpoints::save(tx, tenant, &changed, &sealed).await?;
                        // A mark that only the holder of the secret could have made tells the first answer from a retry's.
                        Ok((changed, mark))
                    })
                },
            )
            .await?;
        Ok((changed, (made == id).then_some(fresh.0)))
    }

    /// Lets events be sent to an endpoint again, or not for now.
    pub async fn switch_webhook_endpoint(
        &self,
        asked: &Asked,
        endpoint: WebhookEndpointId,
        disabled: Option<Disabled>,
    ) -> Result<Endpoint, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let op = if disabled.is_some() { "DisableWebhookEndpoint" } else { "EnableWebhookEndpoint" };
        self.write_recorded(
            op,
            asked,
            move |_: &Endpoint| vec![endpoint.name()],
            move |tx| {
                Box::pin(async move {
                    let (stored, sealed) = find(tx, tenant, endpoint).await?;
                    let mut changed = stored.with_disabled(disabled, now);
                    if changed != stored {
                        endpoints::save(tx, tenant, &changed, &sealed).await?;
                        if disabled.is_none() {
                            // Else the first failure would disable it again.
                            endpoints::forget_failures(tx, tenant, endpoint).await?;
                            changed.failing_since = None;
                        }
                    }
                    Ok(changed)
                })
            },
        )
        .await
    }

    fn check(&self, caller: &Caller, wanted: &Wanted) -> Result<(), Error> {
        let refused = wanted.refused(self.webhooks.allow_private);
        if !refused.is_empty() {
            return Err(Error::Refused(refused));
        }
        match wanted.scopes().into_iter().find(|scope| !caller.allows(scope)) {
            Some(missing) => Err(Error::ScopeNotHeld(missing)),
            None => Ok(()),
        }
    }
}

async fn find(tx: &Tx, tenant: TenantId, endpoint: WebhookEndpointId) -> Result<(Endpoint, Sealed), Error> {
    endpoints::find(tx, tenant, endpoint).await?.ok_or(Error::WebhookEndpointNotFound(endpoint))
}

/// Where something sealed belongs.
struct Place<'a> {
    sealer: &'a Sealer,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
}

impl Place<'_> {
    fn seal_headers(&self, headers: &BTreeMap<String, String>) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(headers).map_err(unwritten)?;
        Ok(self.sealer.seal(&self.name("headers"), &json)?)
    }

    fn open_headers(&self, sealed: &[u8]) -> Result<BTreeMap<String, String>, Error> {
        let json = self.sealer.open(&self.name("headers"), sealed)?;
        serde_json::from_slice(&json).map_err(unwritten)
    }

    fn seal_secrets(&self, secrets: &Secrets) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(secrets).map_err(unwritten)?;
        Ok(self.sealer.seal(&self.name("secrets"), &json)?)
    }

    fn open_secrets(&self, sealed: &[u8]) -> Result<Secrets, Error> {
        let json = self.sealer.open(&self.name("secrets"), sealed)?;
        serde_json::from_slice(&json).map_err(unwritten)
    }

    fn name(&self, part: &str) -> String {
        format!("{}/{}/{part}", self.tenant, self.endpoint)
    }
}

/// What was sealed is of our own making, so this is a fault of ours. The error says nothing of what was in it.
fn unwritten(_: serde_json::Error) -> Error {
    Error::Sealed(sealing::Error::Damaged)
}
