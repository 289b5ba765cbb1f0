//! Where CRM systems tell what happened in them.

mod applying;
mod deliveries;
mod receiving;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{IntakeEndpointId, TenantId};
use arki_rpc::Caller;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::intake::Endpoint;
use crate::domain::intake::endpoint::{Change, Provider, Secrets, Terms};
use crate::sealing::{self, Sealer};
use crate::storage::intake::endpoints;

pub use receiving::Received;

/// A secret that the caller gave, or that is made for them and shown once.
struct Fresh {
    secret: String,
    is_made: bool,
}

impl Fresh {
    fn of(given: String) -> Self {
        if given.is_empty() {
            Self { secret: URL_SAFE_NO_PAD.encode(sealing::random::<32>()), is_made: true }
        } else {
            Self { secret: given, is_made: false }
        }
    }

    /// What only the holder of the secret could have made: tells the first answer to a request from a retry's.
    fn mark(&self) -> String {
        URL_SAFE_NO_PAD
            .encode(Sha256::new().chain_update("arki intake mark\n").chain_update(&self.secret).finalize())
    }

    /// What is shown of it, where the answer is the first.
    fn shown(self, mark: &str) -> String {
        if self.is_made && mark == self.mark() { self.secret } else { String::new() }
    }
}

impl Directory {
    /// Makes an endpoint, and returns the secret where it was made here and the request was not answered before.
    pub async fn create_intake_endpoint(
        &self,
        asked: &Asked,
        provider: Provider,
        source: String,
        terms: Terms,
        secret: String,
    ) -> Result<(Endpoint, String), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let endpoint = Endpoint::create(IntakeEndpointId::generate(), provider, source, terms, now);
        check(&endpoint)?;
        let fresh = Fresh::of(secret);
        let secrets = Secrets::default().rotated(fresh.secret.clone(), TimeDelta::zero(), now);
        let sealed = seal(&self.sealer, tenant, endpoint.id, &secrets)?;
        let mark = fresh.mark();
        // The first answer is stored for retries, so the secret must not be part of it.
        let (endpoint, made) = self
            .write_recorded(
                "CreateIntakeEndpoint",
                asked,
                |(made, _): &(Endpoint, String)| vec![made.id.name()],
                move |tx| {
                    let (endpoint, sealed, mark) = (endpoint.clone(), sealed.clone(), mark.clone());
                    Box::pin(async move {
                        endpoints::save(tx, tenant, &endpoint, &sealed).await?;
                        Ok((endpoint, mark))
                    })
                },
            )
            .await?;
        Ok((endpoint, fresh.shown(&made)))
    }

    /// One endpoint.
    pub async fn get_intake_endpoint(
        &self,
        caller: &Caller,
        endpoint: IntakeEndpointId,
    ) -> Result<Endpoint, Error> {
        let found = endpoints::find(self.store.reader(), caller.tenant, endpoint).await?;
        found.map(|(endpoint, _)| endpoint).ok_or(Error::IntakeEndpointNotFound(endpoint))
    }

    /// Endpoints, oldest first.
    pub async fn list_intake_endpoints(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Endpoint>, Error> {
        Ok(endpoints::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes an endpoint.
    pub async fn update_intake_endpoint(
        &self,
        asked: &Asked,
        endpoint: IntakeEndpointId,
        change: Change,
        etag: String,
    ) -> Result<Endpoint, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "UpdateIntakeEndpoint",
            asked,
            move |_: &Endpoint| vec![endpoint.name()],
            move |tx| {
                let (change, etag) = (change.clone(), etag.clone());
                Box::pin(async move {
                    let (stored, sealed) = find(tx, tenant, endpoint).await?;
                    check_etag(&etag, stored.revision)?;
                    let changed = stored.change(change, now);
                    check(&changed)?;
                    if changed != stored {
                        endpoints::save(tx, tenant, &changed, &sealed).await?;
                    }
                    Ok(changed)
                })
            },
        )
        .await
    }

    /// Removes an endpoint with what waits there.
    pub async fn delete_intake_endpoint(
        &self,
        asked: &Asked,
        endpoint: IntakeEndpointId,
    ) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "DeleteIntakeEndpoint",
            asked,
            move |(): &()| vec![endpoint.name()],
            move |tx| {
                Box::pin(async move {
                    let was_there = endpoints::remove(tx, tenant, endpoint).await?;
                    if was_there { Ok(()) } else { Err(Error::IntakeEndpointNotFound(endpoint)) }
                })
            },
        )
        .await
    }

    /// Gives an endpoint a new secret, which is returned where it was made here and the request was not answered before.
    pub async fn rotate_intake_secret(
        &self,
        asked: &Asked,
        endpoint: IntakeEndpointId,
        overlap: TimeDelta,
        secret: String,
    ) -> Result<(Endpoint, String), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let fresh = Fresh::of(secret);
        let (next, sealer, mark) = (fresh.secret.clone(), self.sealer.clone(), fresh.mark());
        let (changed, made) = self
            .write_recorded(
                "RotateIntakeSecret",
                asked,
                move |_: &(Endpoint, String)| vec![endpoint.name()],
                move |tx| {
                    let (next, sealer, mark) = (next.clone(), sealer.clone(), mark.clone());
                    Box::pin(async move {
                        let (stored, sealed) = find(tx, tenant, endpoint).await?;
                        let secrets = open(&sealer, tenant, endpoint, &sealed)?.rotated(next, overlap, now);
                        let changed = stored.with_secrets(&secrets, now);
                        let sealed = seal(&sealer, tenant, endpoint, &secrets)?;
                        endpoints::save(tx, tenant, &changed, &sealed).await?;
                        Ok((changed, mark))
                    })
                },
            )
            .await?;
        Ok((changed, fresh.shown(&made)))
    }
}

fn check(endpoint: &Endpoint) -> Result<(), Error> {
    let refused = endpoint.refused();
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

async fn find(tx: &Tx, tenant: TenantId, endpoint: IntakeEndpointId) -> Result<(Endpoint, Vec<u8>), Error> {
    endpoints::find(tx, tenant, endpoint).await?.ok_or(Error::IntakeEndpointNotFound(endpoint))
}

fn seal(
    sealer: &Sealer,
    tenant: TenantId,
    endpoint: IntakeEndpointId,
    secrets: &Secrets,
) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(secrets).map_err(unwritten)?;
    Ok(sealer.seal(&place(tenant, endpoint), &json)?)
}

fn open(
    sealer: &Sealer,
    tenant: TenantId,
    endpoint: IntakeEndpointId,
    sealed: &[u8],
) -> Result<Secrets, Error> {
    let json = sealer.open(&place(tenant, endpoint), sealed)?;
    serde_json::from_slice(&json).map_err(unwritten)
}

fn place(tenant: TenantId, endpoint: IntakeEndpointId) -> String {
    format!("{tenant}/{endpoint}/secrets")
}

/// What was sealed is of our own making, so this is a fault of ours. The error says nothing of what was in it.
fn unwritten(_: serde_json::Error) -> Error {
    Error::Sealed(sealing::Error::Damaged)
}
